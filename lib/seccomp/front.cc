// SPDX-License-Identifier: MIT
//
// One thread receives a call, serves it, and receives the next: handing it to another would cost as
// much as serving it. When a call has to sleep, its thread starts another one to receive in its
// place, and ends with that call.
#include "seccomp/front.h"

#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>

#include "client/runtime.h"
#include "seccomp/calls.h"
#include "seccomp/listener.h"

namespace a7600::seccomp {
namespace {

constexpr int kMostSleepers = 500;
// Beside those, so that a program whose threads all wait goes on with its other calls.
constexpr int kMostBriefly = 100;
constexpr std::size_t kStackSize = 256 * 1024;

class Front final : public Server, public std::enable_shared_from_this<Front> {
 public:
  Front(const Listener& listener, int channel,
        std::function<void(log::Level, std::string_view)> say)
      : listener_(listener), channel_(channel), say_(std::move(say)) {}

  // Returns when its first thread has a table of its own, which the listener lives in, and ends
  // with the last thread.
  bool start();

  bool begin_wait(bool briefly) override;
  void end_wait() override;
  void say(log::Level level, std::string_view text) override { say_(level, text); }

 private:
  static void* first_thread(void* front);
  static void* further_thread(void* front);
  bool start_thread(void* (*main)(void*));
  void leave_table() const;
  void work();

  Listener listener_;
  int channel_;
  std::function<void(log::Level, std::string_view)> say_;
  std::atomic<int> left_table_{0};

  std::atomic<int> sleepers_{0};
};

// Whether this thread is the one that receives.
thread_local bool t_receives = false;

bool Front::start_thread(void* (*main)(void*)) {
  auto own = std::make_unique<std::shared_ptr<Front>>(shared_from_this());
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, kStackSize);
  pthread_t thread;
  const bool started = pthread_create(&thread, &attributes, main, own.get()) == 0;
  if (started) [[maybe_unused]]
    auto* const passed_on = own.release();
  pthread_attr_destroy(&attributes);
  return started;
}

void Front::leave_table() const {
  ::unshare(CLONE_FILES);
  const UniqueFd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = 0; fd <= 2; ++fd) ::dup2(nowhere.get(), fd);
  const auto lower = static_cast<unsigned>(std::min(channel_, listener_.fd()));
  const auto upper = static_cast<unsigned>(std::max(channel_, listener_.fd()));
  const auto close_range = [](unsigned first, unsigned last) {
    if (first <= last) ::syscall(SYS_close_range, first, last, 0);
  };
  close_range(3, lower - 1);
  close_range(lower + 1, upper - 1);
  close_range(upper + 1, ~0U);
}

void* Front::first_thread(void* front) {
  const std::unique_ptr<std::shared_ptr<Front>> own(static_cast<std::shared_ptr<Front>*>(front));
  (*own)->leave_table();
  (*own)->left_table_.store(1, std::memory_order_release);
  (*own)->left_table_.notify_one();
  (*own)->work();
  return nullptr;
}

void* Front::further_thread(void* front) {
  const std::unique_ptr<std::shared_ptr<Front>> own(static_cast<std::shared_ptr<Front>*>(front));
  (*own)->work();
  return nullptr;
}

bool Front::start() {
  if (!start_thread(first_thread)) return false;
  left_table_.wait(0, std::memory_order_acquire);
  return true;
}

bool Front::begin_wait(bool briefly) {
  const int most = briefly ? kMostSleepers + kMostBriefly : kMostSleepers;
  if (sleepers_.fetch_add(1) >= most || (t_receives && !start_thread(further_thread))) {
    --sleepers_;
    return false;
  }
  t_receives = false;
  return true;
}

void Front::end_wait() { --sleepers_; }

void Front::work() {
  ::prctl(PR_SET_NAME, "a7600-calls");
  t_receives = true;
  while (t_receives) {
    const auto notification = listener_.receive();
    if (!notification && errno == ENOENT) return;
    if (!notification) continue;
    Call call(listener_, *this, *notification);
    serve(call);
  }
}

}  // namespace

void set_up(const config::Config& config) {
  client::Runtime& runtime = client::Runtime::get();
  runtime.set_up(waiting_calls(), config, nullptr);
  runtime.serve(kOnBehalf);
}

bool serve_listener(UniqueFd listener, int channel,
                    std::function<void(log::Level, std::string_view)> say) {
  const auto seen = Listener::of(listener.get());
  if (!seen || missing(seen->features())) return false;
  return std::make_shared<Front>(*seen, channel, std::move(say))->start();
}

}  // namespace a7600::seccomp
