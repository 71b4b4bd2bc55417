// SPDX-License-Identifier: MIT
#pragma once

#include <poll.h>

#include <string>

#include "support/address.h"

// What a program can see of a socket without changing it, in words.
namespace sockets {

// "IN|OUT", "-" for none, as poll(2) shows it now.
std::string poll_bits(int fd);
// "rw-": readable, writable, exceptional, by select(2).
std::string select_bits(int fd);
// As a new epoll instance shows it at once.
std::string epoll_bits(int fd);
// Names of poll(2)'s or epoll(7)'s bits, which have the same values.
std::string bits_text(unsigned bits);

// Prints all three.
void look(const char* when, int fd);

// Waits until poll(2) shows all of `events` together, and says so if it never does.
void await(int fd, short events);
// Waits until nothing more comes to the engine for a moment: for what shows nothing when done.
void pause_ms(int milliseconds);

// Prints and clears SO_ERROR.
void show_error(int fd);
// Prints the name, or errno.
void show_local(int fd);
void show_peer(int fd);

// Reads with recv(2) and prints "LABEL: text" or errno.
std::string receive(int fd, std::size_t most = 4096, int flags = 0);
void show_receive(int fd, std::size_t most = 4096, int flags = 0);

// Sends the whole, or prints errno.
long send_text(int fd, const std::string& text, int flags = 0);

// Sockets of the program's.
int tcp(int flags = 0);
int udp(int flags = 0);
// A TCP socket with a connect begun; its result is the caller's.
int connect_to(int fd, const Address& address);
int bind_to(int fd, const Address& address);
// Listening, on a server port of the program's.
int listen_on(const Port& port, int backlog = 16, int flags = 0);
void set_nonblocking(int fd, bool on = true);
int set_int(int fd, int level, int name, int value);
std::string get_int(int fd, int level, int name);

// An FNV-1a hash, to compare much by little.
std::string digest(const std::string& bytes);
// Bytes without a period that a lost or doubled piece could hide in.
std::string pattern(std::size_t size);

}  // namespace sockets
