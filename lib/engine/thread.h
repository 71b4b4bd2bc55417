// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "base/pass.h"
#include "base/result.h"
#include "config/config.h"

namespace a7600::engine {

// Starts an engine in a thread of this process and returns its address once it takes calls. Who
// shows `pass` may use it, as this process's user may.
//
// The thread blocks every signal and has a descriptor table of its own: the program can't close
// the port, a child doesn't inherit it, and the thread doesn't hold the program's files open. It
// ends when a kFinish request has been carried out.
//
// `on_thread` runs first thing in the new thread; the preload library marks it there, so that its
// own hooks let the thread's calls pass.
Result<std::string> start_thread(const config::Config& config, const Pass& pass,
                                 void (*on_thread)());

// A fresh abstract address, "@a7600.PID.RANDOM", that nobody can guess before it is bound.
std::string make_address();

}  // namespace a7600::engine
