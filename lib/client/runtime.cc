// SPDX-License-Identifier: MIT
#include "client/runtime.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "client/call.h"
#include "client/spawn.h"
#include "engine/place.h"
#include "engine/thread.h"

namespace a7600::client {
namespace {

// Held while an engine is started. A child forked meanwhile by another thread must not inherit it
// locked, hence the handlers.
pthread_mutex_t g_start_lock = PTHREAD_MUTEX_INITIALIZER;

void lock_start() { pthread_mutex_lock(&g_start_lock); }
void unlock_start() { pthread_mutex_unlock(&g_start_lock); }

class StartLock {
 public:
  StartLock() { lock_start(); }
  ~StartLock() { unlock_start(); }
  StartLock(const StartLock&) = delete;
  StartLock& operator=(const StartLock&) = delete;
};

}  // namespace

Runtime& Runtime::get() {
  static Runtime* const runtime = new Runtime();
  return *runtime;
}

void Runtime::set_up(const Libc& libc, Result<config::Config> config, void (*on_thread)()) {
  libc_ = libc;
  config_ = std::move(config);
  on_thread_ = on_thread;
  if (config_) pass_ = config_.value().engine_pass;
  tracing_ = config_.ok() && !config_.value().trace.empty();
  pthread_atfork(lock_start, unlock_start, unlock_start);
}

Result<const config::Config*> Runtime::config() {
  if (config_) return &config_.value();
  if (!complained_) {
    complained_ = true;
    say(log::Level::kError, config_.error().text);
  }
  return config_.error();
}

Result<wire::UnixAddress> Runtime::engine(std::string_view gone) {
  auto config = this->config();
  if (!config) return config.error();
  const StartLock lock;
  if (finished_) return Error{ENETDOWN, -1, "the program is ending"};
  std::string_view address = engine_address_;
  if (config.value()->engine == config::EngineChoice::kSocket) {
    address = config.value()->engine_socket;
  } else if (address.empty() || address == gone) {
    auto name = find_or_start(*config.value());
    if (!name) {
      const bool new_to_user = !name.error().text.empty() && !std::exchange(complained_, true);
      if (new_to_user) say(log::Level::kError, name.error().text);
      return name.error();
    }
    if (name.value().size() >= sizeof(engine_address_)) {
      return Error{ENAMETOOLONG, -1, name.value()};
    }
    std::memcpy(engine_address_, name.value().c_str(), name.value().size() + 1);
    address = engine_address_;
  }
  const auto out = wire::UnixAddress::from(address);
  if (!out) return Error{EINVAL, -1, "A7600_ENGINE: the socket's name is too long"};
  return *out;
}

std::optional<wire::UnixAddress> Runtime::known_engine() const {
  if (config_ && config_.value().engine == config::EngineChoice::kSocket) {
    return wire::UnixAddress::from(config_.value().engine_socket);
  }
  return wire::UnixAddress::from(engine_address_);
}

Result<std::string> Runtime::find_or_start(const config::Config& config) {
  engine_pid_ = 0;
  if (config.engine != config::EngineChoice::kThread) {
    for (const std::string& path : engine::shared_sockets(config)) {
      if (engine::takes_calls(path)) return path;
    }
  }
  if (config.engine == config::EngineChoice::kSpawn) return spawn_engine(config);
  pass_ = Pass::make();
  auto started = engine::start_thread(config, pass_, on_thread_);
  if (started) engine_pid_ = ::getpid();
  return started;
}

bool Runtime::hosts_engine() const {
  return engine_address_[0] != '\0' && engine_pid_ == ::getpid();
}

void Runtime::finish() {
  if (!hosts_engine() || finished_) return;
  const auto address = wire::UnixAddress::from(engine_address_);
  if (!address) return;
  finished_ = true;
  Call call;
  call.request.op = wire::Op::kFinish;
  call.wait = Call::Wait::kThroughSignals;
  call.run(*address);
}

void Runtime::resume() {
  if (!finished_) return;
  engine_address_[0] = '\0';
  finished_ = false;
}

void Runtime::say(log::Level level, std::string_view text) const {
  log::Level chosen = log::Level::kError;
  int fd = STDERR_FILENO;
  UniqueFd file;
  if (config_) {
    chosen = config_.value().log_level;
    if (on_behalf_ != nullptr && config_.value().log_file.empty()) {
      return on_behalf_->say(level, text);
    }
    if (!config_.value().log_file.empty()) {
      file.reset(::open(config_.value().log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
                        0644));
      fd = file.get();
    }
  }
  log::Logger(chosen, fd).write(level, text);
}

}  // namespace a7600::client
