// SPDX-License-Identifier: MIT
#include "trace/reader.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>

namespace a7600::trace {
namespace {

constexpr std::size_t kChunk = 256 * 1024;
constexpr std::size_t kSmallestBlock = 12;
constexpr std::size_t kLargestBlock = 16 * 1024 * 1024;
constexpr std::size_t kPacketHead = 20;
constexpr std::size_t kMostInterfaces = 1024;
constexpr std::uint32_t kPcapMagics[] = {0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1};

template <typename Number>
Number get(std::span<const std::byte> bytes, std::size_t at) {
  Number value;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

// Calls `use` with the code and value of each option; false if they run over the block's end.
template <typename Use>
bool for_each_option(std::span<const std::byte> options, Use use) {
  while (options.size() >= 4) {
    const auto code = get<std::uint16_t>(options, 0);
    const std::size_t size = get<std::uint16_t>(options, 2);
    if (code == pcapng::kOptionEnd) return true;
    const std::size_t padded = (size + 3) / 4 * 4;
    if (padded > options.size() - 4) return false;
    use(code, options.subspan(4, size));
    options = options.subspan(4 + padded);
  }
  return true;
}

std::uint64_t ticks_of(std::uint8_t resolution) {
  const unsigned power = resolution & 0x7fU;
  if ((resolution & 0x80U) != 0) return power < 63 ? std::uint64_t{1} << power : 0;
  std::uint64_t ticks = 1;
  for (unsigned i = 0; i < power; ++i) {
    if (ticks > 1'000'000'000'000'000'000U) return 0;
    ticks *= 10;
  }
  return ticks;
}

Time to_time(std::uint64_t stamp, std::uint64_t ticks) {
  constexpr std::uint64_t kNanos = 1'000'000'000;
  if (ticks == kNanos) return static_cast<Time>(stamp);
  const std::uint64_t seconds = stamp / ticks;
  const double rest = static_cast<double>(stamp % ticks) / static_cast<double>(ticks);
  return static_cast<Time>(seconds % (std::uint64_t{1} << 33) * kNanos +
                           static_cast<std::uint64_t>(rest * 1e9));
}

}  // namespace

Result<Reader> Reader::open(const std::string& name) {
  UniqueFd fd(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!fd) return Error{errno, -1, name + ": " + strerror(errno)};
  char probe = 0;
  if (::read(fd.get(), &probe, 0) < 0) return Error{errno, -1, name + ": " + strerror(errno)};
  return Reader(std::move(fd), name);
}

// Another piece of the file behind what is there. False at its end for now.
bool Reader::fill() {
  if (at_ > 0) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
    offset_ += at_;
    at_ = 0;
  }
  const std::size_t had = buffer_.size();
  buffer_.resize(had + kChunk);
  ssize_t got = 0;
  do {
    got = ::read(fd_.get(), buffer_.data() + had, kChunk);
  } while (got < 0 && errno == EINTR);
  buffer_.resize(had + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return got > 0;
}

Reader::Step Reader::bad(const std::string& what) {
  bad_ = true;
  error_ = name_ + ": " + what;
  return Step::kBad;
}

Reader::Step Reader::next(Item& item) {
  if (bad_) return Step::kBad;
  for (;;) {
    const std::span<const std::byte> rest = std::span(buffer_).subspan(at_);
    if (!started_ && rest.size() >= 4) {
      const auto magic = get<std::uint32_t>(rest, 0);
      if (std::find(std::begin(kPcapMagics), std::end(kPcapMagics), magic) !=
          std::end(kPcapMagics)) {
        return bad("a pcap file, not pcapng: not one of our traces");
      }
      if (magic != pcapng::kSectionHeader) return bad("not a pcapng file");
    }
    if (rest.size() < kSmallestBlock) {
      if (fill()) continue;
      return Step::kEnd;
    }
    const auto type = get<std::uint32_t>(rest, 0);
    const std::size_t size = get<std::uint32_t>(rest, 4);
    const std::string where = "byte " + std::to_string(offset_ + at_);
    if (type == pcapng::kSectionHeader) {
      const auto order = get<std::uint32_t>(rest, 8);
      if (order == __builtin_bswap32(pcapng::kByteOrderMagic)) {
        return bad("written on a machine with another byte order");
      }
      if (order != pcapng::kByteOrderMagic) return bad("not a pcapng file");
    }
    if (size < kSmallestBlock || size % 4 != 0 || size > kLargestBlock) {
      return bad("damaged at " + where + ": a block says that it has " + std::to_string(size) +
                 " bytes");
    }
    if (rest.size() < size) {
      if (fill()) continue;
      return Step::kEnd;
    }
    if (get<std::uint32_t>(rest, size - 4) != size) {
      return bad("damaged at " + where + ": a block's two lengths differ");
    }
    started_ = true;
    at_ += size;
    switch (read_block(type, rest.subspan(8, size - kSmallestBlock), item)) {
      case Block::kItem:
        return Step::kItem;
      case Block::kSkip:
        break;
      case Block::kBad:
        return bad("damaged at " + where + ": a block of type " + std::to_string(type) +
                   " that makes no sense");
    }
  }
}

Reader::Block Reader::read_block(std::uint32_t type, std::span<const std::byte> body, Item& item) {
  switch (type) {
    case pcapng::kSectionHeader:
      interfaces_.clear();
      return Block::kSkip;
    case pcapng::kInterface:
      return read_interface(body);
    case pcapng::kEnhancedPacket:
      return read_packet(body, item);
    case pcapng::kCustom:
      return read_custom(body, item);
    default:
      return Block::kSkip;
  }
}

Reader::Block Reader::read_interface(std::span<const std::byte> body) {
  if (body.size() < 8 || interfaces_.size() >= kMostInterfaces) return Block::kBad;
  Interface interface;
  interface.link = get<std::uint16_t>(body, 0);
  std::uint64_t speed = 0;
  const bool good = for_each_option(body.subspan(8), [&](std::uint16_t code, auto value) {
    if (code == pcapng::kOptionSpeed && value.size() == 8) speed = get<std::uint64_t>(value, 0);
    if (code == pcapng::kOptionResolution && value.size() == 1) {
      interface.ticks = ticks_of(static_cast<std::uint8_t>(value[0]));
    }
  });
  if (!good || interface.ticks == 0) return Block::kBad;
  if (interface.link == pcapng::kLinkSerial) baud_ = speed;
  interfaces_.push_back(interface);
  return Block::kSkip;
}

Reader::Block Reader::read_packet(std::span<const std::byte> body, Item& item) {
  if (body.size() < kPacketHead) return Block::kBad;
  const std::size_t number = get<std::uint32_t>(body, 0);
  const std::size_t captured = get<std::uint32_t>(body, 12);
  const std::size_t size = get<std::uint32_t>(body, 16);
  const std::size_t padded = (captured + 3) / 4 * 4;
  if (number >= interfaces_.size() || padded > body.size() - kPacketHead || size < captured) {
    return Block::kBad;
  }
  const Interface& interface = interfaces_[number];
  const bool serial = interface.link == pcapng::kLinkSerial;
  if (!serial && interface.link != pcapng::kLinkIp) return Block::kSkip;
  const std::uint64_t stamp =
      std::uint64_t{get<std::uint32_t>(body, 4)} << 32 | get<std::uint32_t>(body, 8);
  item.time = to_time(stamp, interface.ticks);
  item.bytes = body.subspan(kPacketHead, captured);
  item.size = size;
  item.direction = Direction::kIn;
  const bool good =
      for_each_option(body.subspan(kPacketHead + padded), [&item](std::uint16_t code, auto value) {
        if (code != pcapng::kOptionFlags || value.size() != 4) return;
        if ((get<std::uint32_t>(value, 0) & 3U) == static_cast<std::uint32_t>(Direction::kOut)) {
          item.direction = Direction::kOut;
        }
      });
  if (!good) return Block::kBad;
  if (!serial) {
    item.kind = Item::Kind::kPacket;
    return Block::kItem;
  }
  if (captured < pcapng::kSerialHeader) return Block::kBad;
  ours_ = true;
  item.kind = Item::Kind::kSerial;
  item.bytes = item.bytes.subspan(pcapng::kSerialHeader);
  item.size -= pcapng::kSerialHeader;
  return Block::kItem;
}

Reader::Block Reader::read_custom(std::span<const std::byte> body, Item& item) {
  constexpr std::size_t kHead = 4 + pcapng::kCustomMagic.size();
  if (body.size() < kHead || get<std::uint32_t>(body, 0) != pcapng::kEnterprise ||
      std::memcmp(body.data() + 4, pcapng::kCustomMagic.data(), pcapng::kCustomMagic.size()) != 0) {
    return Block::kSkip;
  }
  auto record = decode(body.subspan(kHead));
  if (!record) return Block::kBad;
  ours_ = true;
  item.kind = Item::Kind::kRecord;
  item.record = std::move(*record);
  item.time = item.record.time;
  item.direction = Direction::kIn;
  item.bytes = {};
  item.size = 0;
  return Block::kItem;
}

Status Reader::check_end() const {
  if (!started_) {
    return Error{EINVAL, -1, name_ + (buffer_.empty() ? ": empty" : ": not a pcapng file")};
  }
  if (!ours_ && interfaces_.empty()) return Error{EINVAL, -1, name_ + ": holds no trace"};
  for (const Interface& interface : interfaces_) {
    if (interface.link == pcapng::kLinkSerial) return Done{};
  }
  if (ours_) return Done{};
  return Error{EINVAL, -1, name_ + ": a capture of something else: it has no serial line"};
}

}  // namespace a7600::trace
