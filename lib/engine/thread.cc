// SPDX-License-Identifier: MIT
#include "engine/thread.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include "base/sys.h"
#include "config/log_file.h"
#include "engine/engine.h"

namespace a7600::engine {
namespace {

constexpr std::size_t kStackSize = 512 * 1024;

struct Start {
  config::Config config;
  std::string address;
  Pass pass;
  void (*on_thread)();
  std::atomic<int> ready{0};
  Error error;
};

// Cuts this thread's descriptor table off the program's and empties it. `keep_stderr`: for a log.
void leave_descriptor_table(bool keep_stderr) {
  if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_UNSHARE) != 0) {
    ::unshare(CLONE_FILES);
    const long most = ::sysconf(_SC_OPEN_MAX);
    for (int fd = 3; fd < most; ++fd) sys::close(fd);
  }
  // Not merely closed: the next files opened here would take the standard numbers, and a message
  // that some library writes to its stderr would land in one of them.
  const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (int fd = 0; fd <= (keep_stderr ? 1 : 2); ++fd) ::dup2(nowhere, fd);
  sys::close(nowhere);
}

Result<log::Logger> make_logger(const config::Config& config) {
  auto file = config::open_log_file(config);
  if (!file) return file.error();
  if (file.value()) return log::Logger(config.log_level, file.value().release());
  // At the default level the programs print what concerns them (wire::Reply::notice).
  if (config.log_level == log::Level::kError) return log::Logger();
  return log::Logger(config.log_level, 2);
}

Result<std::unique_ptr<Engine>> make_engine(const Start& start) {
  auto logger = make_logger(start.config);
  if (!logger) return logger.error();
  return Engine::create(start.config, start.address, start.pass, logger.value());
}

void* thread_main(void* argument) {
  const std::unique_ptr<std::shared_ptr<Start>> own(static_cast<std::shared_ptr<Start>*>(argument));
  std::shared_ptr<Start> start = std::move(*own);
  if (start->on_thread != nullptr) start->on_thread();
  ::prctl(PR_SET_NAME, "a7600");
  const bool log_to_stderr =
      start->config.log_file.empty() && start->config.log_level != log::Level::kError;
  leave_descriptor_table(log_to_stderr);
  const auto ready = [&start](int how) {
    start->ready.store(how, std::memory_order_release);
    start->ready.notify_one();
    start.reset();
  };
  // Without memory the program's connections are lost, as with a dead engine; the program is not.
  try {
    auto engine = make_engine(*start);
    if (!engine) start->error = engine.error();
    ready(engine ? 1 : -1);
    if (engine) engine.value()->run();
  } catch (const std::bad_alloc&) {
    if (!start) return nullptr;
    start->error.posix = ENOMEM;
    ready(-1);
  }
  return nullptr;
}

}  // namespace

std::string make_address() {
  std::uint64_t random = 0;
  if (::getrandom(&random, sizeof(random), 0) != sizeof(random)) random = 0;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "@a7600." + std::to_string(::getpid()) + '.';
  for (int i = 0; i < 16; ++i, random >>= 4) out += kDigits[random & 15];
  return out;
}

Result<std::string> start_thread(const config::Config& config, const Pass& pass,
                                 void (*on_thread)()) {
  const auto start = std::make_shared<Start>();
  auto for_thread = std::make_unique<std::shared_ptr<Start>>(start);
  start->config = config;
  start->address = make_address();
  start->pass = pass;
  start->on_thread = on_thread;

  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackSize);
  pthread_t thread;
  const int failed = pthread_create(&thread, &attributes, thread_main, for_thread.get());
  if (failed == 0) for_thread.release();
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failed != 0) {
    return Error{failed, -1, std::string("the engine's thread: ") + strerror(failed)};
  }
  start->ready.wait(0, std::memory_order_acquire);
  if (start->ready.load(std::memory_order_acquire) < 0) return start->error;
  return start->address;
}

}  // namespace a7600::engine
