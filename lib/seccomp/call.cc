// SPDX-License-Identifier: MIT
//
// Waiting. The kernel tells nobody that a thread in our hands has a signal to take or is gone, so a
// call that sleeps looks up now and then. Where it can (Linux 5.19), the filter keeps signals from
// breaking calls off, because a call that starts again may have had its effect; only one that
// sleeps is then given back to the kernel for the sake of a signal, with ERESTARTSYS, which the
// kernel takes as from a call of its own: the handler runs, and SA_RESTART decides.
#include "seccomp/call.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <string>
#include <thread>

#include "base/sys.h"
#include "client/swap.h"

namespace a7600::seccomp {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kLook = 50ms;
// So long a call keeps the thread that receives: the engine's answers come sooner.
constexpr int kBrief = 2;      // ms
constexpr int kRestart = 512;  // ERESTARTSYS: the kernel's, in no header

thread_local Call* t_current = nullptr;

// Of a descriptor of another process, in octal; 0 when it can't be told.
long flags_of(pid_t thread, int number) {
  const std::string path = "/proc/" + std::to_string(thread) + "/fdinfo/" + std::to_string(number);
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 256> buffer{};
  const ssize_t got = file ? ::read(file.get(), buffer.data(), buffer.size()) : 0;
  const std::string_view text(buffer.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  constexpr std::string_view kKey = "flags:\t";
  long out = 0;
  if (const std::size_t at = text.find(kKey); at != std::string_view::npos) {
    std::from_chars(text.data() + at + kKey.size(), text.data() + text.size(), out, 8);
  }
  return out;
}

std::uint64_t cookie_of(int fd) {
  std::uint64_t cookie = 0;
  socklen_t size = sizeof(cookie);
  sys::getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size);
  return cookie;
}

// A registration belongs to a file and the number under which it was made, so it can be taken away
// and made anew only where the file has that number: in a table that is nobody else's.
void move_registrations(const std::vector<client::Registration>& registrations,
                        const std::vector<UniqueFd>& epolls, int number, int file, int operation) {
  std::thread([&] {
    if (::unshare(CLONE_FILES) != 0) return;
    // Out of the way of `number`, which may be anything's here.
    std::vector<int> moved;
    for (const UniqueFd& epoll : epolls) {
      moved.push_back(::fcntl(epoll.get(), F_DUPFD_CLOEXEC, number + 1));
    }
    if (::dup2(file, number) != number) return;
    for (std::size_t i = 0; i < registrations.size(); ++i) {
      epoll_event event = registrations[i].event;
      ::epoll_ctl(moved[i], operation, number, &event);
    }
  }).join();
}

timeval timeout_of(int fd, int option) {
  timeval timeout{};
  socklen_t size = sizeof(timeout);
  if (sys::getsockopt(fd, SOL_SOCKET, option, &timeout, &size) != 0) return {};
  return timeout;
}

// Makes a call that may sleep as often as needed without sleeping in it.
template <typename Make>
ssize_t without_sleeping(int fd, int flags, short events, int timeout_option, const Make& make) {
  for (;;) {
    const ssize_t result = make(flags | MSG_DONTWAIT);
    if (result >= 0 || errno != EAGAIN) return result;
    const int status = ::fcntl(fd, F_GETFL);
    if ((flags & MSG_DONTWAIT) != 0 || (status & O_NONBLOCK) != 0) {
      errno = EAGAIN;
      return -1;
    }
    if (const int error = t_current->wait(fd, events, timeout_of(fd, timeout_option))) {
      errno = error;
      return -1;
    }
  }
}

ssize_t recv(int fd, void* data, size_t size, int flags) {
  return without_sleeping(fd, flags, POLLIN, SO_RCVTIMEO,
                          [&](int more) { return sys::recv(fd, data, size, more); });
}
ssize_t recvmsg(int fd, msghdr* message, int flags) {
  return without_sleeping(fd, flags, POLLIN, SO_RCVTIMEO,
                          [&](int more) { return sys::recvmsg(fd, message, more); });
}
ssize_t send(int fd, const void* data, size_t size, int flags) {
  return without_sleeping(fd, flags, POLLOUT, SO_SNDTIMEO,
                          [&](int more) { return sys::send(fd, data, size, more | MSG_NOSIGNAL); });
}
ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  return without_sleeping(fd, flags, POLLOUT, SO_SNDTIMEO,
                          [&](int more) { return sys::sendmsg(fd, message, more | MSG_NOSIGNAL); });
}

}  // namespace

Call::Call(const Listener& listener, Server& server, const seccomp_notif& notification)
    : listener_(listener),
      server_(server),
      notification_(notification),
      target_(static_cast<pid_t>(notification.pid)) {
  t_current = this;
}

Call::~Call() { t_current = nullptr; }

Call& Call::current() { return *t_current; }

void Call::answer(std::int64_t value, int error) const {
  listener_.answer(notification_.id, value, error == EINTR ? interruption_ : error);
}

int Call::answer_with_descriptor(int fd, bool close_on_exec) const {
  return listener_.answer_with_descriptor(notification_.id, fd, close_on_exec) ? 0 : errno;
}

int Call::replace(int fd, int fresh) const {
  const int number = this->number(0);
  const std::string process = "/proc/" + std::to_string(target_.thread());
  const bool close_on_exec = (flags_of(target_.thread(), number) & O_CLOEXEC) != 0;
  client::copy_status(fd, fresh);

  const std::vector<client::Registration> registrations = client::registrations_of(process, number);
  std::vector<UniqueFd> epolls;
  for (const auto& registration : registrations) {
    epolls.push_back(target_.descriptor(registration.epoll_fd));
  }
  // Another thread may have put something else under the number meanwhile.
  const UniqueFd now = target_.descriptor(number);
  if (!now || cookie_of(now.get()) != cookie_of(fd)) return EBADF;
  if (!registrations.empty()) {
    move_registrations(registrations, epolls, number, fd, EPOLL_CTL_DEL);
  }
  const bool put = listener_.put_descriptor(notification_.id, fresh, number, close_on_exec);
  const int error = put ? 0 : errno;
  if (!registrations.empty()) {
    move_registrations(registrations, epolls, number, put ? fresh : fd, EPOLL_CTL_ADD);
  }
  if (put) ::dup3(fresh, fd, O_CLOEXEC);
  return error;
}

// The others wait for a peer, and that may be for ever.
bool Call::waits_for_the_engine_only() const {
  switch (data().nr) {
    case SYS_socket:
    case SYS_bind:
    case SYS_listen:
    case SYS_shutdown:
    case SYS_getsockname:
    case SYS_getpeername:
    case SYS_getsockopt:
    case SYS_setsockopt:
    case SYS_ioctl:
      return true;
    default:
      return false;
  }
}

// Asked now and then by a call that sleeps.
bool Call::interrupted() {
  if (!is_waiting()) return true;
  if (!listener_.features().wait_killable) return false;
  switch (target_.pending_signal()) {
    case Target::Signal::kNone:
      return false;
    case Target::Signal::kMine:
      interruption_ = kRestart;
      return true;
    case Target::Signal::kAnyThreads:
      // Another thread may be taking it, and then nothing would make sense of kRestart.
      return true;
  }
  return true;
}

int Call::wait(int fd, short events, const timeval& timeout) {
  const bool bounded = timeout.tv_sec != 0 || timeout.tv_usec != 0;
  const auto end = Clock::now() + std::chrono::seconds(timeout.tv_sec) +
                   std::chrono::microseconds(timeout.tv_usec);
  // What has come may be for another process or thread, if this one waits no more.
  const auto woken = [this] { return is_waiting() ? 0 : EINTR; };
  pollfd briefly{fd, events, 0};
  if (::poll(&briefly, 1, kBrief) > 0) return woken();
  if (!server_.begin_wait(waits_for_the_engine_only())) return ENOBUFS;
  int error = 0;
  for (;;) {
    auto pause = std::chrono::duration_cast<std::chrono::milliseconds>(kLook);
    if (bounded) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
      pause = std::clamp(left, 0ms, pause);
    }
    pollfd poll{fd, events, 0};
    if (::poll(&poll, 1, static_cast<int>(pause.count())) > 0) {
      error = woken();
      break;
    }
    if (interrupted()) {
      // Linux doesn't start calls again that have a time-out.
      if (bounded) interruption_ = EINTR;
      error = EINTR;
      break;
    }
    if (bounded && Clock::now() >= end) {
      error = EAGAIN;
      break;
    }
  }
  server_.end_wait();
  return error;
}

client::Libc waiting_calls() {
  client::Libc out;
  out.recv = recv;
  out.recvmsg = recvmsg;
  out.send = send;
  out.sendmsg = sendmsg;
  out.getaddrinfo = ::getaddrinfo;
  out.freeaddrinfo = ::freeaddrinfo;
  return out;
}

const client::OnBehalf kOnBehalf = {
    [](int fd, int fresh) { return t_current->replace(fd, fresh); },
    [] { return t_current->process(); },
    [](log::Level level, std::string_view text) { t_current->server().say(level, text); },
};

}  // namespace a7600::seccomp
