// SPDX-License-Identifier: MIT
#include "client/peek_all.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/time.h>

#include <algorithm>

#include "base/sys.h"
#include "base/unique_fd.h"

namespace a7600::client {
namespace {

using std::chrono::milliseconds;

// How long is left, as epoll_wait(2) wants it; -1 is for ever.
int left_of(int fd, PeekClock::time_point begin) {
  timeval limit{};
  socklen_t length = sizeof(limit);
  if (sys::getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, &length) != 0) return -1;
  if (limit.tv_sec == 0 && limit.tv_usec == 0) return -1;
  const auto end =
      begin + std::chrono::seconds{limit.tv_sec} + std::chrono::microseconds{limit.tv_usec};
  const auto left = std::chrono::ceil<milliseconds>(end - PeekClock::now());
  return static_cast<int>(std::clamp(left, milliseconds{0}, milliseconds{3'600'000}).count());
}

bool holds(int fd, std::size_t size) {
  int queued = 0;
  return sys::ioctl(fd, FIONREAD, &queued) == 0 && static_cast<std::size_t>(queued) >= size;
}

}  // namespace

void wait_to_peek(int fd, std::size_t size, PeekClock::time_point begin) {
  if ((::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0) return;
  // By edges: what is there already, and stays there, would wake by level at once.
  const UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
  if (!epoll || ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0) return;
  while (!holds(fd, size)) {
    const int left = left_of(fd, begin);
    if (left == 0 || ::epoll_wait(epoll.get(), &event, 1, left) < 0) return;
    if ((event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) return;
  }
}

}  // namespace a7600::client
