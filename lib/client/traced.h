// SPDX-License-Identifier: MIT
#pragma once

#include "client/client.h"

// client.h's calls again, reported to the engine when A7600_TRACE is set: with arguments, result,
// errno and duration, and, if they may wait, also when they begin. One branch when it is not set;
// when it is, a report is one more control message, which nobody answers.
//
// The data calls are not reported: they are the kernel's, and what they carry is in the trace as
// the connection's traffic.
namespace a7600::client::traced {

std::optional<int> socket(int domain, int type, int protocol);
std::optional<int> connect(int fd, const sockaddr* address, socklen_t length);
std::optional<int> bind(int fd, const sockaddr* address, socklen_t length);
std::optional<int> listen(int fd);
std::optional<int> accept(int fd, sockaddr* address, socklen_t* length, int flags);
std::optional<int> shutdown(int fd, int how);
std::optional<int> getsockname(int fd, sockaddr* address, socklen_t* length);
std::optional<int> getpeername(int fd, sockaddr* address, socklen_t* length);
std::optional<int> getsockopt(int fd, int level, int name, void* value, socklen_t* length);
std::optional<int> setsockopt(int fd, int level, int name, const void* value, socklen_t length);
std::optional<int> getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                               addrinfo** out);
std::optional<int> gethostbyname2_r(const char* name, int family, hostent* out, char* buffer,
                                    size_t size, hostent** result, int* error);

using client::close;
using client::ioctl;
using client::recv;
using client::recvmmsg;
using client::recvmsg;
using client::send;
using client::sendmmsg;
using client::sendmsg;

}  // namespace a7600::client::traced
