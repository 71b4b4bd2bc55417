// SPDX-License-Identifier: MIT
#include "at.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include "at/foreign.h"
#include "call.h"
#include "chat/chat.h"
#include "options.h"
#include "serial/port.h"
#include "wire/status.h"

namespace a7600::tool {
namespace {

using namespace std::chrono_literals;

constexpr int kFailed = 1;
constexpr int kRefused = 2;

// Sends commands to the module itself, with nobody in between.
class Direct final : private chat::Listener {
 public:
  explicit Direct(serial::Port port) : port_(std::move(port)) {}

  // False unless the answer was OK.
  Result<bool> send(const std::string& command, std::chrono::seconds timeout) {
    answer_.reset();
    chat_.send({.text = command, .payload = {}, .timeout = timeout}, chat::Clock::now());
    std::string output;
    std::array<std::byte, 4096> input;
    while (!answer_) {
      if (output.empty()) chat_.take_output(output);
      const auto deadline = chat_.deadline().value_or(chat::Clock::now());
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(deadline - chat::Clock::now()).count();
      pollfd poll{port_.fd(), static_cast<short>(output.empty() ? POLLIN : POLLIN | POLLOUT), 0};
      ::poll(&poll, 1, static_cast<int>(std::max<long long>(left, 0)));
      if ((poll.revents & POLLOUT) != 0) {
        const ssize_t put = ::write(port_.fd(), output.data(), output.size());
        if (put > 0) output.erase(0, static_cast<std::size_t>(put));
      }
      if ((poll.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        const ssize_t got = ::read(port_.fd(), input.data(), input.size());
        if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) {
          return Error{EIO, -1, port_.name() + ": the line to the module is gone"};
        }
        if (got > 0) {
          chat_.feed(std::span(input).first(static_cast<std::size_t>(got)), chat::Clock::now());
        }
      }
      chat_.on_time(chat::Clock::now());
    }
    if (*answer_ == chat::Final::kTimeout) {
      return Error{ETIMEDOUT, -1, port_.name() + ": no answer to " + command};
    }
    return *answer_ == chat::Final::kOk;
  }

 private:
  void on_unsolicited(const at::Reply&, std::string_view line) override { print(line); }
  void on_line(const at::Reply&, std::string_view line) override { print(line); }
  void on_answer(const chat::Answer& answer) override {
    answer_ = answer.final;
    if (!answer.reason_line.empty()) print(answer.reason_line);
    if (answer.final == chat::Final::kOk) print("OK");
    if (answer.final == chat::Final::kError) print(answer.final_line);
  }
  void on_pushed(int, const std::optional<Endpoint>&, std::span<const std::byte>) override {}
  void on_push_cut(int) override {}
  static void print(std::string_view line) {
    printf("%.*s\n", static_cast<int>(line.size()), line.data());
    fflush(stdout);
  }

  serial::Port port_;
  chat::Chat chat_{*this};
  std::optional<chat::Final> answer_;
};

Result<bool> send_through(const std::string& engine, const std::string& command, bool force,
                          std::chrono::seconds timeout) {
  wire::Request request;
  request.op = wire::Op::kCommand;
  request.level = static_cast<std::int32_t>(timeout.count());
  if (force) request.flags |= wire::kForce;
  request.size = static_cast<std::uint16_t>(command.size());
  std::memcpy(request.data.data(), command.data(), command.size());
  // The command may have to wait for those of other programs, or for the module to come up.
  auto answer = call(engine, request, timeout + 130s);
  if (!answer) return answer.error();
  const wire::Reply& reply = answer.value().reply;
  if (reply.error != 0) {
    const std::string notice = reply.notice.data();
    return Error{reply.error, -1, notice.empty() ? engine + ": " + strerror(reply.error) : notice};
  }
  const auto text = wire::read_text(answer.value().file.get());
  if (!text) return text.error();
  printf("%s", text.value().c_str());
  fflush(stdout);
  if (reply.value == static_cast<std::int32_t>(wire::CommandResult::kNoAnswer)) {
    return Error{ETIMEDOUT, -1, "no answer to " + command};
  }
  return reply.value == static_cast<std::int32_t>(wire::CommandResult::kOk);
}

}  // namespace

int send_commands(const Result<config::Config>& config, const std::vector<std::string>& commands,
                  bool force, std::chrono::seconds timeout) {
  if (!config) return complain(config.error().text);
  for (const std::string& command : commands) {
    if (!at::is_command_line(command)) {
      return complain(
          "\"" + command + "\" is no AT command: \"AT…\", up to 256 printable characters",
          kRefused);
    }
    const auto upsetting = at::upsets_engine(command);
    if (upsetting && !force) {
      return complain(*upsetting +
                          " would upset an engine that uses the module; --force sends it "
                          "all the same",
                      kRefused);
    }
  }
  const auto engine = find_engine(config.value(), true);
  std::optional<Direct> direct;
  if (!engine) {
    auto port = serial::Port::open(config.value());
    if (!port) return complain(port.error().text);
    direct.emplace(std::move(port.value()));
  }
  bool all_good = true;
  for (const std::string& command : commands) {
    const auto good =
        engine ? send_through(*engine, command, force, timeout) : direct->send(command, timeout);
    if (!good) return complain(good.error().text);
    all_good = all_good && good.value();
  }
  return all_good ? 0 : kFailed;
}

}  // namespace a7600::tool
