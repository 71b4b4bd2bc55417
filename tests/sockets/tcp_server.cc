// SPDX-License-Identifier: MIT
//
// TCP servers of the program's: bind, listen and accept, and how a listener ends.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/address.h"
#include "support/case.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

sockaddr* raw(Address& address) {
  address.length = sizeof(address.storage);
  return reinterpret_cast<sockaddr*>(&address.storage);
}

CASE(a_client_is_accepted) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  look("idle", listener);
  show_local(listener);
  show_peer(listener);
  far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  look("a client waits", listener);
  Address from;
  const int fd = accept(listener, raw(from), &from.length);
  say("accepted: %d, from %s", fd >= 0, text(from).c_str());
  look("accepted", fd);
  show_local(fd);
  show_peer(fd);
  client.give("hello");
  await(fd, POLLIN);
  show_receive(fd);
  SHOW(send_text(fd, "welcome"));
  say("far: %s", client.take_all(7).c_str());
  close(fd);
  say("far: %s", client.take().c_str());
}

CASE(flags_of_an_accepted_socket_are_as_asked) {
  const Port port = server_port(0);
  const int listener = listen_on(port, 16, SOCK_NONBLOCK | SOCK_CLOEXEC);
  const auto show_next = [&](const char* how, auto take) {
    const far::Stream client = far::connect_to(port);
    await(listener, POLLIN);
    const int fd = take();
    say("%s: cloexec %d, nonblock %d", how, ::fcntl(fd, F_GETFD) & FD_CLOEXEC,
        (::fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
    close(fd);
  };
  show_next("accept", [&] { return accept(listener, nullptr, nullptr); });
  show_next("accept4 0", [&] { return accept4(listener, nullptr, nullptr, 0); });
  show_next("accept4 NONBLOCK", [&] { return accept4(listener, nullptr, nullptr, SOCK_NONBLOCK); });
  show_next("accept4 CLOEXEC", [&] { return accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); });
  SHOW(accept4(listener, nullptr, nullptr, 0x4000));
}

CASE(an_accepted_socket_inherits_options) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  NEED(set_int(listener, IPPROTO_TCP, 1 /* TCP_NODELAY */, 1));
  NEED(set_int(listener, SOL_SOCKET, SO_KEEPALIVE, 1));
  const timeval timeout{0, 20000};
  NEED(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
  const far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  const int fd = accept(listener, nullptr, nullptr);
  say("TCP_NODELAY %s, SO_KEEPALIVE %s, SO_REUSEADDR %s, SO_ACCEPTCONN %s",
      get_int(fd, IPPROTO_TCP, 1).c_str(), get_int(fd, SOL_SOCKET, SO_KEEPALIVE).c_str(),
      get_int(fd, SOL_SOCKET, SO_REUSEADDR).c_str(),
      get_int(fd, SOL_SOCKET, SO_ACCEPTCONN).c_str());
  show_receive(fd);  // by the inherited time-out
}

CASE(nobody_to_accept_is_eagain) {
  const Port port = server_port(0);
  const int listener = listen_on(port, 16, SOCK_NONBLOCK);
  SHOW(accept(listener, nullptr, nullptr));
  SHOW(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
}

CASE(accept_waits_no_longer_than_its_timeout) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  const timeval timeout{0, 20000};
  NEED(setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
  SHOW(accept(listener, nullptr, nullptr));
}

CASE(an_address_is_cut_to_the_room_for_it) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  const far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  char room[32] = {};
  socklen_t length = 4;
  const int fd = accept(listener, reinterpret_cast<sockaddr*>(room), &length);
  say("accepted %d, length %u, family %d", fd >= 0, length, room[0]);
  length = 0;
  SHOW(getpeername(fd, reinterpret_cast<sockaddr*>(room), &length));
  say("length %u", length);
  length = 100;
  SHOW(getsockname(fd, reinterpret_cast<sockaddr*>(room), &length));
  say("length %u", length);
  length = static_cast<socklen_t>(-1);
  SHOW(getsockname(fd, reinterpret_cast<sockaddr*>(room), &length));
  SHOW(getpeername(fd, reinterpret_cast<sockaddr*>(room), &length));
  const far::Stream other = far::connect_to(port);
  await(listener, POLLIN);
  SHOW(accept(listener, reinterpret_cast<sockaddr*>(room), &length));
}

CASE(clients_queue_before_they_are_accepted) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  std::vector<far::Stream> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(far::connect_to(port));
    clients.back().give("client " + std::to_string(i));
  }
  for (int i = 0; i < 3; ++i) {
    const int fd = accept(listener, nullptr, nullptr);
    await(fd, POLLIN);
    show_receive(fd);
    close(fd);
  }
  look("none left", listener);
}

CASE(a_client_that_has_gone_is_accepted_with_its_words) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  far::Stream client = far::connect_to(port);
  client.give("gone");
  client.end();
  await(listener, POLLIN);
  const int fd = accept(listener, nullptr, nullptr);
  await(fd, POLLIN | POLLRDHUP);
  show_receive(fd);
  show_receive(fd);
}

CASE(a_picked_port_is_told_and_reached) {
  const int listener = tcp();
  SHOW(bind_to(listener, any_end(0)));
  show_local(listener);
  SHOW(listen(listener, 4));
  Address name;
  SHOW(getsockname(listener, raw(name), &name.length));
  const int client = tcp();
  SHOW(connect_to(client, own_end(port_of(name))));
  const int fd = accept(listener, nullptr, nullptr);
  SHOW(send_text(client, "to myself"));
  await(fd, POLLIN);
  show_receive(fd);
}

CASE(a_listener_without_bind_gets_a_port) {
  const int listener = tcp();
  SHOW(listen(listener, 4));
  show_local(listener);
  say("SO_ACCEPTCONN: %s", get_int(listener, SOL_SOCKET, SO_ACCEPTCONN).c_str());
}

CASE(listening_twice_is_allowed) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  SHOW(listen(listener, 2));
  SHOW(listen(listener, -1));
  const far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  say("accepted: %d", accept(listener, nullptr, nullptr) >= 0);
}

CASE(binding_twice_is_not) {
  const int fd = tcp();
  SHOW(bind_to(fd, any_end(server_port(0).inside)));
  SHOW(bind_to(fd, any_end(server_port(1).inside)));
  show_local(fd);
}

CASE(a_port_that_is_listened_on_is_in_use) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  const int other = tcp();
  SHOW(bind_to(other, any_end(port.inside)));
  SHOW(bind_to(other, own_end(port.inside)));
  NEED(set_int(other, SOL_SOCKET, SO_REUSEADDR, 1));
  SHOW(bind_to(other, any_end(port.inside)));
  close(listener);
  SHOW(bind_to(other, any_end(port.inside)));
  SHOW(listen(other, 4));
  const far::Stream client = far::connect_to(port);
  await(other, POLLIN);
}

CASE(a_bound_port_is_in_use_for_others) {
  const Port port = server_port(0);
  const int first = tcp();
  SHOW(bind_to(first, any_end(port.inside)));
  const int second = tcp();
  SHOW(bind_to(second, any_end(port.inside)));
  const int third = tcp();
  NEED(set_int(first, SOL_SOCKET, SO_REUSEADDR, 1));
  NEED(set_int(third, SOL_SOCKET, SO_REUSEADDR, 1));
  SHOW(bind_to(third, any_end(port.inside)));
  SHOW(listen(first, 4));
  SHOW(listen(third, 4));
}

CASE(a_port_is_free_again_at_once_with_reuseaddr) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  const int fd = accept(listener, nullptr, nullptr);
  close(fd);  // the side that closes first keeps the port for a while
  say("far: %s", client.take().c_str());
  client.end();
  close(listener);
  const int again = listen_on(port);
  const far::Stream second = far::connect_to(port);
  await(again, POLLIN);
  say("accepted: %d", accept(again, nullptr, nullptr) >= 0);
}

CASE(children_outlive_their_listener) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  const int fd = accept(listener, nullptr, nullptr);
  SHOW(close(listener));
  client.give("still there?");
  await(fd, POLLIN);
  show_receive(fd);
  SHOW(send_text(fd, "yes"));
  say("far: %s", client.take_all(3).c_str());
  const int again = listen_on(port);
  const far::Stream other = far::connect_to(port);
  await(again, POLLIN);
  say("accepted: %d", accept(again, nullptr, nullptr) >= 0);
  SHOW(send_text(fd, "both"));
  say("far: %s", client.take_all(4).c_str());
}

CASE(nobody_gets_in_when_the_listener_has_closed) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  say("far connects: %s", errno_name(far::try_to_connect(port)).c_str());
  await(listener, POLLIN);
  close(accept(listener, nullptr, nullptr));
  close(listener);
  // Over the modem the server ends a little later, on a busy machine more so.
  int error = 0;
  for (int i = 0; i < 50 && error == 0; ++i) {
    pause_ms(100);
    error = far::try_to_connect(port);
  }
  say("far connects: %s", errno_name(error).c_str());
}

CASE(shutting_a_listener_down_ends_it) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  std::thread waiting([&] { SHOW(accept(listener, nullptr, nullptr)); });
  pause_ms(50);  // until it sleeps in accept, most likely
  const int result = shutdown(listener, SHUT_RDWR);
  waiting.join();
  say("shutdown: %d", result);
  SHOW(accept(listener, nullptr, nullptr));
  say("SO_ACCEPTCONN: %s", get_int(listener, SOL_SOCKET, SO_ACCEPTCONN).c_str());
  pause_ms(100);
  say("far connects: %s", errno_name(far::try_to_connect(port)).c_str());
}

CASE(a_listener_that_was_shut_down_listens_again) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  SHOW(shutdown(listener, SHUT_RD));
  look("shut down", listener);
  SHOW(listen(listener, 4));
  const far::Stream client = far::connect_to(port);
  await(listener, POLLIN);
  say("accepted: %d", accept(listener, nullptr, nullptr) >= 0);
}

CASE(four_ports_are_served_at_once) {
  int listeners[4];
  for (int i = 0; i < 4; ++i) listeners[i] = listen_on(server_port(i));
  for (int i = 3; i >= 0; --i) {
    const far::Stream client = far::connect_to(server_port(i));
    await(listeners[i], POLLIN);
    const int fd = accept(listeners[i], nullptr, nullptr);
    show_local(fd);
    close(fd);
  }
}

CASE(a_fifth_port_is_served_too) {
  for (int i = 0; i < 4; ++i) listen_on(server_port(i));
  const int fd = tcp();
  NEED(bind_to(fd, any_end(server_port(4).inside)));
  SHOW(listen(fd, 4));
}

CASE(two_listeners_share_a_port_with_reuseport) {
  const Port port = server_port(0);
  for (int i = 0; i < 2; ++i) {
    const int fd = tcp();
    NEED(set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1));
    SHOW(bind_to(fd, any_end(port.inside)));
    SHOW(listen(fd, 4));
  }
}

CASE(threads_accept_each_client_once) {
  constexpr int kClients = 6;
  const Port port = server_port(0);
  const int listener = listen_on(port);
  std::atomic<int> accepted{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < kClients / 3; ++j) {
        const int fd = accept(listener, nullptr, nullptr);
        if (fd < 0) return;
        ++accepted;
        send_text(fd, "in");
      }
    });
  }
  std::vector<far::Stream> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(far::connect_to(port));
    say("far: %s", clients.back().take_all(2).c_str());
  }
  for (std::thread& thread : threads) thread.join();
  say("accepted: %d", accepted.load());
}

CASE(processes_accept_each_client_once) {
  constexpr int kClients = 6;
  const Port port = server_port(0);
  const int listener = listen_on(port);
  for (int i = 0; i < 3; ++i) {
    if (NEED(::fork()) != 0) continue;
    for (int j = 0; j < kClients / 3; ++j) {
      const int fd = accept(listener, nullptr, nullptr);
      if (fd < 0) ::_exit(1);
      send_text(fd, "in");
      close(fd);
    }
    ::_exit(0);
  }
  std::vector<far::Stream> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.push_back(far::connect_to(port));
    say("far: %s", clients.back().take_all(2).c_str());
  }
  for (int i = 0; i < 3; ++i) {
    int status = 0;
    ::wait(&status);
    say("child: %d", status);
  }
}

}  // namespace
