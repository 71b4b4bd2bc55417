// SPDX-License-Identifier: MIT
//
// traffic WORKLOAD HOST PORT STREAM SIZE [LISTEN-PORT REAL-PORT]: moves bytes over ordinary
// sockets and compares each that arrives with the one that was meant (stream.h). One line for each
// connection: its kind, how it ended, the errno, and how many bytes were compared.
//
//     ok     everything arrived, and the other side says so, too
//     error  a call failed
//     eof    the stream ended early, without an error
//     wrong  a byte was not the one that was sent
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "stream.h"

namespace faults {
namespace {

// Beyond every errno: what getaddrinfo(3) said, which is negative.
constexpr int kNoName = 1000;

struct Outcome {
  const char* end = "ok";
  const char* call = "";
  int error = 0;
  std::uint64_t compared = 0;
};

struct Target {
  std::string host;
  std::string port;
};

// A descriptor, and what has become of its traffic.
class Wire {
 public:
  explicit Wire(int fd) : fd_(fd) {}
  ~Wire() {
    if (fd_ >= 0) ::close(fd_);
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  int fd() const { return fd_; }
  Outcome outcome;

  bool fail(const char* call) {
    if (std::strcmp(outcome.end, "ok") == 0) outcome = {"error", call, errno, outcome.compared};
    return false;
  }
  bool end(const char* how) {
    if (std::strcmp(outcome.end, "ok") == 0) outcome.end = how;
    return false;
  }

  bool send_all(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t put = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (put < 0) return fail("send");
      bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return true;
  }
  bool receive_all(std::span<std::byte> into) {
    while (!into.empty()) {
      const ssize_t got = ::recv(fd_, into.data(), into.size(), 0);
      if (got < 0) return fail("recv");
      if (got == 0) return end("eof");
      into = into.subspan(static_cast<std::size_t>(got));
    }
    return true;
  }
  // Receives and compares `size` bytes of the stream from `at` on.
  bool compare(std::uint32_t stream, std::uint64_t at, std::size_t size) {
    std::array<std::byte, 16384> piece;
    while (size > 0) {
      const ssize_t got = ::recv(fd_, piece.data(), std::min(size, piece.size()), 0);
      if (got < 0) return fail("recv");
      if (got == 0) return end("eof");
      const auto count = static_cast<std::size_t>(got);
      if (difference(stream, at, std::span(piece).first(count))) return end("wrong");
      at += count;
      size -= count;
      outcome.compared += count;
    }
    return true;
  }

 private:
  int fd_;
};

int open_socket(const Target& target, int type, const char*& call) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = type;
  addrinfo* found = nullptr;
  call = "getaddrinfo";
  const int status = ::getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &found);
  if (status != 0) {
    if (status != EAI_SYSTEM) errno = kNoName - status;
    return -1;
  }
  call = "socket";
  int fd = ::socket(AF_INET, type, 0);
  if (fd >= 0) {
    call = "connect";
    if (::connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
      const int error = errno;
      ::close(fd);
      errno = error;
      fd = -1;
    }
  }
  ::freeaddrinfo(found);
  return fd;
}

using Work = std::function<void(Wire&, std::uint32_t stream, std::uint32_t size)>;

Outcome connected(const Target& target, int type, const Work& work, std::uint32_t stream,
                  std::uint32_t size) {
  const char* call = "";
  Wire wire(open_socket(target, type, call));
  if (wire.fd() < 0) {
    wire.fail(call);
  } else {
    work(wire, stream, size);
  }
  return wire.outcome;
}

bool ask(Wire& wire, Wish wish, std::uint32_t stream, std::uint32_t size) {
  const Request request{wish, stream, size};
  return wire.send_all(std::as_bytes(std::span(&request, 1)));
}

void download(Wire& wire, std::uint32_t stream, std::uint32_t size) {
  if (!ask(wire, Wish::kDownload, stream, size) || !wire.compare(stream, 0, size)) return;
  std::byte more;
  const ssize_t got = ::recv(wire.fd(), &more, 1, 0);
  if (got > 0) wire.end("wrong");
  if (got < 0) wire.fail("recv");
}

void upload(Wire& wire, std::uint32_t stream, std::uint32_t size) {
  if (!ask(wire, Wish::kUpload, stream, size)) return;
  std::vector<std::byte> piece;
  for (std::uint32_t at = 0; at < size;) {
    const std::uint64_t some = 1 + mix(stream + at) % 6000;
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(some, size - at)));
    put_stream(stream, at, piece);
    if (!wire.send_all(piece)) return;
    at += static_cast<std::uint32_t>(piece.size());
  }
  Receipt receipt{};
  if (!wire.receive_all(std::as_writable_bytes(std::span(&receipt, 1)))) return;
  if (receipt.stream != stream || receipt.size != size) wire.end("wrong");
  wire.outcome.compared += size;
}

void echo(Wire& wire, std::uint32_t stream, std::uint32_t size) {
  if (!ask(wire, Wish::kEcho, stream, size)) return;
  std::vector<std::byte> piece;
  for (std::uint32_t at = 0; at < size;) {
    const std::uint64_t some = 1 + mix(stream + at) % 3000;
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(some, size - at)));
    put_stream(stream, at, piece);
    if (!wire.send_all(piece) || !wire.compare(stream, at, piece.size())) return;
    at += static_cast<std::uint32_t>(piece.size());
  }
}

// One datagram at a time, each sent up to three times. A module in buffer access mode may hand over
// several as one, and cut them (manual 2.5), so what comes is looked at as a stream of datagrams.
void datagrams(Wire& wire, std::uint32_t stream, std::uint32_t size) {
  const timeval patience{1, 0};
  ::setsockopt(wire.fd(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
  std::vector<std::byte> came;
  std::uint32_t answered = 0;
  const std::uint32_t count = std::max<std::uint32_t>(size / 4000, 2);
  for (std::uint32_t number = 0; number < count; ++number) {
    const Datagram head{stream, number, static_cast<std::uint32_t>(mix(stream + number) % 400)};
    std::vector<std::byte> out(sizeof(head) + head.size);
    std::memcpy(out.data(), &head, sizeof(head));
    put_stream(stream, number * 1000, std::span(out).subspan(sizeof(head)));
    bool done = false;
    for (int attempt = 0; attempt < 3 && !done; ++attempt) {
      if (::send(wire.fd(), out.data(), out.size(), MSG_NOSIGNAL) < 0) {
        wire.fail("send");
        return;
      }
      while (!done) {
        std::array<std::byte, 4096> piece;
        const ssize_t got = ::recv(wire.fd(), piece.data(), piece.size(), 0);
        if (got < 0 && errno != EAGAIN) {
          wire.fail("recv");
          return;
        }
        if (got <= 0) break;
        came.insert(came.end(), piece.begin(), piece.begin() + got);
        Datagram answer{};
        while (came.size() >= sizeof(answer)) {
          std::memcpy(&answer, came.data(), sizeof(answer));
          if (answer.stream != stream || answer.number > number || answer.size >= 400) {
            wire.end("wrong");
            return;
          }
          if (came.size() < sizeof(answer) + answer.size) break;
          const auto payload = std::span(came).subspan(sizeof(answer), answer.size);
          if (difference(stream, answer.number * 1000, payload)) {
            wire.end("wrong");
            return;
          }
          wire.outcome.compared += answer.size;
          done = done || answer.number == number;
          came.erase(came.begin(),
                     came.begin() + static_cast<std::ptrdiff_t>(sizeof(answer) + answer.size));
        }
      }
    }
    answered += done ? 1 : 0;
  }
  if (answered < count) {
    errno = EAGAIN;
    wire.fail("recv");
  }
}

void print(const char* kind, const Outcome& outcome) {
  std::printf("%s|%s|%s|%s|%llu\n", kind, outcome.end, *outcome.call != '\0' ? outcome.call : "-",
              outcome.error == 0        ? "-"
              : outcome.error > kNoName ? ::gai_strerror(kNoName - outcome.error)
                                        : ::strerrorname_np(outcome.error),
              static_cast<unsigned long long>(outcome.compared));
}

struct Kind {
  const char* name;
  int type;
  Work work;
};

const std::array<Kind, 4>& kinds() {
  static const std::array<Kind, 4> all{{{"download", SOCK_STREAM, download},
                                        {"upload", SOCK_STREAM, upload},
                                        {"echo", SOCK_STREAM, echo},
                                        {"udp", SOCK_DGRAM, datagrams}}};
  return all;
}

// Nine connections at once, of all kinds, each in a thread of its own.
void nine(const Target& target, std::uint32_t stream, std::uint32_t size) {
  std::array<Outcome, 9> outcomes;
  std::vector<std::thread> threads;
  for (std::uint32_t i = 0; i < outcomes.size(); ++i) {
    threads.emplace_back([&, i] {
      const Kind& kind = kinds()[i % 3];
      outcomes[i] = connected(target, kind.type, kind.work, stream + i, size / 4 + i * 17);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::uint32_t i = 0; i < outcomes.size(); ++i) print(kinds()[i % 3].name, outcomes[i]);
}

// A server of our own: the peer is asked over one connection to call another.
void server(const Target& target, std::uint32_t stream, std::uint16_t port,
            std::uint32_t real_port) {
  Wire listener(::socket(AF_INET, SOCK_STREAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  if (::bind(listener.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    listener.fail("bind");
    return print("listener", listener.outcome);
  }
  if (::listen(listener.fd(), 4) != 0) {
    listener.fail("listen");
    return print("listener", listener.outcome);
  }
  std::thread acceptor([&] {
    for (;;) {
      const int fd = ::accept(listener.fd(), nullptr, nullptr);
      if (fd < 0) return;
      Wire wire(fd);
      std::array<std::byte, 4096> piece;
      for (;;) {
        const ssize_t got = ::recv(fd, piece.data(), piece.size(), 0);
        if (got <= 0) break;
        if (!wire.send_all(std::span(piece).first(static_cast<std::size_t>(got)))) break;
      }
    }
  });
  const Outcome outcome = connected(
      target, SOCK_STREAM,
      [&](Wire& wire, std::uint32_t number, std::uint32_t real) {
        Receipt receipt{};
        if (!ask(wire, Wish::kCall, number, real) ||
            !wire.receive_all(std::as_writable_bytes(std::span(&receipt, 1)))) {
          return;
        }
        wire.outcome.compared = receipt.size;
        if (receipt.stream != number) wire.end("wrong");
        // The one who called can have had bad luck that only it was told of.
        if (receipt.size != kCallSize) wire.end("uncalled");
      },
      stream, real_port);
  ::shutdown(listener.fd(), SHUT_RDWR);
  acceptor.join();
  print("server", outcome);
}

int run(int argc, char** argv) {
  if (argc < 6) return 2;
  const std::string workload = argv[1];
  const Target target{argv[2], argv[3]};
  const auto stream = static_cast<std::uint32_t>(std::strtoul(argv[4], nullptr, 10));
  const auto size = static_cast<std::uint32_t>(std::strtoul(argv[5], nullptr, 10));
  if (workload == "nine") {
    nine(target, stream, size);
    return 0;
  }
  if (workload == "server" && argc == 8) {
    server(target, stream, static_cast<std::uint16_t>(std::atoi(argv[6])),
           static_cast<std::uint32_t>(std::atoi(argv[7])));
    return 0;
  }
  for (const Kind& kind : kinds()) {
    if (workload != kind.name) continue;
    print(kind.name, connected(target, kind.type, kind.work, stream, size));
    return 0;
  }
  return 2;
}

}  // namespace
}  // namespace faults

int main(int argc, char** argv) { return faults::run(argc, argv); }
