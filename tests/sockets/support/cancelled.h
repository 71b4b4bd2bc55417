// SPDX-License-Identifier: MIT
#pragma once

#include <pthread.h>

#include "support/case.h"
#include "support/look.h"

namespace sockets {

// Runs `body`, which blocks, in a thread, cancels it, and says whether that ended it.
template <typename Body>
void show_cancelled(const char* what, const Body& body) {
  struct Start {
    static void* run(void* argument) {
      (*static_cast<const Body*>(argument))();
      return nullptr;
    }
  };
  pthread_t thread;
  NEED(::pthread_create(&thread, nullptr, Start::run, const_cast<Body*>(&body)));
  pause_ms(60);  // until it sleeps, most likely: else it is cancelled on its way there
  ::pthread_cancel(thread);
  void* result = nullptr;
  ::pthread_join(thread, &result);
  say("%s: cancelled %d", what, result == PTHREAD_CANCELED);
}

}  // namespace sockets
