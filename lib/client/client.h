// SPDX-License-Identifier: MIT
#pragma once

#include <netdb.h>
#include <sys/socket.h>

#include <chrono>
#include <optional>

// What the socket calls do for modem sockets. Arguments, results and errno are those of the POSIX
// call of the same name. nullopt: the descriptor is no modem socket (or is none any more, because
// the call has just handed it to the kernel), and the C library's own call is to be made with the
// same arguments.
//
// Calls that move data on a connected socket are the kernel's: those here concern themselves only
// with an address, a few flags and sockets that are not connected (unconnected.h), and cost no
// system call of their own when there is none of these.
namespace a7600::client {

// nullopt for everything but TCP and UDP over IPv4 or IPv6.
std::optional<int> socket(int domain, int type, int protocol);

std::optional<int> connect(int fd, const sockaddr* address, socklen_t length);
std::optional<int> bind(int fd, const sockaddr* address, socklen_t length);
std::optional<int> listen(int fd);
// `flags` as for accept4(2).
std::optional<int> accept(int fd, sockaddr* address, socklen_t* length, int flags);
std::optional<int> shutdown(int fd, int how);
std::optional<int> getsockname(int fd, sockaddr* address, socklen_t* length);
std::optional<int> getpeername(int fd, sockaddr* address, socklen_t* length);
std::optional<int> getsockopt(int fd, int level, int name, void* value, socklen_t* length);
std::optional<int> setsockopt(int fd, int level, int name, const void* value, socklen_t length);

std::optional<ssize_t> send(int fd, const void* data, size_t size, int flags,
                            const sockaddr* address, socklen_t length);
std::optional<ssize_t> sendmsg(int fd, const msghdr* message, int flags);
std::optional<ssize_t> recv(int fd, void* data, size_t size, int flags, sockaddr* address,
                            socklen_t* length);
std::optional<ssize_t> recvmsg(int fd, msghdr* message, int flags);
std::optional<int> sendmmsg(int fd, mmsghdr* messages, unsigned count, int flags);
// `left`: the time that the call is given, of which it leaves the rest; nullptr: no limit.
std::optional<int> recvmmsg(int fd, mmsghdr* messages, unsigned count, int flags,
                            std::chrono::nanoseconds* left);

// Datagram sockets, and with SO_LINGER streams.
std::optional<int> close(int fd);
// A datagram socket of the modem was made in this process; SO_LINGER was set on a stream.
void note_datagrams();
void note_lingering();
bool has_datagrams();

// SIOCOUTQ and SIOCOUTQNSD, for TCP. nullopt for everything else.
std::optional<int> ioctl(int fd, unsigned long request, void* argument);

// A name that the modem is never asked for: numbers, "localhost", what /etc/hosts has.
bool is_the_c_librarys(const char* name);

// Results are nullopt when the name is the C library's business.
std::optional<int> getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                               addrinfo** out);
std::optional<int> gethostbyname2_r(const char* name, int family, hostent* out, char* buffer,
                                    size_t size, hostent** result, int* error);

}  // namespace a7600::client
