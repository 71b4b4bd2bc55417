/* SPDX-License-Identifier: MIT */
/*
 * a7600: BSD sockets through a SIMCom A7600-family modem, for programs that link them directly.
 *
 * Each function has the arguments, results and errno of the POSIX call of the same name. A
 * descriptor that a7600_socket() returns is a real one of the kernel's: read, write, poll, select,
 * epoll, dup, fork and close(2) work on it as they are. The functions take other descriptors too
 * and pass them to the C library.
 *
 * The first socket starts a thread that owns the serial port, or finds a shared engine that does
 * (A7600_ENGINE). The thread ends with the program, or with a7600_shutdown_engine(). Every function
 * may be called from any thread. Link with -la7600 (pkg-config a7600).
 *
 * Where it differs from POSIX:
 *   - Only TCP and UDP over IPv4 go through the modem (AF_INET6 sockets with v4-mapped addresses
 *     included); a true IPv6 destination is ENETUNREACH. Any other kind of socket is the kernel's.
 *   - Destinations in A7600_BYPASS (default 127.0.0.0/8) are served by the kernel.
 *   - There is no half-close on this modem: after a7600_shutdown(fd, SHUT_WR) the peer sees the end
 *     of the stream only when the descriptor is closed.
 *   - Any call can fail with ENETDOWN once the engine of its socket has ended. With the port and
 *     the module come ENODEV, EACCES, EBUSY and ENETDOWN; a7600_connect() says which means what.
 *   - The rest, each with the test that shows it, is in docs/posix.md.
 *
 * The AT commands behind the calls are those of the A7600 Series TCP/IP AT Command Manual; its
 * section is given in brackets.
 */
#ifndef A7600_SOCKET_H_
#define A7600_SOCKET_H_

#include <netdb.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The environment's settings, for programs that don't want the environment: `port` is A7600_PORT
 * and so on, with the same values and defaults (a7600.conf(5)). A null or zero member leaves in
 * place what the environment or the config file says, or else the default. */
typedef struct a7600_config {
  const char* port;     /* "/dev/ttyUSB2", "tcp:HOST:PORT", "PORT,PORT2" or "auto" */
  int baud;             /* bits per second, 300 to 4000000 */
  const char* flow;     /* "none", "rtscts" or "auto" */
  const char* apn;      /* access point name */
  const char* pin;      /* 4 to 8 digits */
  const char* rx;       /* "buffer", "push" or "auto" (AT+CIPRXGET, 2.5) */
  const char* bypass;   /* comma list of CIDR[:port]; "" bypasses nothing */
  const char* engine;   /* "auto", "thread", "spawn", or the socket of a shared engine */
  const char* trace;    /* a pcapng file; %p in its name is the process id */
  const char* log;      /* LEVEL or LEVEL:FILE; level error, warn, info or debug */
  int connect_timeout;  /* seconds, 3 to 120 (AT+CIPTIMEOUT, 2.12) */
  const char* apn_user; /* for an APN that asks who is there (AT+CGAUTH) */
  const char* apn_password;
  const char* apn_auth; /* "pap", "chap" or "auto" */
  const char* mode;     /* "command" or "transparent" (AT+CIPMODE, 2.10) */
  const char* reset;    /* "off", "cfun", "dtr" or "cfun,dtr" */
} a7600_config;

/* Sets the configuration; everything is copied. Once, and before any other function: after that it
 * is EALREADY. EINVAL with one line on stderr for a wrong value; sockets and look-ups then fail
 * with EINVAL, too. Not needed when the environment says it all. 0, or -1 with errno. */
int a7600_open(const a7600_config* config);

/* Sends what was written (given up after 5 s without progress), closes every connection
 * (AT+CIPCLOSE, 2.6) and server (AT+SERVERSTOP, 2.15), puts the module's settings back as they were
 * found and ends the thread. Runs by itself when the program exits. A shared engine is left alone.
 * A socket made later starts anew. Always 0. */
int a7600_shutdown_engine(void);

/* SOCK_STREAM and SOCK_DGRAM, for AF_INET and AF_INET6; SOCK_NONBLOCK and SOCK_CLOEXEC may be
 * added. No AT command yet: the serial port is opened when there is something to ask the module.
 * EINVAL for a wrong setting, EMFILE also for more than 1024 sockets of one program. */
int a7600_socket(int domain, int type, int protocol);

/* AT+CIPOPEN (2.3), after AT+NETOPEN (2.1) if the network is not open. An eleventh connection waits
 * for one of the module's ten links. A blocking call returns within A7600_CONNECT_TIMEOUT.
 * ECONNREFUSED refused, or unreachable: the module calls both "Network failure" (4)
 * ETIMEDOUT    no answer of the peer, or no free link, in time
 * ENETDOWN     the module does not answer, has no usable SIM, is not registered, or does not open
 *              the network
 * ENODEV       there is no such port; EACCES: no permission to open it
 * EBUSY        another program has the port, or in transparent mode another connection the line
 * ENETUNREACH  a true IPv6 destination
 * EOPNOTSUPP   UDP in transparent mode, or the module says so of the open (<err> 4)
 * EADDRINUSE   the bound port is in use; ENOBUFS, EIO: the module could not open it for want of a
 *              socket, or for a reason that it does not give (<err> 5, 12)
 * and what connect(2) has besides: EINPROGRESS, EALREADY, EISCONN, EINTR. */
int a7600_connect(int fd, const struct sockaddr* address, socklen_t length);

/* The local port; 0 lets the engine choose. The address must be 0.0.0.0 or, once the network is
 * open, the modem's own, else EADDRNOTAVAIL; a bypassed one makes it a socket of the kernel's.
 * AT+CIPOPEN (2.3) or AT+SERVERSTART (2.14) carries the port. EADDRINUSE when it has an owner. */
int a7600_bind(int fd, const struct sockaddr* address, socklen_t length);

/* AT+SERVERSTART (2.14). The module has four servers; a fifth is EADDRINUSE. `backlog` has no
 * effect. ENODEV, EACCES, EBUSY and ENETDOWN as of a7600_connect(). */
int a7600_listen(int fd, int backlog);

/* A client that the module has announced by "+CLIENT:" (5). accept4() adds SOCK_NONBLOCK and
 * SOCK_CLOEXEC. EINVAL for a socket that does not listen. */
int a7600_accept(int fd, struct sockaddr* address, socklen_t* length);
int a7600_accept4(int fd, struct sockaddr* address, socklen_t* length, int flags);

/* Bytes go by AT+CIPSEND (2.4), up to 1500 at a time. The call returns when the kernel has queued
 * them, as with TCP. EMSGSIZE for a datagram above 1500 bytes; EOPNOTSUPP for MSG_OOB; EPIPE and
 * ECONNRESET as of TCP. The address of a TCP socket is ignored. */
ssize_t a7600_send(int fd, const void* data, size_t size, int flags);
ssize_t a7600_sendto(int fd, const void* data, size_t size, int flags,
                     const struct sockaddr* address, socklen_t length);
ssize_t a7600_sendmsg(int fd, const struct msghdr* message, int flags);

/* Bytes come by AT+CIPRXGET (2.5), or unasked in direct push mode. 0 at the end of a stream;
 * ECONNRESET when the connection was lost, never a short stream without an error. ENOTCONN,
 * EAGAIN. */
ssize_t a7600_recv(int fd, void* data, size_t size, int flags);
ssize_t a7600_recvfrom(int fd, void* data, size_t size, int flags, struct sockaddr* address,
                       socklen_t* length);
ssize_t a7600_recvmsg(int fd, struct msghdr* message, int flags);

/* SHUT_RD, SHUT_WR or SHUT_RDWR. The peer sees nothing of it before the close: the module has no
 * command for it. ENOTCONN. */
int a7600_shutdown(int fd, int how);

/* What was written is sent first, then AT+CIPCLOSE (2.6). close(2) does as well, but for two
 * things: only a7600_close() waits as SO_LINGER says, and gives the link of a datagram socket back
 * at once instead of seconds later. */
int a7600_close(int fd);

/* The PDP address (AT+IPADDR, 2.7). A port that was not bound is made up: the module has no command
 * that tells it. */
int a7600_getsockname(int fd, struct sockaddr* address, socklen_t* length);
/* The destination, or a client's address as "+CLIENT:" has it (5). ENOTCONN. */
int a7600_getpeername(int fd, struct sockaddr* address, socklen_t* length);

/* SO_ERROR, SO_LINGER and TCP_INFO are the connection's (what the peer has acknowledged is asked
 * with AT+CIPACK, 2.16); docs/posix.md lists which others have an effect and which are remembered
 * only. ENOPROTOOPT for an option that this kernel does not know. */
int a7600_getsockopt(int fd, int level, int name, void* value, socklen_t* length);
int a7600_setsockopt(int fd, int level, int name, const void* value, socklen_t length);

/* AT+CDNSGIP (2.17). IPv4 addresses only; numbers, localhost and /etc/hosts don't reach the modem.
 * 0, or EAI_NONAME; EAI_AGAIN while the module is not up, or has not answered in time; EAI_SYSTEM
 * with errno for trouble with the port or the configuration; EAI_NODATA for AF_INET6 without
 * AI_V4MAPPED. Free the result with a7600_freeaddrinfo() or freeaddrinfo(). */
int a7600_getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                      struct addrinfo** result);
void a7600_freeaddrinfo(struct addrinfo* list);

#ifdef __cplusplus
}
#endif

#endif /* A7600_SOCKET_H_ */
