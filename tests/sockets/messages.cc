// SPDX-License-Identifier: MIT
//
// Flags and forms of the data calls on TCP, and the other ways to move bytes: vectors, stdio,
// sendfile, splice, ioctl.
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "support/address.h"
#include "support/case.h"
#include "support/connected.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

volatile sig_atomic_t g_signals = 0;
void count_signal(int) { g_signals = g_signals + 1; }

CASE(peeking_leaves_the_bytes) {
  Connected c;
  c.hear("abcdef");
  show_receive(c.fd, 3, MSG_PEEK);
  show_receive(c.fd, 10, MSG_PEEK | MSG_DONTWAIT);
  show_receive(c.fd, 10);
  show_receive(c.fd, 10, MSG_PEEK | MSG_DONTWAIT);
}

CASE(waitall_waits_for_all) {
  Connected c;
  c.hear("abc");
  const pid_t child = NEED(::fork());
  if (child == 0) {
    pause_ms(50);
    c.peer.give("defgh");
    ::_exit(0);
  }
  show_receive(c.fd, 8, MSG_WAITALL);
  c.hear("xy");
  show_receive(c.fd, 8, MSG_WAITALL | MSG_DONTWAIT);
}

CASE(waitall_waits_to_look_at_all) {
  Connected c;
  c.hear("abc");
  const pid_t child = NEED(::fork());
  if (child == 0) {
    for (const char* text : {"de", "fg", "hij"}) {
      pause_ms(50);
      c.peer.give(text);
    }
    ::_exit(0);
  }
  show_receive(c.fd, 8, MSG_PEEK | MSG_WAITALL);
  char room[9] = "";
  iovec part{room, 9};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  SHOW(recvmsg(c.fd, &message, MSG_PEEK | MSG_WAITALL));
  say("%.9s, flags %x", room, static_cast<unsigned>(message.msg_flags));
  show_receive(c.fd, 10, MSG_WAITALL);
}

CASE(waiting_to_look_at_all_ends_with_the_time_or_the_stream) {
  Connected c;
  c.hear("abc");
  show_receive(c.fd, 8, MSG_PEEK | MSG_WAITALL | MSG_DONTWAIT);
  const timeval timeout{0, 50000};
  NEED(setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
  show_receive(c.fd, 8, MSG_PEEK | MSG_WAITALL);
  const timeval none{0, 0};
  NEED(setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none)));
  c.peer.end();
  show_receive(c.fd, 8, MSG_PEEK | MSG_WAITALL);
}

CASE(waitall_ends_with_the_stream) {
  Connected c;
  c.peer.give("abc");
  c.peer.end();
  show_receive(c.fd, 8, MSG_WAITALL);
  show_receive(c.fd, 8, MSG_WAITALL);
}

CASE(dontwait_does_not_wait) {
  Connected c;
  show_receive(c.fd, 8, MSG_DONTWAIT);
  SHOW(send_text(c.fd, "x", MSG_DONTWAIT));
  say("nonblock %d", (::fcntl(c.fd, F_GETFL) & O_NONBLOCK) != 0);
}

CASE(truncation_throws_a_streams_bytes_away) {
  Connected c;
  c.hear("abcdef");
  char room[8] = "-------";
  SHOW(recv(c.fd, room, 3, MSG_TRUNC));
  say("untouched: %.3s", room);
  show_receive(c.fd, 10);
}

CASE(truncation_by_recvmsg_throws_them_away_too) {
  Connected c;
  c.hear("abcdef");
  char room[8] = "-------";
  iovec part{room, 3};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  SHOW(recvmsg(c.fd, &message, MSG_TRUNC));
  say("untouched: %.3s, flags %x", room, static_cast<unsigned>(message.msg_flags));
  show_receive(c.fd, 10);
}

CASE(a_write_to_a_shut_socket_signals) {
  Connected c;
  ::signal(SIGPIPE, count_signal);
  NEED(shutdown(c.fd, SHUT_WR));
  SHOW(send(c.fd, "x", 1, MSG_NOSIGNAL));
  say("signals %d", g_signals);
  SHOW(send(c.fd, "x", 1, 0));
  say("signals %d", g_signals);
  SHOW(write(c.fd, "x", 1));
  say("signals %d", g_signals);
}

CASE(a_send_on_an_unconnected_socket_signals) {
  const int fd = tcp(SOCK_NONBLOCK);
  ::signal(SIGPIPE, count_signal);
  SHOW(send(fd, "x", 1, MSG_NOSIGNAL));
  say("signals %d", g_signals);
  SHOW(send(fd, "x", 1, 0));
  say("signals %d", g_signals);
}

CASE(connecting_by_the_first_send) {
  far::Listener peer;
  const int fd = tcp(SOCK_NONBLOCK);
  const Address to = peer.address();
  SHOW(sendto(fd, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, to.get(), to.length));
}

CASE(urgent_data) {
  Connected c;
  SHOW(send(c.fd, "!", 1, MSG_OOB));
  char byte = 0;
  SHOW(recv(c.fd, &byte, 1, MSG_OOB));
  int mark = -1;
  SHOW(::ioctl(c.fd, SIOCATMARK, &mark));
  say("at mark: %d", mark);
}

CASE(nothing_in_the_error_queue) {
  Connected c;
  char room[8];
  SHOW(recv(c.fd, room, sizeof(room), MSG_ERRQUEUE));
  SHOW(recv(c.fd, room, sizeof(room), MSG_ERRQUEUE | MSG_DONTWAIT));
}

CASE(addresses_mean_nothing_to_a_stream) {
  Connected c;
  far::Listener other;
  const Address elsewhere = other.address();
  SHOW(sendto(c.fd, "hi", 2, 0, elsewhere.get(), elsewhere.length));
  say("far: %s", c.peer.take_all(2).c_str());
  c.hear("answer");
  char room[16] = {};
  Address from;
  from.length = sizeof(from.storage);
  SHOW(recvfrom(c.fd, room, 3, 0, reinterpret_cast<sockaddr*>(&from.storage), &from.length));
  say("%s, address length %u", room, from.length);
  iovec part{room, 3};
  msghdr message{};
  message.msg_name = &from.storage;
  message.msg_namelen = sizeof(from.storage);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  SHOW(recvmsg(c.fd, &message, 0));
  say("%s, address length %u, control length %zu, flags %x", room, message.msg_namelen,
      message.msg_controllen, static_cast<unsigned>(message.msg_flags));
}

CASE(vectors_are_gathered_and_scattered) {
  Connected c;
  iovec out[3] = {
      {const_cast<char*>("one "), 4}, {const_cast<char*>(""), 0}, {const_cast<char*>("stream"), 6}};
  SHOW(::writev(c.fd, out, 3));
  msghdr message{};
  message.msg_iov = out;
  message.msg_iovlen = 3;
  SHOW(sendmsg(c.fd, &message, MSG_MORE));
  SHOW(sendmsg(c.fd, &message, MSG_EOR));
  say("far: %s", c.peer.take_all(30).c_str());
  c.hear("abcdefgh");
  char left[4] = {};
  char right[8] = {};
  iovec in[2] = {{left, 3}, {right, 7}};
  SHOW(::readv(c.fd, in, 2));
  say("%s|%s", left, right);
  c.hear("abcdefgh");
  message.msg_iov = in;
  message.msg_iovlen = 2;
  SHOW(recvmsg(c.fd, &message, 0));
  say("%s|%s", left, right);
}

CASE(nothing_is_sent_and_received) {
  Connected c;
  SHOW(send(c.fd, "", 0, 0));
  SHOW(write(c.fd, "", 0));
  msghdr message{};
  SHOW(sendmsg(c.fd, &message, 0));
  SHOW(recv(c.fd, nullptr, 0, MSG_DONTWAIT));
  c.hear("x");
  char byte = 0;
  SHOW(recv(c.fd, &byte, 0, 0));
  SHOW(read(c.fd, &byte, 0));
  show_receive(c.fd);
}

CASE(too_many_parts_are_emsgsize) {
  Connected c;
  std::vector<iovec> parts(1025, iovec{const_cast<char*>("x"), 1});
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  SHOW(sendmsg(c.fd, &message, 0));
  SHOW(recvmsg(c.fd, &message, MSG_DONTWAIT));
}

#ifndef A7600_LINKED  // liba7600 has no name for these two
CASE(many_messages_on_a_stream) {
  Connected c;
  iovec parts[2] = {{const_cast<char*>("ab"), 2}, {const_cast<char*>("cd"), 2}};
  mmsghdr messages[2] = {};
  for (int i = 0; i < 2; ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  SHOW(sendmmsg(c.fd, messages, 2, 0));
  say("far: %s", c.peer.take_all(4).c_str());
  c.hear("xyz");
  char room[2][3] = {};
  for (int i = 0; i < 2; ++i) parts[i] = {room[i], 2};
  SHOW(recvmmsg(c.fd, messages, 2, MSG_WAITFORONE, nullptr));
  say("%s|%s", room[0], room[1]);
}
#endif

CASE(ioctls_count_and_set) {
  Connected c;
  int value = -1;
  SHOW(::ioctl(c.fd, FIONREAD, &value));
  say("%d", value);
  c.hear("12345");
  SHOW(::ioctl(c.fd, FIONREAD, &value));
  say("%d", value);
  SHOW(::ioctl(c.fd, SIOCINQ, &value));
  show_receive(c.fd, 2);
  SHOW(::ioctl(c.fd, FIONREAD, &value));
  say("%d", value);
  value = 1;
  SHOW(::ioctl(c.fd, FIONBIO, &value));
  say("nonblock %d", (::fcntl(c.fd, F_GETFL) & O_NONBLOCK) != 0);
  value = 0;
  SHOW(::ioctl(c.fd, FIONBIO, &value));
  say("nonblock %d", (::fcntl(c.fd, F_GETFL) & O_NONBLOCK) != 0);
  SHOW(::ioctl(c.fd, FIOCLEX));
  say("cloexec %d", ::fcntl(c.fd, F_GETFD));
}

CASE(an_idle_connection_has_nothing_unsent) {
  Connected c;
  int value = -1;
  SHOW(::ioctl(c.fd, SIOCOUTQ, &value));
  say("something unsent: %d", value != 0);
}

CASE(a_listener_has_no_bytes_to_count) {
  const int fd = listen_on(server_port(0));
  int value = -1;
  SHOW(::ioctl(fd, FIONREAD, &value));
}

CASE(fcntl_has_its_say) {
  Connected c;
  SHOW(::fcntl(c.fd, F_GETFL) & O_ACCMODE);
  SHOW(::fcntl(c.fd, F_SETFL, O_NONBLOCK));
  show_receive(c.fd);
  SHOW(::fcntl(c.fd, F_SETFL, 0));
  SHOW(::fcntl(c.fd, F_SETFD, FD_CLOEXEC));
  SHOW(::fcntl(c.fd, F_GETFD));
  SHOW(::fcntl(c.fd, F_SETOWN, ::getpid()));
  SHOW(::fcntl(c.fd, F_GETOWN) == ::getpid());
  SHOW(::lseek(c.fd, 0, SEEK_CUR));
  char byte = 0;
  SHOW(::pread(c.fd, &byte, 1, 0));
}

CASE(sigio_announces_data) {
  Connected c;
  ::signal(SIGIO, count_signal);
  NEED(::fcntl(c.fd, F_SETOWN, ::getpid()));
  NEED(::fcntl(c.fd, F_SETFL, O_ASYNC | O_NONBLOCK));
  c.hear("data");
  say("signalled %d", g_signals > 0);
}

CASE(stdio_speaks_over_a_socket) {
  Connected c;
  std::FILE* file = ::fdopen(c.fd, "r+");
  std::fputs("a line\n", file);
  std::fflush(file);
  say("far: %s", c.peer.take_all(7).c_str());
  c.peer.give("first\nsecond\n");
  c.peer.half_end();
  char line[64];
  while (std::fgets(line, sizeof(line), file) != nullptr) say("line: %.*s", 5, line);
  say("end %d, error %d", std::feof(file) != 0, std::ferror(file) != 0);
  SHOW(std::fclose(file));
}

CASE(dprintf_writes_to_a_socket) {
  Connected c;
  SHOW(::dprintf(c.fd, "%d bottles", 99));
  say("far: %s", c.peer.take_all(10).c_str());
}

CASE(sendfile_sends_a_file) {
  Connected c;
  const std::string all = pattern(40000);
  const int file = NEED(::memfd_create("data", 0));
  NEED(static_cast<int>(::write(file, all.data(), all.size())));
  const pid_t child = NEED(::fork());
  if (child == 0) {
    const std::string got = c.peer.take_all(all.size());
    say("far: %s", digest(got).c_str());
    ::_exit(0);
  }
  off_t offset = 0;
  while (offset < static_cast<off_t>(all.size())) {
    if (::sendfile(c.fd, file, &offset, all.size() - static_cast<std::size_t>(offset)) <= 0) break;
  }
  NEED(::waitpid(child, nullptr, 0));
  say("offset %ld", static_cast<long>(offset));
}

CASE(splice_moves_bytes_through_a_pipe) {
  Connected c;
  int pipe_ends[2];
  NEED(::pipe(pipe_ends));
  c.hear("spliced");
  SHOW(::splice(c.fd, nullptr, pipe_ends[1], nullptr, 100, 0));
  SHOW(::splice(pipe_ends[0], nullptr, c.fd, nullptr, 100, 0));
  say("far: %s", c.peer.take_all(7).c_str());
}

CASE(forty_thousand_bytes_in_one_blocking_write) {
  Connected c;
  const std::string all = pattern(40000);
  const pid_t child = NEED(::fork());
  if (child == 0) {
    say("far: %s", digest(c.peer.take_all(all.size())).c_str());
    ::_exit(0);
  }
  const ssize_t written = write(c.fd, all.data(), all.size());
  NEED(::waitpid(child, nullptr, 0));
  say("written %zd", written);
}

}  // namespace
