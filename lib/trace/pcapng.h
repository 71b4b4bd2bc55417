// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/ipv4.h"
#include "trace/record.h"

// The blocks of a pcapng file that a trace is made of (draft-ietf-opsawg-pcapng). Each function
// appends one whole block, in this machine's byte order, which the file's first block tells.
namespace a7600::trace {

enum class Direction : std::uint8_t {
  kIn = 1,   // from the module; from the network to the program
  kOut = 2,  // the other way. The values are those of epb_flags.
};

namespace pcapng {

inline constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
inline constexpr std::uint32_t kInterface = 1;
inline constexpr std::uint32_t kNameResolution = 4;
inline constexpr std::uint32_t kEnhancedPacket = 6;
inline constexpr std::uint32_t kCustom = 0x00000bad;
inline constexpr std::uint32_t kByteOrderMagic = 0x1a2b3c4d;

inline constexpr std::uint16_t kLinkSerial = 250;  // LINKTYPE_RTAC_SERIAL
inline constexpr std::uint16_t kLinkIp = 101;      // LINKTYPE_RAW

inline constexpr std::uint16_t kOptionEnd = 0;
inline constexpr std::uint16_t kOptionComment = 1;
inline constexpr std::uint16_t kOptionFlags = 2;
inline constexpr std::uint16_t kOptionSpeed = 8;
inline constexpr std::uint16_t kOptionResolution = 9;

// A custom block names an enterprise. This one is RFC 5612's, for documentation; what follows it
// tells our blocks from others that use it.
inline constexpr std::uint32_t kEnterprise = 32473;
inline constexpr std::string_view kCustomMagic{"A7600\1\0\0", 8};

// The pseudo header of LINKTYPE_RTAC_SERIAL.
inline constexpr std::size_t kSerialHeader = 12;

// The file's beginning: a section with the serial line, of `baud`, as interface 0 and the sockets
// as 1.
void append_header(std::string& out, std::string_view application, std::uint64_t baud);

// One packet. `data` is what is captured of it, in two parts so that a header need not be put
// before its payload; `size` is what there was. `comment` may be empty.
void append_packet(std::string& out, std::uint32_t interface, Time time, Direction direction,
                   std::span<const std::byte> head, std::span<const std::byte> data,
                   std::size_t size, std::string_view comment);

void append_name(std::string& out, Ipv4 address, std::string_view name);
void append_record(std::string& out, const Record& record);

}  // namespace pcapng
}  // namespace a7600::trace
