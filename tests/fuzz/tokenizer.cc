// SPDX-License-Identifier: MIT
//
// The grammar: what is read out of a stream must not depend on how it was cut into pieces, and
// every line can be parsed.
#include "at/tokenizer.h"

#include <vector>

#include "at/foreign.h"
#include "at/host_name.h"
#include "at/reply.h"
#include "input.h"

namespace a7600::fuzz {
namespace {

struct Seen {
  at::TokenKind kind;
  std::string text;
  bool operator==(const Seen&) const = default;
};

// Announces what the lines announce, as the chat does.
void take(at::Tokenizer& tokenizer, std::vector<Seen>& seen) {
  while (const auto token = tokenizer.next()) {
    seen.push_back({token->kind, std::string(token->text)});
    if (token->kind != at::TokenKind::kLine) continue;
    const at::Reply reply = at::parse(seen.back().text);
    static_cast<void>(at::is_unsolicited(reply));
    if (const auto* header = std::get_if<at::RxHeader>(&reply)) {
      require(header->size >= 0, "a payload has no negative size");
      if (header->mode == 2) tokenizer.expect_payload(static_cast<std::size_t>(header->size));
    } else if (const auto* pushed = std::get_if<at::PushHeader>(&reply)) {
      require(pushed->size >= 0, "pushed data has no negative size");
      tokenizer.expect_payload(static_cast<std::size_t>(pushed->size));
    } else if (std::holds_alternative<at::Ok>(reply)) {
      tokenizer.expect_prompt(true);
    }
  }
}

}  // namespace
}  // namespace a7600::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace a7600;
  fuzz::Input input(data, size);
  const std::size_t step = 1 + input.number(40);
  const bool prompt = input.number(2) == 1;
  const std::string_view stream = input.rest();

  at::Tokenizer whole;
  at::Tokenizer pieces;
  std::vector<fuzz::Seen> of_whole;
  std::vector<fuzz::Seen> of_pieces;
  whole.expect_prompt(prompt);
  pieces.expect_prompt(prompt);
  whole.feed(fuzz::bytes_of(stream));
  fuzz::take(whole, of_whole);
  for (std::size_t at = 0; at < stream.size(); at += step) {
    pieces.feed(fuzz::bytes_of(stream.substr(at, step)));
    fuzz::take(pieces, of_pieces);
  }
  fuzz::require(of_whole == of_pieces, "the cuts don't matter");

  static_cast<void>(at::is_command_line(stream));
  static_cast<void>(at::upsets_engine(stream));
  static_cast<void>(at::parse_err_info(stream));
  if (const auto name = at::HostName::parse(stream)) {
    fuzz::require(name->text().find('"') == std::string::npos, "a name can't leave its quotes");
  }
  return 0;
}
