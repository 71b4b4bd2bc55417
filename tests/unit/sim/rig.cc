// SPDX-License-Identifier: MIT
#include "rig.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cerrno>
#include <utility>

#include "sockets.h"

namespace a7600::sim {
namespace {

std::string_view require_known(Faults& faults, std::string_view specs) {
  const auto reason = faults.set(specs);
  INFO(reason.value_or(""));
  REQUIRE_FALSE(reason);
  return specs;
}

UniqueFd listen_on_loopback() {
  UniqueFd fd = open_socket(SOCK_STREAM);
  const sockaddr_in address = to_sockaddr({Ipv4{0x7f000001}, 0});
  REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(fd.get(), 64) == 0);
  return fd;
}

}  // namespace

std::string bars(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 2) == "\r\n") {
      result += '|';
      ++i;
    } else {
      result += text[i];
    }
  }
  return result;
}

Rig::Rig(Options rig_options, std::string_view specs)
    : options(std::move(rig_options)),
      log(loop, options.log),
      router(options),
      faults(options.seed, log),
      pty((require_known(faults, specs), options.link)),
      modem(loop, options, *find_profile(options.profile), router, pty, faults, log) {
  open_port();
}

void Rig::open_port() {
  for (std::size_t i = 0; i < modem.channels().size(); ++i) {
    const char* name = modem.channels()[i]->pty.name().c_str();
    hosts_[i].port.reset(::open(name, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    REQUIRE(hosts_[i].port);
  }
}

void Rig::give_up(const std::string& what) {
  FAIL("waited in vain for " << what << "; so far: " << printable(host_->read));
  throw std::logic_error("unreachable");
}

void Rig::turn() {
  loop.turn(Milliseconds(1));
  read();
}

void Rig::read() {
  std::array<char, 65536> bytes;
  for (Host& host : hosts_) {
    if (!host.port) continue;
    const ssize_t got = ::read(host.port.get(), bytes.data(), bytes.size());
    if (got > 0) host.read.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

void Rig::type(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(host_->port.get(), bytes.data(), bytes.size());
    if (written > 0) bytes.remove_prefix(static_cast<std::size_t>(written));
    if (!bytes.empty()) turn();
  }
}

std::string Rig::until(std::string_view text) {
  const Time end = Clock::now() + std::chrono::seconds(30);
  while (true) {
    const std::size_t at = host_->read.find(text);
    if (at != std::string::npos) {
      std::string taken = host_->read.substr(0, at + text.size());
      host_->read.erase(0, at + text.size());
      return taken;
    }
    if (Clock::now() > end) give_up(printable(text));
    turn();
  }
}

std::string Rig::take(std::size_t size) {
  run_until([&] { return host_->read.size() >= size; });
  std::string taken = host_->read.substr(0, size);
  host_->read.erase(0, size);
  return taken;
}

std::string Rig::command(std::string_view text) {
  type(std::string(text) + "\r");
  const Time end = Clock::now() + std::chrono::seconds(30);
  while (true) {
    for (const std::string_view final : {"\r\nOK\r\n", "\r\nERROR\r\n"}) {
      if (host_->read.find(final) != std::string::npos) return bars(until(final));
    }
    const std::size_t cme = host_->read.find("+CME ERROR: ");
    const std::size_t line_end = host_->read.find("\r\n", cme);
    if (cme != std::string::npos && line_end != std::string::npos) {
      return bars(until(host_->read.substr(cme, line_end + 2 - cme)));
    }
    if (Clock::now() > end) give_up("the answer to " + std::string(text));
    turn();
  }
}

std::string Rig::wait(Milliseconds time) {
  const Time end = Clock::now() + time;
  while (Clock::now() < end) turn();
  return std::exchange(host_->read, {});
}

void Rig::bring_up() {
  command("ATE0");
  REQUIRE(command("AT+CIPRXGET=1") == "|OK|");
  type("AT+NETOPEN\r");
  until("+NETOPEN: 0\r\n");
  if (host_->read.find("OK") != std::string::npos) until("OK\r\n");
}

void Rig::connect(int link, std::uint16_t port) {
  type("AT+CIPOPEN=" + std::to_string(link) + ",\"TCP\",\"127.0.0.1\"," + std::to_string(port) +
       "\r");
  until("+CIPOPEN: " + std::to_string(link) + ",0\r\n");
}

std::string Rig::send(int link, std::string_view payload) {
  type("AT+CIPSEND=" + std::to_string(link) + "," + std::to_string(payload.size()) + "\r");
  std::string text = until(">");
  type(payload);
  text += until("+CIPSEND: ");
  text += until("\r\n");
  return bars(text);
}

Peer::Peer() : listener_(listen_on_loopback()), port_(local_end(listener_.get()).port) {}

Crowd::Crowd() : listener_(listen_on_loopback()), port_(local_end(listener_.get()).port) {}

void Crowd::answer_somebody(std::uint64_t what) {
  UniqueFd next(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (next) connections_.push_back(std::move(next));
  if (connections_.empty()) return;
  constexpr std::string_view kBytes = "\r\nOK\r\n>+IPCLOSE: 0,1\r\n";
  if (what < 2) ::send(connections_[0].get(), kBytes.data(), kBytes.size(), MSG_NOSIGNAL);
  if (what == 2) connections_.erase(connections_.begin());
}

void Peer::accept(Rig& rig) {
  rig.run_until([this] {
    connection_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    return static_cast<bool>(connection_);
  });
}

void Peer::send(std::string_view bytes) {
  REQUIRE(::send(connection_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
}

std::string Peer::receive(Rig& rig, std::size_t size) {
  std::string got;
  rig.run_until([&] {
    std::array<char, 65536> bytes;
    const ssize_t count =
        ::recv(connection_.get(), bytes.data(), std::min(bytes.size(), size - got.size()), 0);
    if (count > 0) got.append(bytes.data(), static_cast<std::size_t>(count));
    return got.size() == size;
  });
  return got;
}

bool Peer::wait_for_end(Rig& rig) {
  bool reset = false;
  rig.run_until([&] {
    char byte;
    const ssize_t got = ::recv(connection_.get(), &byte, 1, 0);
    reset = got < 0 && errno == ECONNRESET;
    return got == 0 || reset;
  });
  return reset;
}

}  // namespace a7600::sim
