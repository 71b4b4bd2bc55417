// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#include <cstddef>

// The system calls that the preload library interposes, made straight to the kernel. Library code
// is loaded beside those hooks, so calling the C library's names would lead back into them. Every
// function returns what the C function of its name returns and sets errno.
namespace a7600::sys {

// The sixth argument of these calls, which none of them has: the filter for static programs
// (seccomp/filter.h) lets through what bears it, so that the library under such a filter reaches
// the kernel as ever.
inline constexpr auto kMark = static_cast<unsigned long>(0x4137363073656363ULL);

inline int socket(int domain, int type, int protocol) {
  return static_cast<int>(::syscall(SYS_socket, domain, type, protocol, 0, 0, kMark));
}
inline int socketpair(int domain, int type, int protocol, int fds[2]) {
  return static_cast<int>(::syscall(SYS_socketpair, domain, type, protocol, fds));
}
inline int connect(int fd, const sockaddr* address, socklen_t length) {
  return static_cast<int>(::syscall(SYS_connect, fd, address, length, 0, 0, kMark));
}
inline int bind(int fd, const sockaddr* address, socklen_t length) {
  return static_cast<int>(::syscall(SYS_bind, fd, address, length, 0, 0, kMark));
}
inline int listen(int fd, int backlog) {
  return static_cast<int>(::syscall(SYS_listen, fd, backlog, 0, 0, 0, kMark));
}
inline int accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return static_cast<int>(::syscall(SYS_accept4, fd, address, length, flags, 0, kMark));
}
inline int close(int fd) { return static_cast<int>(::syscall(SYS_close, fd)); }
inline int shutdown(int fd, int how) {
  return static_cast<int>(::syscall(SYS_shutdown, fd, how, 0, 0, 0, kMark));
}
inline ssize_t send(int fd, const void* data, std::size_t size, int flags) {
  return ::syscall(SYS_sendto, fd, data, size, flags, nullptr, 0);
}
inline ssize_t sendto(int fd, const void* data, std::size_t size, int flags,
                      const sockaddr* address, socklen_t length) {
  return ::syscall(SYS_sendto, fd, data, size, flags, address, length);
}
inline ssize_t recv(int fd, void* data, std::size_t size, int flags) {
  return ::syscall(SYS_recvfrom, fd, data, size, flags, nullptr, nullptr);
}
inline ssize_t recvfrom(int fd, void* data, std::size_t size, int flags, sockaddr* address,
                        socklen_t* length) {
  return ::syscall(SYS_recvfrom, fd, data, size, flags, address, length);
}
inline ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  return ::syscall(SYS_sendmsg, fd, message, flags, 0, 0, kMark);
}
inline ssize_t recvmsg(int fd, msghdr* message, int flags) {
  return ::syscall(SYS_recvmsg, fd, message, flags, 0, 0, kMark);
}
inline int getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  return static_cast<int>(::syscall(SYS_getsockopt, fd, level, name, value, length, kMark));
}
inline int setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  return static_cast<int>(::syscall(SYS_setsockopt, fd, level, name, value, length, kMark));
}
inline int ioctl(int fd, unsigned long request, void* argument) {
  return static_cast<int>(::syscall(SYS_ioctl, fd, request, argument, 0, 0, kMark));
}
inline int getsockname(int fd, sockaddr* address, socklen_t* length) {
  return static_cast<int>(::syscall(SYS_getsockname, fd, address, length, 0, 0, kMark));
}
inline int getpeername(int fd, sockaddr* address, socklen_t* length) {
  return static_cast<int>(::syscall(SYS_getpeername, fd, address, length, 0, 0, kMark));
}

}  // namespace a7600::sys
