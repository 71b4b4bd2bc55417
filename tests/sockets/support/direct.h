// SPDX-License-Identifier: MIT
#pragma once

// Included last, where the socket calls are made: in the programs that link liba7600 it puts its
// names in their place. Calls that it has no name for stay the C library's, and the cases about
// them are left out there by A7600_LINKED.
#ifdef A7600_LINKED

#include "a7600/socket.h"

#define socket(...) a7600_socket(__VA_ARGS__)
#define connect(...) a7600_connect(__VA_ARGS__)
#define bind(...) a7600_bind(__VA_ARGS__)
#define listen(...) a7600_listen(__VA_ARGS__)
#define accept(...) a7600_accept(__VA_ARGS__)
#define accept4(...) a7600_accept4(__VA_ARGS__)
#define send(...) a7600_send(__VA_ARGS__)
#define sendto(...) a7600_sendto(__VA_ARGS__)
#define sendmsg(...) a7600_sendmsg(__VA_ARGS__)
#define recv(...) a7600_recv(__VA_ARGS__)
#define recvfrom(...) a7600_recvfrom(__VA_ARGS__)
#define recvmsg(...) a7600_recvmsg(__VA_ARGS__)
#define shutdown(...) a7600_shutdown(__VA_ARGS__)
#define getsockname(...) a7600_getsockname(__VA_ARGS__)
#define getpeername(...) a7600_getpeername(__VA_ARGS__)
#define getsockopt(...) a7600_getsockopt(__VA_ARGS__)
#define setsockopt(...) a7600_setsockopt(__VA_ARGS__)
#define getaddrinfo(...) a7600_getaddrinfo(__VA_ARGS__)
#define freeaddrinfo(...) a7600_freeaddrinfo(__VA_ARGS__)
#define close(...) a7600_close(__VA_ARGS__)

#endif
