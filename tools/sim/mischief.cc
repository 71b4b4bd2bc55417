// SPDX-License-Identifier: MIT
#include "mischief.h"

#include <string>
#include <string_view>

namespace a7600::sim {
namespace {

// What a module says of its own accord; none of it concerns a socket.
constexpr std::string_view kUrcs[] = {
    "+CREG: 1",
    "+CGREG: 1",
    "+CMTI: \"SM\",3",
    "RING",
    "+CGEV: NW MODIFY 1,2",
    "*PSUTTZ: 22/11/20,10:12:31\",\"+32\",1",
    "+CTZV: 22/11/20,10:12:31,+32",
    "DST: 0",
    "+CPIN: READY",
    "SMS DONE",
    "PB DONE",
    "+CUSD: 0,\"Balance: 12.50, OK\",15",
    "+STIN: 25",
    "+CLTS: \"ERROR\"",
};

}  // namespace

Mischief::Mischief(Loop& loop, Faults& faults, Line& line, Output& output)
    : faults_(faults), line_(line), output_(output), chatter_(loop, [this] {
        output_.urc(kUrcs[faults_.random(std::size(kUrcs) - 1)]);
        schedule_chatter();
      }) {}

void Mischief::refresh() {
  output_.seams = faults_.any() ? this : nullptr;
  if (!faults_.on(Fault::kChatter)) {
    chatter_.cancel();
  } else if (!chatter_.armed()) {
    schedule_chatter();
  }
}

void Mischief::schedule_chatter() {
  const auto mean = static_cast<std::uint64_t>(faults_.value(Fault::kChatter));
  chatter_.after(Milliseconds(1 + faults_.random(2 * mean)));
}

void Mischief::unrelated_urc() {
  line_.write("\r\n");
  line_.write(kUrcs[faults_.random(std::size(kUrcs) - 1)]);
  line_.write("\r\n");
}

void Mischief::at(Seam seam) {
  if (faults_.happens(Fault::kNoise)) {
    // Whatever a bad line makes, but no '>': a prompt made of noise would be obeyed.
    std::string noise;
    const auto most = static_cast<std::uint64_t>(faults_.value(Fault::kNoise));
    for (std::uint64_t i = 1 + faults_.random(most); i > 0; --i) {
      const char byte = static_cast<char>(faults_.random(255));
      noise += byte == '>' ? '?' : byte;
    }
    line_.write(noise);
  }
  if (faults_.happens(Fault::kBlank)) {
    for (std::uint64_t i = 1 + faults_.random(2); i > 0; --i) line_.write("\r\n");
  }
  if (faults_.happens(Fault::kUrc)) unrelated_urc();
  const bool here = (seam == Seam::kBeforeEcho && faults_.happens(Fault::kUrcBeforeEcho)) ||
                    (seam == Seam::kBetweenLines && faults_.happens(Fault::kUrcBetweenLines)) ||
                    (seam == Seam::kBeforePrompt && faults_.happens(Fault::kUrcBeforePrompt));
  if (here) unrelated_urc();
}

}  // namespace a7600::sim
