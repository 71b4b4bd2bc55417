// SPDX-License-Identifier: MIT
#include "servers.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "sockets.h"

namespace a7600::sim {
namespace {

// Bound to loopback, not listening. Empty if the port is taken.
UniqueFd bind_socket(int type, Ipv4 ip, std::uint16_t port) {
  UniqueFd fd = open_socket(type);
  const int on = 1;
  if (type == SOCK_STREAM) ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = to_sockaddr({ip, port});
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fd.reset();
  }
  return fd;
}

constexpr Ipv4 kLoopback{0x7f000001};

}  // namespace

Servers::Server::Server(Loop& loop, Servers& all, int index)
    : watch(loop,
            [this, &all](std::uint32_t) {
              if (!arrival.armed()) arrival.after(all.options_.net_latency);
            }),
      arrival(loop, [this, &all, index] {
        ready = true;
        all.take(index);
      }) {}

Servers::Servers(Loop& loop, const Options& options, ServersUser& user)
    : loop_(loop), options_(options), user_(user) {
  for (int i = 0; i < kServers; ++i) {
    servers_[static_cast<std::size_t>(i)] = std::make_unique<Server>(loop_, *this, i);
  }
  for (const ListenRule& rule : options.listens) {
    if (!add_port(rule)) {
      throw std::system_error(errno, std::generic_category(),
                              "--listen-map: port " + std::to_string(rule.real_port));
    }
  }
}

bool Servers::add_port(ListenRule rule) {
  UniqueFd fd = bind_socket(SOCK_STREAM, kLoopback, rule.real_port);
  if (fd && rule.real_port == 0) {
    // A port that the kernel has chosen is given up when a listener on it is shut down; one that is
    // asked for by number is kept (inet_bind's SOCK_BINDPORT_LOCK). So ask for it by number.
    rule.real_port = local_end(fd.get()).port;
    fd = bind_socket(SOCK_STREAM, kLoopback, rule.real_port);
  }
  if (!fd) return false;
  ports_.push_back(rule);
  sockets_.push_back(std::move(fd));
  return true;
}

std::uint16_t Servers::real_port(std::uint16_t port) const {
  for (const auto& server : servers_) {
    if (server->started && server->port == port && server->listener >= 0) {
      return local_end(server->listener).port;
    }
  }
  return 0;
}

Err Servers::start(int server, std::uint16_t port, int backlog) {
  for (const auto& other : servers_) {
    if (other->started && other->port == port) return Err::kBindFailed;
  }
  Server& it = *servers_[static_cast<std::size_t>(server)];
  for (std::size_t i = 0; i < ports_.size(); ++i) {
    if (ports_[i].port == port) it.listener = sockets_[i].get();
  }
  // The module's own connections to itself need a way in, too.
  if (it.listener < 0 && options_.hairpin) {
    it.own = bind_socket(SOCK_STREAM, kLoopback, 0);
    it.listener = it.own.get();
  }
  it.started = true;
  it.port = port;
  if (it.listener < 0) return Err::kSucceeded;
  if (::listen(it.listener, backlog) != 0) {
    stop(server);
    return Err::kBindFailed;
  }
  it.watch.start(it.listener, EPOLLIN | EPOLLET);
  return Err::kSucceeded;
}

// A listener that is shut down keeps its port, and its waiting clients are reset.
void Servers::stop(int server) {
  Server& it = *servers_[static_cast<std::size_t>(server)];
  it.watch.stop();
  it.arrival.cancel();
  if (it.listener >= 0) ::shutdown(it.listener, SHUT_RDWR);
  it.own.reset();
  it.listener = -1;
  it.started = false;
  it.ready = false;
}

void Servers::stop_all() {
  for (int i = 0; i < kServers; ++i) stop(i);
}

UniqueFd Servers::bind_udp(std::uint16_t port, bool any_address) {
  std::uint16_t real = 0;
  for (const ListenRule& rule : ports_) {
    if (rule.port == port && port != 0) real = rule.real_port;
  }
  return bind_socket(SOCK_DGRAM, any_address ? Ipv4{INADDR_ANY} : kLoopback, real);
}

void Servers::take(int index) {
  Server& it = *servers_[static_cast<std::size_t>(index)];
  while (it.ready && user_.can_take(index)) {
    UniqueFd fd(::accept4(it.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd) {
      user_.take_client(index, it.port, std::move(fd));
    } else if (errno != ECONNABORTED && errno != EINTR) {
      it.ready = false;
    }
  }
}

void Servers::go_on() {
  for (int i = 0; i < kServers; ++i) {
    if (servers_[static_cast<std::size_t>(i)]->ready) take(i);
  }
}

}  // namespace a7600::sim
