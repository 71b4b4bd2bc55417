// SPDX-License-Identifier: MIT
//
// TCP connections that the program makes: how they begin, carry bytes and end.
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/address.h"
#include "support/case.h"
#include "support/connected.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

CASE(bytes_go_both_ways) {
  Connected c;
  SHOW(send_text(c.fd, "ping"));
  say("far: %s", c.peer.take_all(4).c_str());
  c.peer.give("pong");
  await(c.fd, POLLIN);
  show_receive(c.fd);
  show_local(c.fd);
  show_peer(c.fd);
  show_error(c.fd);
  SHOW(close(c.fd));
  say("far: %s", c.peer.take().c_str());
}

CASE(a_socket_says_what_it_is) {
  const int fd = tcp();
  say("type %s, domain %s, protocol %s, listens %s", get_int(fd, SOL_SOCKET, SO_TYPE).c_str(),
      get_int(fd, SOL_SOCKET, SO_DOMAIN).c_str(), get_int(fd, SOL_SOCKET, SO_PROTOCOL).c_str(),
      get_int(fd, SOL_SOCKET, SO_ACCEPTCONN).c_str());
  show_local(fd);
  show_peer(fd);
  show_error(fd);
}

CASE(flags_of_a_new_socket_are_as_asked) {
  static constexpr int kFlags[] = {0, SOCK_CLOEXEC, SOCK_NONBLOCK, SOCK_CLOEXEC | SOCK_NONBLOCK};
  for (const int flags : kFlags) {
    const int fd = tcp(flags);
    say("cloexec %d, nonblock %d", ::fcntl(fd, F_GETFD) & FD_CLOEXEC,
        (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    close(fd);
  }
}

CASE(a_refused_connect_says_so_once) {
  const int fd = tcp();
  SHOW(connect_to(fd, far::refusing()));
  show_error(fd);
  show_peer(fd);
}

CASE(a_refused_connect_without_blocking_is_told_by_so_error_once) {
  const int fd = tcp(SOCK_NONBLOCK);
  SHOW(connect_to(fd, far::refusing()));
  await(fd, POLLOUT | POLLERR | POLLHUP | POLLIN | POLLRDHUP);
  look("refused", fd);
  show_error(fd);
  show_error(fd);
}

CASE(a_refused_connect_without_blocking_is_told_by_a_second_connect) {
  const int fd = tcp(SOCK_NONBLOCK);
  const Address address = far::refusing();
  SHOW(connect_to(fd, address));
  await(fd, POLLOUT | POLLHUP);
  SHOW(connect_to(fd, address));
  show_error(fd);
}

CASE(a_refused_socket_connects_when_tried_again) {
  const int fd = tcp();
  const Address address = far::refusing();
  SHOW(connect_to(fd, address));
  SHOW(connect_to(fd, address));
  far::listen_at_refusing();
  SHOW(connect_to(fd, address));
  far::Stream peer = far::accept_at_refusing();
  SHOW(send_text(fd, "at last"));
  say("far: %s", peer.take_all(7).c_str());
  look("connected", fd);
}

CASE(a_refused_socket_connects_when_tried_again_without_blocking) {
  const int fd = tcp(SOCK_NONBLOCK);
  const Address address = far::refusing();
  SHOW(connect_to(fd, address));
  await(fd, POLLOUT | POLLHUP);
  show_error(fd);
  far::listen_at_refusing();
  SHOW(connect_to(fd, address));  // the refusal again, though SO_ERROR has told it
  SHOW(connect_to(fd, address));
  await(fd, POLLOUT);
  show_error(fd);
  SHOW(connect_to(fd, address));
  SHOW(connect_to(fd, address));
  far::Stream peer = far::accept_at_refusing();
  SHOW(send_text(fd, "at last"));
  say("far: %s", peer.take_all(7).c_str());
}

CASE(an_options_value_outlives_a_refusal) {
  const int fd = tcp();
  NEED(set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1));
  SHOW(connect_to(fd, far::refusing()));
  far::Listener listener;
  SHOW(connect_to(fd, listener.address()));
  say("SO_KEEPALIVE: %s", get_int(fd, SOL_SOCKET, SO_KEEPALIVE).c_str());
}

CASE(a_connected_socket_does_not_connect_again) {
  Connected c;
  SHOW(connect_to(c.fd, c.listener.address()));
  far::Listener other;
  SHOW(connect_to(c.fd, other.address()));
  SHOW(listen(c.fd, 4));
  SHOW(bind_to(c.fd, any_end(0)));
}

CASE(a_bound_port_is_kept_by_connect) {
  const Port port = server_port(0);
  const int fd = tcp();
  SHOW(bind_to(fd, any_end(port.inside)));
  show_local(fd);
  far::Listener listener;
  SHOW(connect_to(fd, listener.address()));
  show_local(fd);
}

CASE(the_peers_end_is_shown) {
  Connected c;
  c.peer.give("last");
  c.peer.end();
  await(c.fd, POLLIN | POLLRDHUP);
  look("data and end", c.fd);
  show_receive(c.fd);
  show_receive(c.fd);
  show_receive(c.fd);
  look("end", c.fd);
  show_error(c.fd);
  show_peer(c.fd);
}

CASE(a_write_behind_the_peers_end_is_answered_by_a_reset) {
  Connected c;
  c.peer.end();
  await(c.fd, POLLRDHUP);
  SHOW(send_text(c.fd, "too late"));
  await(c.fd, POLLHUP | POLLERR);
  look("reset", c.fd);
  SHOW(send_text(c.fd, "again"));
  show_receive(c.fd);
}

CASE(a_write_behind_the_peers_end_leaves_an_error) {
  Connected c;
  c.peer.end();
  await(c.fd, POLLRDHUP);
  SHOW(send_text(c.fd, "too late"));
  await(c.fd, POLLHUP | POLLERR);
  show_error(c.fd);
  show_error(c.fd);
  SHOW(send_text(c.fd, "again"));
  show_receive(c.fd);
}

CASE(a_reset_by_the_peer_is_told_once) {
  Connected c;
  c.peer.reset();
  await(c.fd, POLLIN | POLLRDHUP);
  pause_ms(50);
  look("reset", c.fd);
  show_receive(c.fd);
  show_receive(c.fd);
  SHOW(send_text(c.fd, "again"));
}

CASE(the_peers_half_close_leaves_the_other_half_open) {
  Connected c;
  c.peer.half_end();
  await(c.fd, POLLIN | POLLRDHUP);
  look("the peer has ended its half", c.fd);
  show_receive(c.fd);
  SHOW(send_text(c.fd, "still here"));
  say("far: %s", c.peer.take_all(10).c_str());
}

CASE(a_half_closed_socket_sends_no_more_and_reads_on) {
  Connected c;
  SHOW(send_text(c.fd, "request"));
  SHOW(shutdown(c.fd, SHUT_WR));
  look("half closed", c.fd);
  SHOW(send_text(c.fd, "more"));
  say("far: %s", c.peer.take_all(7).c_str());
  c.peer.give("answer");
  await(c.fd, POLLIN);
  show_receive(c.fd);
  c.peer.end();
  await(c.fd, POLLHUP);
  look("both halves closed", c.fd);
  show_receive(c.fd);
}

CASE(the_peer_sees_the_end_of_a_half_closed_socket) {
  Connected c;
  SHOW(shutdown(c.fd, SHUT_WR));
  say("far: %s", c.peer.take(16, 300).c_str());
  close(c.fd);
  say("far: %s", c.peer.take(16).c_str());
}

CASE(a_socket_shut_for_reading_is_at_its_end) {
  Connected c;
  SHOW(shutdown(c.fd, SHUT_RD));
  look("shut for reading", c.fd);
  show_receive(c.fd);
  SHOW(send_text(c.fd, "still"));
  say("far: %s", c.peer.take_all(5).c_str());
}

CASE(a_socket_shut_both_ways_is_hung_up) {
  Connected c;
  SHOW(send_text(c.fd, "bye"));
  SHOW(shutdown(c.fd, SHUT_RDWR));
  await(c.fd, POLLHUP);
  look("shut", c.fd);
  show_receive(c.fd);
  SHOW(send_text(c.fd, "more"));
  say("far: %s", c.peer.take_all(3).c_str());
  say("far: %s", c.peer.take().c_str());
}

CASE(a_shutdown_needs_a_connection) {
  const int fd = tcp();
  static constexpr int kHow[] = {SHUT_RD, SHUT_WR, SHUT_RDWR, 7};
  for (const int how : kHow) SHOW(shutdown(fd, how));
  Connected c;
  SHOW(shutdown(c.fd, 7));
  SHOW(shutdown(c.fd, -1));
  SHOW(shutdown(c.fd, SHUT_WR));
  SHOW(shutdown(c.fd, SHUT_WR));
  SHOW(shutdown(c.fd, SHUT_RD));
}

CASE(what_was_written_before_close_arrives) {
  Connected c;
  const std::string all = pattern(20000);
  say("sent: %ld", send_text(c.fd, all));
  close(c.fd);
  const std::string got = c.peer.take_all(all.size());
  say("far: %s", digest(got).c_str());
  say("far: %s", c.peer.take().c_str());
}

CASE(a_socket_closed_with_data_unread_resets) {
  Connected c;
  c.peer.give("never read");
  await(c.fd, POLLIN);
  close(c.fd);
  say("far: %s", c.peer.take().c_str());
}

CASE(a_large_write_is_taken_whole) {
  Connected c;
  const std::string all = pattern(100000);
  std::string got;
  // The far side reads only afterwards: both sides' buffers hold less than that of the modem.
  set_nonblocking(c.fd);
  std::size_t sent = 0;
  while (sent < all.size()) {
    const ssize_t now = send(c.fd, all.data() + sent, all.size() - sent, MSG_NOSIGNAL);
    if (now > 0) {
      sent += static_cast<std::size_t>(now);
    } else {
      got += c.peer.take();
    }
  }
  got += c.peer.take_all(all.size() - got.size());
  say("far: %s", digest(got).c_str());
}

CASE(a_large_answer_arrives_whole) {
  Connected c;
  const std::string all = pattern(100000);
  c.peer.give(all);
  c.peer.end();
  std::string got;
  for (std::string piece; (piece = receive(c.fd, 7000)) != "(end)";) got += piece;
  say("received: %s", digest(got).c_str());
}

CASE(a_write_to_a_full_socket_says_so) {
  Connected c;
  set_nonblocking(c.fd);
  const std::string piece = pattern(65536);
  while (send(c.fd, piece.data(), piece.size(), MSG_NOSIGNAL) > 0 ||
         (pause_ms(20), send(c.fd, piece.data(), piece.size(), MSG_NOSIGNAL)) > 0) {
  }
  say("full: %s", errno_name(errno).c_str());
  look("full", c.fd);
  while (c.peer.take(65536, 200) != "(nothing)") {
  }
  await(c.fd, POLLOUT);
  look("room again", c.fd);
}

}  // namespace
