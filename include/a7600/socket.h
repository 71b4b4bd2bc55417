/* SPDX-License-Identifier: MIT */
/*
 * a7600: BSD sockets through a SIMCom A7600-family modem, for programs that link them directly.
 *
 * Each function has the arguments, results and errno of the POSIX call of the same name. A
 * descriptor that a7600_socket() returns is a real one of the kernel's: read, write, poll, select,
 * epoll, dup, fork and close(2) work on it as they are. The functions take other descriptors too
 * and pass them to the C library.
 *
 * The first socket starts a thread that owns the serial port; it ends with the program, or with
 * a7600_shutdown_engine(). Thread-safe throughout. Link with -la7600 (pkg-config a7600).
 *
 * Where it differs from POSIX:
 *   - Only TCP and UDP over IPv4 go through the modem (AF_INET6 sockets with v4-mapped addresses
 *     included); a true IPv6 destination is ENETUNREACH. Any other kind of socket is the kernel's.
 *   - Destinations in A7600_BYPASS (default 127.0.0.0/8) are served by the kernel.
 *   - There is no half-close on this modem: after a7600_shutdown(fd, SHUT_WR) the peer sees the end
 *     of the stream only when the descriptor is closed.
 *   - Errors that only a modem has: ENETDOWN (no answer, no SIM, not registered), ENODEV (no such
 *     port), EBUSY (another program holds it), EINVAL from a7600_socket() (wrong configuration).
 *   - The rest, each with the test that shows it, is in docs/posix.md.
 *
 * The AT commands behind the calls are those of the A7600 Series TCP/IP AT Command Manual; the
 * section is given with each call.
 */
#ifndef A7600_SOCKET_H_
#define A7600_SOCKET_H_

#include <netdb.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The environment's settings (A7600_PORT and so on), for programs that don't want the environment.
 * A null or zero member leaves the environment's value, or the default, in place. */
typedef struct a7600_config {
  const char* port; /* "/dev/ttyUSB2", "tcp:HOST:PORT" or "auto" */
  int baud;         /* bits per second */
  const char* flow; /* "none", "rtscts" or "auto" */
  const char* apn;
  const char* pin;      /* 4 to 8 digits */
  const char* rx;       /* "buffer", "push" or "auto" */
  const char* bypass;   /* comma list of CIDR[:port]; "" bypasses nothing */
  const char* engine;   /* "auto", "thread", or the socket of a shared engine */
  const char* trace;    /* a pcapng file */
  const char* log;      /* LEVEL or LEVEL:FILE; level error, warn, info or debug */
  int connect_timeout;  /* seconds, 3 to 120 (manual 2.12, AT+CIPTIMEOUT) */
  const char* apn_user; /* for an APN that asks who is there (AT+CGAUTH) */
  const char* apn_password;
} a7600_config;

/* Sets the configuration. Must come before the first socket or look-up; EALREADY after it. EINVAL
 * with one line on stderr for a wrong value. Not needed when the environment says it all. */
int a7600_open(const a7600_config* config);

/* Sends what was written, closes every connection (AT+CIPCLOSE, 2.6), puts the module back as it
 * was found and ends the thread. Runs by itself when the program exits. A socket made later starts
 * anew. Always 0. */
int a7600_shutdown_engine(void);

/* SOCK_STREAM and SOCK_DGRAM, for AF_INET and AF_INET6; SOCK_NONBLOCK and SOCK_CLOEXEC may be
 * added. */
int a7600_socket(int domain, int type, int protocol);
/* AT+CIPOPEN (2.3). ECONNREFUSED, ETIMEDOUT, EHOSTUNREACH, ENETDOWN, ENODEV, EBUSY, and what
 * connect(2) has besides. An eleventh connection waits for a free link until the time-out. */
int a7600_connect(int fd, const struct sockaddr* address, socklen_t length);
/* The local port; the address must be 0.0.0.0 or the modem's own. */
int a7600_bind(int fd, const struct sockaddr* address, socklen_t length);
/* AT+SERVERSTART (2.14). The module has four servers; a fifth is EADDRINUSE. */
int a7600_listen(int fd, int backlog);
/* "+CLIENT:" (chapter 5). accept4() adds SOCK_NONBLOCK and SOCK_CLOEXEC. */
int a7600_accept(int fd, struct sockaddr* address, socklen_t* length);
int a7600_accept4(int fd, struct sockaddr* address, socklen_t* length, int flags);

/* AT+CIPSEND (2.4) and AT+CIPRXGET (2.5) move the bytes. */
ssize_t a7600_send(int fd, const void* data, size_t size, int flags);
ssize_t a7600_sendto(int fd, const void* data, size_t size, int flags,
                     const struct sockaddr* address, socklen_t length);
ssize_t a7600_sendmsg(int fd, const struct msghdr* message, int flags);
ssize_t a7600_recv(int fd, void* data, size_t size, int flags);
ssize_t a7600_recvfrom(int fd, void* data, size_t size, int flags, struct sockaddr* address,
                       socklen_t* length);
ssize_t a7600_recvmsg(int fd, struct msghdr* message, int flags);

int a7600_shutdown(int fd, int how);
/* As close(2), which does as well. */
int a7600_close(int fd);

/* The PDP address (AT+IPADDR, 2.7). A port that was not bound is made up: the module has no command
 * that tells it. */
int a7600_getsockname(int fd, struct sockaddr* address, socklen_t* length);
int a7600_getpeername(int fd, struct sockaddr* address, socklen_t* length);
int a7600_getsockopt(int fd, int level, int name, void* value, socklen_t* length);
int a7600_setsockopt(int fd, int level, int name, const void* value, socklen_t length);

/* AT+CDNSGIP (2.17). IPv4 addresses only; numbers, localhost and /etc/hosts don't reach the modem.
 * EAI_NONAME; EAI_AGAIN while the module is not up; EAI_SYSTEM with errno for trouble with the port
 * or the configuration. Free the result with a7600_freeaddrinfo() or freeaddrinfo(). */
int a7600_getaddrinfo(const char* node, const char* service, const struct addrinfo* hints,
                      struct addrinfo** result);
void a7600_freeaddrinfo(struct addrinfo* list);

#ifdef __cplusplus
}
#endif

#endif /* A7600_SOCKET_H_ */
