// SPDX-License-Identifier: MIT
// Measured, not asserted: microseconds per round trip of a 17-byte command and a 1534-byte answer
// through a raw PTY between two processes, which is one AT+CIPRXGET of a full payload against the
// simulated modem. It is the floor under every benchmark that uses one.
// Relied on by: tests/bench, tools/a7600-sim.
// Seen on: 5.10, 6.1, 6.18.
#include <fcntl.h>
#include <termios.h>

#include <algorithm>
#include <vector>

#include "check.h"

using namespace platform;

namespace {

constexpr size_t kCommand = 17;
constexpr size_t kAnswer = 1534;
constexpr int kTurns = 3000;

void read_all(int fd, std::vector<char>& buffer) {
  for (size_t total = 0; total < buffer.size();) {
    const ssize_t count = ::read(fd, buffer.data() + total, buffer.size() - total);
    if (count <= 0) fail("the line ended after %zu of %zu bytes", total, buffer.size());
    total += static_cast<size_t>(count);
  }
}

void write_all(int fd, const std::vector<char>& buffer) {
  for (size_t total = 0; total < buffer.size();) {
    total += static_cast<size_t>(ok(::write(fd, &buffer[total], buffer.size() - total), "write"));
  }
}

int open_raw(const char* path) {
  const int fd = ok_fd(::open(path, O_RDWR | O_NOCTTY | O_CLOEXEC), "open the terminal");
  termios settings{};
  ok(::tcgetattr(fd, &settings), "tcgetattr");
  ::cfmakeraw(&settings);
  ok(::tcsetattr(fd, TCSANOW, &settings), "tcsetattr");
  return fd;
}

}  // namespace

int main() {
  begin();
  const int modem = ok_fd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), "posix_openpt");
  ok(::grantpt(modem), "grantpt");
  ok(::unlockpt(modem), "unlockpt");
  const int port = open_raw(::ptsname(modem));
  std::vector<char> command(kCommand, 'c');
  std::vector<char> answer(kAnswer, 'a');

  const pid_t child = start_child([&] {
    ::close(port);
    for (int turn = 0; turn < kTurns; ++turn) {
      read_all(modem, command);
      write_all(modem, answer);
    }
    read_all(modem, command);  // a closed master drops what is not yet read
  });
  ::close(modem);
  std::vector<double> spent(kTurns);
  for (double& one : spent) {
    one = microseconds(1, [&] {
      write_all(port, command);
      read_all(port, answer);
    });
  }
  write_all(port, command);
  expect_success(child);
  std::sort(spent.begin(), spent.end());
  std::printf("%zu bytes out, %zu back: median %.0f us, 99%% below %.0f us\n", kCommand, kAnswer,
              spent[kTurns / 2], spent[kTurns * 99 / 100]);
}
