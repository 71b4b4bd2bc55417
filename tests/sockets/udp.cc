// SPDX-License-Identifier: MIT
//
// Datagram sockets: addresses, boundaries, the connected ones' filter, and many at once.
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "support/address.h"
#include "support/case.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

ssize_t send_to(int fd, const std::string& text, const Address& to, int flags = 0) {
  return sendto(fd, text.data(), text.size(), flags, to.get(), to.length);
}

// Prints the next datagram and where it is from.
void show_from(int fd, std::size_t most = 2000, int flags = 0) {
  std::string room(most, '\0');
  Address from;
  from.length = sizeof(from.storage);
  const ssize_t got = recvfrom(fd, room.data(), most, flags,
                               reinterpret_cast<sockaddr*>(&from.storage), &from.length);
  if (got < 0) return say("received: %s", errno_name(errno).c_str());
  room.resize(std::min(static_cast<std::size_t>(got), most));
  say("received: %zd %s from %s", got, room.size() < 40 ? room.c_str() : digest(room).c_str(),
      text(from).c_str());
}

CASE(unconnected_sockets_send_and_hear) {
  far::Datagrams peer;
  const int fd = udp();
  look("new", fd);
  SHOW(send_to(fd, "ping", peer.address()));
  say("far: %s", peer.take().c_str());
  peer.answer("pong");
  await(fd, POLLIN);
  look("readable", fd);
  show_from(fd);
  show_peer(fd);
  look("read", fd);
}

CASE(two_peers_are_told_apart) {
  far::Datagrams one("far1");
  far::Datagrams two("far2");
  const int fd = udp();
  SHOW(send_to(fd, "to one", one.address()));
  say("far1: %s", one.take().c_str());
  SHOW(send_to(fd, "to two", two.address()));
  say("far2: %s", two.take().c_str());
  say("the same sender: %d", one.sender_port() == two.sender_port());
  one.answer("from one");
  await(fd, POLLIN);
  show_from(fd);
  two.answer("from two");
  await(fd, POLLIN);
  show_from(fd);
}

CASE(connected_sockets_need_no_address) {
  far::Datagrams peer;
  const int fd = udp();
  SHOW(connect_to(fd, peer.address()));
  show_peer(fd);
  SHOW(send(fd, "by send", 7, 0));
  say("far: %s", peer.take().c_str());
  SHOW(write(fd, "by write", 8));
  say("far: %s", peer.take().c_str());
  peer.answer("by recv");
  await(fd, POLLIN);
  show_receive(fd);
  peer.answer("by read");
  await(fd, POLLIN);
  char room[20] = {};
  SHOW(read(fd, room, sizeof(room)));
  say("read: %s", room);
  peer.answer("by recvfrom");
  await(fd, POLLIN);
  show_from(fd);
}

CASE(connected_sockets_hear_their_peer_only) {
  far::Datagrams peer("far1");
  far::Datagrams stranger("far2");
  const int fd = udp();
  SHOW(send_to(fd, "hello", stranger.address()));
  say("far2: %s", stranger.take().c_str());
  SHOW(connect_to(fd, peer.address()));
  SHOW(send(fd, "hello", 5, 0));
  say("far1: %s", peer.take().c_str());
  stranger.answer("not heard");
  pause_ms(100);
  peer.answer("heard");
  await(fd, POLLIN);
  show_from(fd);
  show_receive(fd, 100, MSG_DONTWAIT);
}

CASE(a_connected_socket_still_sends_to_others) {
  far::Datagrams peer("far1");
  far::Datagrams other("far2");
  const int fd = udp();
  SHOW(connect_to(fd, peer.address()));
  SHOW(send_to(fd, "aside", other.address()));
  say("far2: %s", other.take().c_str());
  SHOW(send(fd, "hello", 5, 0));
  say("far1: %s", peer.take().c_str());
}

CASE(connecting_again_changes_the_peer) {
  far::Datagrams one("far1");
  far::Datagrams two("far2");
  const int fd = udp();
  SHOW(connect_to(fd, one.address()));
  SHOW(send(fd, "first", 5, 0));
  say("far1: %s", one.take().c_str());
  SHOW(connect_to(fd, two.address()));
  show_peer(fd);
  SHOW(send(fd, "second", 6, 0));
  say("far2: %s", two.take().c_str());
  two.answer("from two");
  await(fd, POLLIN);
  show_from(fd);
}

CASE(disconnecting_by_af_unspec) {
  far::Datagrams one("far1");
  far::Datagrams two("far2");
  const int fd = udp();
  SHOW(connect_to(fd, one.address()));
  Address none;
  none.length = sizeof(sockaddr_in);
  SHOW(connect_to(fd, none));
  show_peer(fd);
  SHOW(send(fd, "lost", 4, 0));
  SHOW(send_to(fd, "hello", two.address()));
  say("far2: %s", two.take().c_str());
  two.answer("welcome");
  await(fd, POLLIN);
  show_from(fd);
}

CASE(a_bound_socket_hears_at_once) {
  const Port port = server_port(0);
  far::Datagrams peer;
  const int fd = udp();
  SHOW(bind_to(fd, any_end(port.inside)));
  show_local(fd);
  // Nothing tells when the module listens: so a first word of the program's own.
  SHOW(send_to(fd, "ready", peer.address()));
  say("far: %s", peer.take().c_str());
  peer.give_to(port, "knock");
  await(fd, POLLIN);
  show_from(fd);
}

// The port was in use until the module had sent the datagram, and closed the link.
CASE(a_port_is_free_as_soon_as_its_socket_is_closed) {
  far::Datagrams peer;
  const int first = udp();
  const Port port = server_port(0);
  SHOW(bind_to(first, any_end(port.inside)));
  SHOW(send_to(first, "one", peer.address()));
  SHOW(close(first));
  const int second = udp();
  SHOW(bind_to(second, any_end(port.inside)));
  SHOW(send_to(second, "two", peer.address()));
  say("far: %s", peer.take().c_str());
  say("far: %s", peer.take().c_str());
  peer.answer("for two");
  await(second, POLLIN);
  show_from(second);
}

CASE(binding_tells_its_port) {
  const Port port = server_port(0);
  const int fd = udp();
  show_local(fd);
  SHOW(bind_to(fd, any_end(0)));
  show_local(fd);
  SHOW(bind_to(fd, any_end(port.inside)));
  const int other = udp();
  SHOW(bind_to(other, any_end(port.inside)));
  const int third = udp();
  SHOW(bind_to(third, any_end(port.inside)));
  const int fourth = udp();
  SHOW(bind_to(fourth, ip4("198.51.100.1", 0)));
}

CASE(connecting_picks_a_local_address) {
  far::Datagrams peer;
  const int fd = udp();
  SHOW(connect_to(fd, peer.address()));
  show_local(fd);
}

CASE(boundaries_are_kept) {
  far::Datagrams peer;
  const int fd = udp();
  for (const char* word : {"one", "two", "three"}) SHOW(send_to(fd, word, peer.address()));
  for (int i = 0; i < 3; ++i) say("far: %s", peer.take().c_str());
  for (const char* word : {"four", "five", "six"}) peer.answer(word);
  for (int i = 0; i < 3; ++i) {
    await(fd, POLLIN);
    show_from(fd);
  }
}

CASE(empty_datagrams_are_received) {
  far::Datagrams peer;
  const int fd = udp();
  SHOW(send_to(fd, "hello", peer.address()));
  say("far: %s", peer.take().c_str());
  peer.answer("");
  peer.answer("not empty");
  await(fd, POLLIN);
  show_from(fd);
  show_receive(fd, 100, MSG_DONTWAIT);
}

CASE(empty_datagrams_are_sent) {
  far::Datagrams peer;
  const int fd = udp();
  SHOW(send_to(fd, "", peer.address()));
  SHOW(send_to(fd, "not empty", peer.address()));
  say("far: %s", peer.take().c_str());
}

CASE(the_largest_datagram_goes_through) {
  far::Datagrams peer;
  const int fd = udp();
  const std::string largest = pattern(1500);
  SHOW(send_to(fd, largest, peer.address()));
  say("far: %s", digest(peer.take()).c_str());
  peer.answer(largest);
  await(fd, POLLIN);
  show_from(fd);
}

CASE(a_datagram_above_1500_bytes) {
  far::Datagrams peer;
  const int fd = udp();
  SHOW(send_to(fd, pattern(1501), peer.address()));
  NEED(connect_to(fd, peer.address()));
  const std::string data = pattern(1501);
  SHOW(send(fd, data.data(), data.size(), 0));
  iovec parts[2] = {{const_cast<char*>(data.data()), 1000}, {const_cast<char*>(data.data()), 501}};
  msghdr message{};
  message.msg_iov = parts;
  message.msg_iovlen = 2;
  SHOW(sendmsg(fd, &message, 0));
}

CASE(a_datagram_above_1500_bytes_by_write) {
  far::Datagrams peer;
  const int fd = udp();
  NEED(connect_to(fd, peer.address()));
  const std::string data = pattern(1501);
  SHOW(write(fd, data.data(), data.size()));
  SHOW(send(fd, "next", 4, 0));
  say("far: %zu bytes", peer.take().size());
}

#ifndef A7600_LINKED  // liba7600 has no name for sendmmsg
CASE(a_datagram_above_1500_bytes_among_many) {
  far::Datagrams peer;
  const int fd = udp();
  const std::string data = pattern(1501);
  iovec parts[3] = {{const_cast<char*>("one"), 3},
                    {const_cast<char*>(data.data()), data.size()},
                    {const_cast<char*>("two"), 3}};
  mmsghdr messages[3] = {};
  for (int i = 0; i < 3; ++i) {
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  SHOW(sendmmsg(fd, messages, 3, 0));
  NEED(connect_to(fd, peer.address()));
  SHOW(sendmmsg(fd, messages, 3, 0));
  say("far: %s", peer.take().c_str());
}
#endif

CASE(a_datagram_above_the_protocols_limit) {
  far::Datagrams peer;
  const int fd = udp();
  SHOW(send_to(fd, pattern(65508), peer.address()));
  NEED(connect_to(fd, peer.address()));
  const std::string data = pattern(65508);
  SHOW(send(fd, data.data(), data.size(), 0));
  SHOW(write(fd, data.data(), data.size()));
}

CASE(a_small_room_cuts_the_datagram) {
  far::Datagrams peer;
  const int fd = udp();
  SHOW(send_to(fd, "hello", peer.address()));
  say("far: %s", peer.take().c_str());
  peer.answer("abcdefgh");
  peer.answer("ijklmnop");
  peer.answer("next");
  await(fd, POLLIN);
  show_from(fd, 3, MSG_PEEK);
  show_from(fd, 3);
  await(fd, POLLIN);
  show_from(fd, 3, MSG_TRUNC);
  await(fd, POLLIN);
  char room[3];
  iovec part{room, sizeof(room)};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  SHOW(recvmsg(fd, &message, 0));
  say("flags %x", static_cast<unsigned>(message.msg_flags));
}

CASE(fionread_tells_the_next_datagrams_size) {
  far::Datagrams peer;
  const int fd = udp();
  int bytes = -1;
  SHOW(::ioctl(fd, FIONREAD, &bytes));
  say("%d", bytes);
  SHOW(send_to(fd, "hello", peer.address()));
  say("far: %s", peer.take().c_str());
  peer.answer("12345");
  peer.answer("123");
  await(fd, POLLIN);
  pause_ms(100);
  SHOW(::ioctl(fd, FIONREAD, &bytes));
  say("%d", bytes);
}

CASE(messages_are_gathered_and_scattered) {
  far::Datagrams peer;
  const int fd = udp();
  Address to = peer.address();
  char first[] = "one ";
  char second[] = "datagram";
  iovec out[2] = {{first, 4}, {second, 8}};
  msghdr message{};
  message.msg_name = &to.storage;
  message.msg_namelen = to.length;
  message.msg_iov = out;
  message.msg_iovlen = 2;
  SHOW(sendmsg(fd, &message, 0));
  say("far: %s", peer.take().c_str());
  peer.answer("abcdefghij");
  await(fd, POLLIN);
  char left[5] = {};
  char right[20] = {};
  iovec in[2] = {{left, 4}, {right, 19}};
  Address from;
  message.msg_name = &from.storage;
  message.msg_namelen = sizeof(from.storage);
  message.msg_iov = in;
  SHOW(recvmsg(fd, &message, 0));
  from.length = message.msg_namelen;
  say("%s|%s from %s, flags %x", left, right, text(from).c_str(),
      static_cast<unsigned>(message.msg_flags));
}

#ifndef A7600_LINKED  // liba7600 has no name for these two
CASE(many_messages_at_once) {
  far::Datagrams peer;
  const int fd = udp();
  Address to = peer.address();
  constexpr unsigned kCount = 4;
  mmsghdr messages[kCount] = {};
  iovec parts[kCount];
  char texts[kCount][16];
  for (unsigned i = 0; i < kCount; ++i) {
    std::snprintf(texts[i], sizeof(texts[i]), "number %u", i);
    parts[i] = {texts[i], std::strlen(texts[i])};
    messages[i].msg_hdr.msg_name = &to.storage;
    messages[i].msg_hdr.msg_namelen = to.length;
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  SHOW(sendmmsg(fd, messages, kCount, 0));
  for (unsigned i = 0; i < kCount; ++i) {
    say("%u sent; far: %s", messages[i].msg_len, peer.take().c_str());
  }
  for (unsigned i = 0; i < 3; ++i) peer.answer("answer " + std::to_string(i));
  await(fd, POLLIN);
  pause_ms(150);  // all three
  Address from[kCount];
  for (unsigned i = 0; i < kCount; ++i) {
    parts[i].iov_len = sizeof(texts[i]);
    std::memset(texts[i], 0, sizeof(texts[i]));
    messages[i].msg_hdr.msg_name = &from[i].storage;
    messages[i].msg_hdr.msg_namelen = sizeof(from[i].storage);
  }
  const int got = recvmmsg(fd, messages, kCount, MSG_WAITFORONE, nullptr);
  say("recvmmsg: %d", got);
  for (int i = 0; i < got; ++i) {
    from[i].length = messages[i].msg_hdr.msg_namelen;
    say("%u bytes, %s, from %s", messages[i].msg_len, texts[i], text(from[i]).c_str());
  }
  SHOW(recvmmsg(fd, messages, kCount, MSG_DONTWAIT, nullptr));
}

CASE(waiting_for_many_messages_ends) {
  const int fd = udp();
  const timeval timeout{0, 20000};
  NEED(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
  char text[16];
  iovec part{text, sizeof(text)};
  mmsghdr message{};
  message.msg_hdr.msg_iov = &part;
  message.msg_hdr.msg_iovlen = 1;
  timespec short_time{0, 20000000};
  SHOW(recvmmsg(fd, &message, 1, 0, &short_time));
}

// The sender's name was that of a socket of ours when a time-out was given.
CASE(messages_within_a_time) {
  far::Datagrams peer;
  const int fd = udp();
  SHOW(send_to(fd, "here I am", peer.address()));
  say("far: %s", peer.take().c_str());
  constexpr unsigned kCount = 3;
  mmsghdr messages[kCount] = {};
  iovec parts[kCount];
  char texts[kCount][16] = {};
  Address from[kCount];
  for (unsigned i = 0; i < kCount; ++i) {
    parts[i] = {texts[i], sizeof(texts[i])};
    messages[i].msg_hdr.msg_name = &from[i].storage;
    messages[i].msg_hdr.msg_namelen = sizeof(from[i].storage);
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const auto receive = [&](unsigned count, timespec time) {
    const int got = recvmmsg(fd, messages, count, 0, &time);
    say("recvmmsg: %d, time left: %d", got, time.tv_sec > 0 || time.tv_nsec > 0);
    for (int i = 0; i < got; ++i) {
      from[i].length = messages[i].msg_hdr.msg_namelen;
      say("%u bytes, %s, from %s", messages[i].msg_len, texts[i], text(from[i]).c_str());
    }
  };
  peer.answer("one");
  peer.answer("two");
  receive(2, {10, 0});
  peer.answer("three");
  receive(kCount, {0, 1});
  timespec wrong{0, -1};
  SHOW(recvmmsg(fd, messages, kCount, 0, &wrong));
}
#endif

CASE(nothing_to_read_is_eagain) {
  const int fd = udp(SOCK_NONBLOCK);
  show_receive(fd);
  char byte = 0;
  SHOW(read(fd, &byte, 1));
  const int waiting = udp();
  show_receive(waiting, 10, MSG_DONTWAIT);
  const timeval timeout{0, 20000};
  NEED(setsockopt(waiting, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
  show_receive(waiting);
  show_from(waiting);
}

CASE(nowhere_to_send_is_an_error) {
  const int fd = udp();
  SHOW(send(fd, "x", 1, 0));
  msghdr message{};
  iovec part{const_cast<char*>("x"), 1};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  SHOW(sendmsg(fd, &message, 0));
  far::Datagrams peer;
  const Address to = peer.address();
  SHOW(sendto(fd, "x", 1, 0, to.get(), 4));
  SHOW(sendto(fd, "x", 1, 0, to.get(), 0));
  SHOW(send_to(fd, "x", far_end(0)));
  SHOW(send_to(fd, "x", ip4("255.255.255.255", 9)));
  Address unix_one;
  unix_one.storage.ss_family = AF_UNIX;
  unix_one.length = 16;
  SHOW(send_to(fd, "x", unix_one));
}

CASE(nowhere_to_write_is_an_error) {
  const int fd = udp();
  SHOW(write(fd, "x", 1));
}

CASE(a_datagram_socket_is_no_listener) {
  const int fd = udp();
  SHOW(listen(fd, 1));
  SHOW(accept(fd, nullptr, nullptr));
  SHOW(shutdown(fd, SHUT_RD));
  say("SO_ACCEPTCONN: %s", get_int(fd, SOL_SOCKET, SO_ACCEPTCONN).c_str());
  say("type %s, domain %s, protocol %s", get_int(fd, SOL_SOCKET, SO_TYPE).c_str(),
      get_int(fd, SOL_SOCKET, SO_DOMAIN).c_str(), get_int(fd, SOL_SOCKET, SO_PROTOCOL).c_str());
}

CASE(a_shut_connected_socket_ends) {
  far::Datagrams peer;
  const int fd = udp();
  NEED(connect_to(fd, peer.address()));
  SHOW(shutdown(fd, SHUT_RD));
  look("shut for reading", fd);
  show_receive(fd);
  SHOW(send(fd, "still", 5, 0));
  say("far: %s", peer.take().c_str());
  SHOW(shutdown(fd, SHUT_WR));
  look("shut", fd);
  SHOW(send(fd, "more", 4, MSG_NOSIGNAL));
}

CASE(a_closed_port_is_told_to_connected_sockets) {
  far::Datagrams peer;
  const int fd = udp();
  NEED(connect_to(fd, peer.address()));
  peer.end();
  SHOW(send(fd, "anybody?", 8, 0));
  pause_ms(100);
  show_receive(fd, 10, MSG_DONTWAIT);
}

CASE(out_of_band_means_nothing_to_datagrams) {
  far::Datagrams peer;
  const int fd = udp();
  NEED(connect_to(fd, peer.address()));
  SHOW(send(fd, "x", 1, MSG_OOB));
}

CASE(many_datagrams_in_a_row_arrive) {
  far::Datagrams peer;
  const int fd = udp();
  constexpr int kCount = 40;
  for (int i = 0; i < kCount; ++i) {
    const std::string word = "number " + std::to_string(i);
    NEED(send_to(fd, word, peer.address()));
  }
  int in_order = 0;
  for (int i = 0; i < kCount; ++i) in_order += peer.take() == "number " + std::to_string(i);
  say("in order: %d", in_order);
  for (int i = 0; i < kCount; ++i) peer.answer("answer " + std::to_string(i));
  pause_ms(300);  // while nobody reads
  in_order = 0;
  for (int i = 0; i < kCount; ++i) {
    await(fd, POLLIN);
    in_order += receive(fd) == "answer " + std::to_string(i);
  }
  say("in order: %d", in_order);
}

}  // namespace
