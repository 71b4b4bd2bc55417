// SPDX-License-Identifier: MIT
//
// The far side of the matrix: on one loopback port, TCP and UDP, it does what each connection asks
// for (stream.h). Prints "PORT n", then a line for every byte that arrived wrong: what the program
// was told matters to the program; what reaches the peer has to be a beginning of what was written.
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "stream.h"

namespace faults {
namespace {

constexpr std::size_t kPiece = 8192;
constexpr int kPatienceMs = 200'000;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

bool send_all(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (put <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

std::size_t receive(int fd, std::span<std::byte> into) {
  pollfd waiting{fd, POLLIN, 0};
  if (::poll(&waiting, 1, kPatienceMs) != 1) return 0;
  const ssize_t got = ::recv(fd, into.data(), into.size(), 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

template <typename T>
bool receive_whole(int fd, T& into) {
  const auto bytes = std::as_writable_bytes(std::span(&into, 1));
  std::size_t have = 0;
  while (have < bytes.size()) {
    const std::size_t got = receive(fd, bytes.subspan(have));
    if (got == 0) return false;
    have += got;
  }
  return true;
}

template <typename T>
bool send_whole(int fd, const T& value) {
  return send_all(fd, std::as_bytes(std::span(&value, 1)));
}

// A payload that the module was promised and that can't be sent any more is made up by carriage
// returns (lib/modem/bringup.h), and then nothing follows. Whether that is what came from `at` on.
bool is_padding(int fd, std::span<const std::byte> came, std::uint64_t at) {
  auto bytes = came.subspan(static_cast<std::size_t>(at));
  const auto is_return = [](std::byte byte) { return byte == std::byte{'\r'}; };
  std::array<std::byte, kPiece> more;
  std::size_t got = 0;
  while (std::all_of(bytes.begin(), bytes.end(), is_return) && (got = receive(fd, more)) > 0) {
    bytes = std::span(more).first(got);
  }
  return got == 0 && std::all_of(bytes.begin(), bytes.end(), is_return);
}

void report(std::uint32_t stream, const char* what, std::uint64_t at) {
  std::printf("WRONG stream %u: %s, byte %llu\n", stream, what,
              static_cast<unsigned long long>(at));
  std::fflush(stdout);
}

void download(int fd, const Request& request) {
  std::array<std::byte, kPiece> piece;
  for (std::uint32_t at = 0; at < request.size;) {
    const std::size_t size = std::min<std::size_t>(kPiece, request.size - at);
    put_stream(request.stream, at, std::span(piece).first(size));
    if (!send_all(fd, std::span(piece).first(size))) return;
    at += static_cast<std::uint32_t>(size);
  }
  // Closed in order only after the program has closed or the line is lost.
  ::shutdown(fd, SHUT_WR);
  while (receive(fd, piece) > 0) {
  }
}

void upload(int fd, const Request& request) {
  std::array<std::byte, kPiece> piece;
  std::uint32_t at = 0;
  while (at < request.size) {
    const std::size_t got =
        receive(fd, std::span(piece).first(std::min<std::size_t>(kPiece, request.size - at)));
    if (got == 0) return;
    const auto came = std::span(piece).first(got);
    if (const auto wrong = difference(request.stream, at, came)) {
      if (!is_padding(fd, came, *wrong - at)) report(request.stream, "upload", *wrong);
      return;
    }
    at += static_cast<std::uint32_t>(got);
  }
  send_whole(fd, Receipt{request.stream, at});
  if (receive(fd, piece) > 0) report(request.stream, "more than was written", at);
}

void echo(int fd, const Request& request) {
  std::array<std::byte, kPiece> piece;
  std::uint64_t at = 0;
  while (const std::size_t got = receive(fd, piece)) {
    const auto came = std::span(piece).first(got);
    if (const auto wrong = difference(request.stream, at, came)) {
      if (!is_padding(fd, came, *wrong - at)) report(request.stream, "echo", *wrong);
      return;
    }
    at += got;
    if (!send_all(fd, std::span(piece).first(got))) return;
  }
}

// Connects to the program's own listening port, and tells how that went.
void call(int fd, const Request& request) {
  Receipt receipt{request.stream, 0};
  const int out = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(static_cast<std::uint16_t>(request.size));
  std::vector<std::byte> sent(kCallSize);
  std::vector<std::byte> back(kCallSize);
  put_stream(request.stream, 0, sent);
  if (::connect(out, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0 &&
      send_all(out, sent)) {
    while (receipt.size < kCallSize) {
      const std::size_t got = receive(out, std::span(back).subspan(receipt.size));
      if (got == 0) break;
      const auto came = std::span(back).subspan(receipt.size, got);
      if (const auto wrong = difference(request.stream, receipt.size, came)) {
        if (!is_padding(out, came, *wrong - receipt.size)) {
          report(request.stream, "a served client", *wrong);
        }
        break;
      }
      receipt.size += static_cast<std::uint32_t>(got);
    }
  }
  ::close(out);
  send_whole(fd, receipt);
}

void serve(int fd) {
  Request request{};
  if (receive_whole(fd, request)) {
    switch (request.wish) {
      case Wish::kDownload:
        download(fd, request);
        break;
      case Wish::kUpload:
        upload(fd, request);
        break;
      case Wish::kEcho:
        echo(fd, request);
        break;
      case Wish::kCall:
        call(fd, request);
        break;
      default:
        report(request.stream, "a request", 0);
    }
  }
  ::close(fd);
}

void serve_datagrams(int fd) {
  std::array<std::byte, 65536> bytes;
  for (;;) {
    sockaddr_in from{};
    socklen_t size = sizeof(from);
    const ssize_t got =
        ::recvfrom(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&from), &size);
    if (got < 0) continue;
    const auto datagram = std::span(bytes).first(static_cast<std::size_t>(got));
    Datagram head{};
    // A module that confirms less than it was given has sent less.
    if (datagram.size() < sizeof(head)) continue;
    std::memcpy(&head, datagram.data(), sizeof(head));
    if (datagram.size() < sizeof(head) + head.size) continue;
    if (datagram.size() > sizeof(head) + head.size ||
        difference(head.stream, head.number * 1000, datagram.subspan(sizeof(head)))) {
      report(head.stream, "a datagram", head.number);
      continue;
    }
    ::sendto(fd, bytes.data(), datagram.size(), 0, reinterpret_cast<const sockaddr*>(&from), size);
  }
}

int run() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int datagrams = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof(address);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener, SOMAXCONN) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
      ::bind(datagrams, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
    std::perror("peer");
    return 1;
  }
  std::printf("PORT %d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  std::thread(serve_datagrams, datagrams).detach();
  for (;;) {
    const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) std::thread(serve, fd).detach();
  }
}

}  // namespace
}  // namespace faults

int main() { return faults::run(); }
