// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <string_view>

#include "chat/chat.h"

namespace a7600::modem {

// Keeps a program's own "+++" from being read as the escape sequence (manual 1.2: more than 1000 ms
// of silence, three "+" at most 900 ms apart, more than 1000 ms of silence).
//
// Theory. The third "+" of three that stand alone is held until the silence before it is so long
// that the module counts anew. Both limits keep a margin, because the module's clock starts when a
// byte arrives, not when it was written.
class EscapeGuard {
 public:
  // How many of `bytes` may be written now, all at once. The rest are to be offered again when
  // retry_at() has come, together with what has been added to them meanwhile.
  std::size_t allow(std::string_view bytes, chat::TimePoint now);
  // REQUIRES: allow() has allowed less than it was offered.
  chat::TimePoint retry_at() const;

 private:
  bool silence_before_ = true;  // the run, or the next byte, may have had the silence before it
  std::size_t pluses_ = 0;      // of the run that the latest bytes end with
  chat::TimePoint last_{};
};

}  // namespace a7600::modem
