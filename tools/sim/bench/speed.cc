// SPDX-License-Identifier: MIT
// How fast the simulator answers a host that has one command in flight, as the engine has: 1500
// bytes a command, both ways, through the pseudo terminal.
//
//     a7600-sim-speed PATH-OF-A7600-SIM [MEGABYTES]
//
// It starts the simulator, is the far side on loopback itself, and prints MB/s, commands a second
// and the simulator's own CPU time per command.
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kChunk = 1500;

// The host's side of the port, blocking.
class Host {
 public:
  explicit Host(const std::string& port) : fd_(::open(port.c_str(), O_RDWR | O_NOCTTY)) {
    if (fd_ < 0) throw std::runtime_error("cannot open " + port);
  }

  void send(std::string_view bytes) {
    if (::write(fd_, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) {
      throw std::runtime_error("short write to the port");
    }
  }
  // Reads until `end` has come, and gives what came up to there; what follows is dropped.
  std::string_view until(std::string_view end) {
    size_ = 0;
    while (true) {
      const ssize_t got = ::read(fd_, in_.data() + size_, in_.size() - size_);
      if (got <= 0) throw std::runtime_error("the port is closed");
      size_ += static_cast<std::size_t>(got);
      const std::string_view all(in_.data(), size_);
      if (all.size() >= end.size() && all.substr(all.size() - end.size()) == end) return all;
    }
  }
  std::string_view command(const std::string& text, std::string_view end = "OK\r\n") {
    send(text + "\r");
    return until(end);
  }

 private:
  int fd_;
  std::array<char, 16384> in_;
  std::size_t size_ = 0;
};

double cpu_seconds(pid_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  std::FILE* file = std::fopen(path.c_str(), "r");
  unsigned long user = 0;
  unsigned long system = 0;
  if (file == nullptr) return 0;
  const int fields = std::fscanf(
      file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
  std::fclose(file);
  return fields == 2
             ? static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK))
             : 0;
}

void report(const char* what, std::size_t bytes, std::size_t commands, Clock::time_point start,
            double cpu) {
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("%-8s %7.1f MB/s  %8.0f commands/s  simulator %5.1f us CPU per command\n", what,
              static_cast<double>(bytes) / seconds / 1e6, static_cast<double>(commands) / seconds,
              cpu * 1e6 / static_cast<double>(commands));
}

// Reads from the link; the answer's length is checked against its own header.
void download(Host& host, pid_t simulator, std::size_t size) {
  const auto start = Clock::now();
  const double cpu = cpu_seconds(simulator);
  std::size_t done = 0;
  std::size_t commands = 0;
  while (done < size) {
    host.send("AT+CIPRXGET=2,0,1500\r");
    const std::string_view answer = host.until("\r\nOK\r\n");
    ++commands;
    done += std::strtoul(answer.data() + std::strlen("\r\n+CIPRXGET: 2,0,"), nullptr, 10);
  }
  report("download", done, commands, start, cpu_seconds(simulator) - cpu);
}

void upload(Host& host, pid_t simulator, std::size_t size) {
  const std::string payload(kChunk, 'x');
  const auto start = Clock::now();
  const double cpu = cpu_seconds(simulator);
  std::size_t commands = 0;
  for (std::size_t done = 0; done < size; done += kChunk, ++commands) {
    host.send("AT+CIPSEND=1,1500\r");
    host.until("\r\n>");
    host.send(payload);
    host.until("+CIPSEND: 1,1500,1500\r\n");
  }
  report("upload", commands * kChunk, commands, start, cpu_seconds(simulator) - cpu);
}

// The far side: the first connection is fed for ever, the second is read empty.
void serve(int listener) {
  const int source = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  std::thread([source] {
    const std::vector<char> bytes(262144, 'x');
    while (::send(source, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0) {
    }
  }).detach();
  const int sink = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
  std::vector<char> bytes(262144);
  while (::recv(sink, bytes.data(), bytes.size(), 0) > 0) {
  }
}

void measure(const char* program, std::size_t size) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 4) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
    throw std::runtime_error("no loopback listener");
  }
  std::thread(serve, listener).detach();

  int output[2];
  if (::pipe2(output, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const pid_t simulator = ::fork();
  if (simulator == 0) {
    ::dup2(output[1], STDOUT_FILENO);
    ::execl(program, program, nullptr);
    ::_exit(127);
  }
  std::array<char, 256> line{};
  if (::read(output[0], line.data(), line.size() - 1) <= 0)
    throw std::runtime_error("no PORT line");
  std::string port = std::string(line.data()).substr(std::strlen("PORT "));
  port.erase(port.find('\n'));

  Host host(port);
  const std::string target = ",\"TCP\",\"127.0.0.1\"," + std::to_string(ntohs(address.sin_port));
  host.command("ATE0");
  host.command("AT+CIPRXGET=1");
  host.command("AT+NETOPEN", "+NETOPEN: 0\r\n");
  host.command("AT+CIPOPEN=0" + target, "+CIPRXGET: 1,0\r\n");
  host.command("AT+CIPOPEN=1" + target, "+CIPOPEN: 1,0\r\n");
  download(host, simulator, size);
  upload(host, simulator, size);
  ::kill(simulator, SIGTERM);
  ::waitpid(simulator, nullptr, 0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s PATH-OF-A7600-SIM [MEGABYTES]\n", argv[0]);
    return 2;
  }
  try {
    measure(argv[1], (argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 200) * 1'000'000);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
