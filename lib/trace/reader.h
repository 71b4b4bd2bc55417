// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"
#include "trace/pcapng.h"
#include "trace/record.h"

namespace a7600::trace {

struct Item {
  enum class Kind { kSerial, kPacket, kRecord };
  Kind kind = Kind::kRecord;
  Time time = 0;
  Direction direction = Direction::kIn;
  std::span<const std::byte> bytes;  // captured, without the pseudo header; valid until next()
  std::size_t size = 0;              // on the line
  Record record;
};

// Reads a trace block by block, also while it is being written. Every length in the file is
// checked before it is used; nothing of a file can make it read beyond a block or hold more than
// the largest block in memory.
class Reader {
 public:
  // The file may still be empty or grow. `name` is for the errors.
  Reader(UniqueFd fd, std::string name) : fd_(std::move(fd)), name_(std::move(name)) {}
  // One clear sentence when there is no such file.
  static Result<Reader> open(const std::string& name);

  enum class Step {
    kItem,  // `item` is the next one
    kEnd,   // nothing more for now; see cut_off()
    kBad,   // error() says what is wrong; there is nothing more
  };
  Step next(Item& item);

  // Of the serial line in bits per second; 0 if the trace does not say.
  std::uint64_t baud() const { return baud_; }

  // At kEnd: bytes follow the last whole block, so the writer was stopped in the middle of one (or
  // is writing it).
  bool cut_off() const { return !bad_ && buffer_.size() > at_; }
  // At kEnd, when nothing will follow: nothing if that was a trace, else the one sentence that says
  // why not.
  Status check_end() const;
  // REQUIRES: next() was kBad.
  const std::string& error() const { return error_; }

 private:
  struct Interface {
    std::uint16_t link = 0;
    std::uint64_t ticks = 1'000'000;  // per second
  };
  enum class Block { kItem, kSkip, kBad };

  bool fill();
  Step bad(const std::string& what);
  Block read_block(std::uint32_t type, std::span<const std::byte> body, Item& item);
  Block read_interface(std::span<const std::byte> body);
  Block read_packet(std::span<const std::byte> body, Item& item);
  Block read_custom(std::span<const std::byte> body, Item& item);

  UniqueFd fd_;
  std::string name_;
  std::vector<std::byte> buffer_;
  std::size_t at_ = 0;        // in buffer_
  std::uint64_t offset_ = 0;  // of buffer_ in the file
  std::vector<Interface> interfaces_;
  std::uint64_t baud_ = 0;
  bool started_ = false;
  bool ours_ = false;  // a serial line or a record was seen
  bool bad_ = false;
  std::string error_;
};

}  // namespace a7600::trace
