// SPDX-License-Identifier: MIT
#include "real.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "client/runtime.h"
#include "client/spawn.h"
#include "config/config.h"
#include "filtering.h"

namespace a7600::preload {
namespace {

Real g_real;
Filtering g_filtering;
pthread_once_t g_once = PTHREAD_ONCE_INIT;
bool g_ready = false;

// Initial-exec, so that reading it is one instruction and never allocates.
thread_local bool t_passes __attribute__((tls_model("initial-exec"))) = false;

std::optional<std::string> environment(std::string_view name) {
  const char* value = ::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

template <std::size_t Size>
void keep(std::string_view text, char (&into)[Size]) {
  if (text.size() < Size) text.copy(into, text.size());
}

void set_up_filtering() {
  const auto supervisor = environment("A7600_SUPERVISOR");
  if (!supervisor || supervisor->empty()) return;
  keep(*supervisor, g_filtering.supervisor);
  if (const auto command = client::find_command()) keep(*command, g_filtering.command);
}

void set_up() {
#define SYMBOL(result, name, parameters, arguments) \
  g_real.name = reinterpret_cast<decltype(g_real.name)>(::dlsym(RTLD_NEXT, #name));
#include "symbols.def"
#undef SYMBOL
  client::Libc libc;
  libc.recv = g_real.recv;
  libc.recvmsg = g_real.recvmsg;
  libc.send = g_real.send;
  libc.sendmsg = g_real.sendmsg;
  libc.getaddrinfo = g_real.getaddrinfo;
  libc.freeaddrinfo = ::freeaddrinfo;
  // Here and now: nginx and php overwrite the environment later.
  client::Runtime::get().set_up(libc, config::load(environment), pass_this_thread);
  set_up_filtering();
  __atomic_store_n(&g_ready, true, __ATOMIC_RELEASE);
}

__attribute__((constructor)) void on_load() { real(); }

// What the program's stdio still holds for a socket would be written after this, too late.
__attribute__((destructor)) void on_end() {
  client::Runtime& runtime = client::Runtime::get();
  if (!runtime.hosts_engine()) return;
  ::fflush(nullptr);
  runtime.finish();
}

}  // namespace

const Real& real() {
  if (!__atomic_load_n(&g_ready, __ATOMIC_ACQUIRE)) pthread_once(&g_once, set_up);
  return g_real;
}

const Filtering& filtering() {
  real();
  return g_filtering;
}

bool passes() { return t_passes; }
void pass_this_thread() { t_passes = true; }

}  // namespace a7600::preload
