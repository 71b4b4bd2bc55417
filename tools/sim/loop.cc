// SPDX-License-Identifier: MIT
#include "loop.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace a7600::sim {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

timespec to_timespec(Time time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
  const auto rest = std::chrono::duration_cast<std::chrono::nanoseconds>(since - seconds);
  return {static_cast<time_t>(seconds.count()), static_cast<long>(rest.count())};
}

}  // namespace

Loop::Loop()
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_fd_(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (!epoll_) fail("epoll_create1");
  if (!timer_fd_) fail("timerfd_create");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &timer_fd_;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, timer_fd_.get(), &event) != 0) fail("epoll_ctl");
}

void Loop::end_on_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  if (::sigprocmask(SIG_BLOCK, &signals, nullptr) != 0) fail("sigprocmask");
  signal_fd_.reset(::signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC));
  if (!signal_fd_) fail("signalfd");
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = &signal_fd_;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, signal_fd_.get(), &event) != 0) fail("epoll_ctl");
}

void Loop::at_end_of_turn(std::function<void()> function) {
  end_of_turn_.push_back(std::move(function));
}

void Loop::arm() {
  const Time next = timers_.empty() ? Time::max() : timers_.begin()->first;
  if (next == armed_) return;
  armed_ = next;
  itimerspec when{};
  // Zero would disarm the timer, so the time before all others becomes the smallest one.
  if (next != Time::max()) when.it_value = to_timespec(std::max(next, Time(Clock::duration(1))));
  ::timerfd_settime(timer_fd_.get(), TFD_TIMER_ABSTIME, &when, nullptr);
}

void Loop::run_timers() {
  while (!timers_.empty() && timers_.begin()->first <= now_) {
    Timer* timer = timers_.begin()->second;
    timers_.erase(timers_.begin());
    timer->armed_ = false;
    timer->function_();
  }
}

void Loop::forget(const Watch* watch) {
  for (int i = 0; i < batch_size_; ++i) {
    if (batch_[static_cast<std::size_t>(i)].data.ptr == watch) {
      batch_[static_cast<std::size_t>(i)].data.ptr = nullptr;
    }
  }
}

void Loop::run() {
  for (auto& function : end_of_turn_) function();
  while (running_) turn(-1);
}

void Loop::turn(Milliseconds patience) { turn(static_cast<int>(patience.count())); }

void Loop::turn(int patience_ms) {
  arm();
  batch_size_ =
      ::epoll_wait(epoll_.get(), batch_.data(), static_cast<int>(batch_.size()), patience_ms);
  if (batch_size_ < 0) {
    if (errno != EINTR) fail("epoll_wait");
    batch_size_ = 0;
  }
  now_ = Clock::now();
  for (int i = 0; i < batch_size_; ++i) {
    const epoll_event& event = batch_[static_cast<std::size_t>(i)];
    if (event.data.ptr == nullptr) continue;
    if (event.data.ptr == &timer_fd_) {
      std::uint64_t expirations;
      if (::read(timer_fd_.get(), &expirations, sizeof expirations) > 0) armed_ = Time::max();
    } else if (event.data.ptr == &signal_fd_) {
      running_ = false;
    } else {
      static_cast<Watch*>(event.data.ptr)->function_(event.events);
    }
  }
  batch_size_ = 0;
  run_timers();
  for (auto& function : end_of_turn_) function();
}

void Timer::at(Time when) {
  cancel();
  when_ = when;
  armed_ = true;
  loop_.timers_.emplace(when, this);
}

void Timer::cancel() {
  if (!armed_) return;
  armed_ = false;
  loop_.timers_.erase({when_, this});
}

void Watch::start(int fd, std::uint32_t events) {
  stop();
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  if (::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
  fd_ = fd;
  events_ = events;
}

void Watch::change(std::uint32_t events) {
  if (fd_ < 0 || events == events_) return;
  epoll_event event{};
  event.events = events;
  event.data.ptr = this;
  if (::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_MOD, fd_, &event) != 0) fail("epoll_ctl");
  events_ = events;
}

void Watch::stop() {
  if (fd_ < 0) return;
  ::epoll_ctl(loop_.epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
  fd_ = -1;
  loop_.forget(this);
}

}  // namespace a7600::sim
