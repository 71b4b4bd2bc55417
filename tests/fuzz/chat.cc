// SPDX-License-Identifier: MIT
//
// One AT channel: commands of every shape, bytes of any kind, time. A command in flight ends by one
// answer; what was received for it is what its header announced.
#include "chat/chat.h"

#include <array>

#include "input.h"

namespace a7600::fuzz {
namespace {

using namespace std::chrono_literals;

class Listener final : public chat::Listener {
 public:
  void on_unsolicited(const at::Reply&, std::string_view) override {}
  void on_line(const at::Reply&, std::string_view) override {
    require(in_flight, "a line of an answer belongs to a command");
  }
  void on_answer(const chat::Answer& answer) override {
    require(in_flight, "an answer belongs to a command");
    in_flight = false;
    if (answer.final == chat::Final::kOk && answer.header) {
      require(answer.payload.size() == static_cast<std::size_t>(answer.header->size),
              "a payload is as long as announced");
    }
    if (shape == chat::Shape::kSend && answer.final == chat::Final::kOk) {
      require(answer.prompted && answer.sent.has_value(), "a send is prompted and confirmed");
    }
  }
  void on_pushed(int, const std::optional<Endpoint>&, std::span<const std::byte>) override {}
  void on_push_cut(int) override {}

  bool in_flight = false;
  chat::Shape shape = chat::Shape::kPlain;
};

}  // namespace
}  // namespace a7600::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace a7600;
  using namespace std::chrono_literals;
  static const std::array<std::byte, 64> kPayload{};
  fuzz::Input input(data, size);
  fuzz::Listener listener;
  chat::Chat chat(listener);
  chat::TimePoint now{};
  std::string output;
  while (!input.empty()) {
    switch (input.number(8)) {
      case 0:
      case 1: {
        if (!chat.idle() || chat.in_data_mode()) break;
        constexpr std::array kShapes = {chat::Shape::kPlain, chat::Shape::kSend, chat::Shape::kRead,
                                        chat::Shape::kDial};
        const unsigned which = input.number(4);
        listener.in_flight = true;
        listener.shape = kShapes[which];
        chat.send({.text = "AT+X",
                   .shape = listener.shape,
                   .link = static_cast<int>(input.number(10)),
                   .payload = which == 1 ? std::span(kPayload).first(1 + input.number(64))
                                         : std::span<const std::byte>()},
                  now);
        break;
      }
      case 2:
        now += std::chrono::milliseconds(100 * input.byte());
        chat.on_time(now);
        break;
      case 3:
        chat.take_output(output);
        break;
      case 4:
        if (input.number(8) == 0) {
          chat.abandon();
          listener.in_flight = false;
        }
        if (chat.in_data_mode()) chat.exit_data_mode();
        break;
      default:
        chat.feed(fuzz::bytes_of(input.text()), now);
    }
    fuzz::require(listener.in_flight == !chat.idle(), "every command is answered once");
  }
  if (const auto deadline = chat.deadline()) {
    chat.on_time(*deadline);
    chat.on_time(*deadline + 1h);
  }
  fuzz::require(chat.idle(), "time ends every command");
  return 0;
}
