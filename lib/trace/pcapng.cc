// SPDX-License-Identifier: MIT
#include "trace/pcapng.h"

#include <algorithm>
#include <cstring>

namespace a7600::trace::pcapng {
namespace {

constexpr std::size_t kLongestComment = 1000;
constexpr std::uint16_t kOptionApplication = 4;
constexpr std::uint16_t kOptionName = 2;
constexpr std::uint16_t kOptionDescription = 3;
constexpr std::uint16_t kNameIpv4 = 1;

template <typename Number>
void put(std::string& out, Number value) {
  char bytes[sizeof(value)];
  std::memcpy(bytes, &value, sizeof(value));
  out.append(bytes, sizeof(value));
}

void pad(std::string& out, std::size_t begin) {
  while ((out.size() - begin) % 4 != 0) out += '\0';
}

void put_bytes(std::string& out, std::span<const std::byte> bytes) {
  out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void put_option(std::string& out, std::uint16_t code, std::string_view value) {
  put(out, code);
  put(out, static_cast<std::uint16_t>(value.size()));
  const std::size_t begin = out.size();
  out += value;
  pad(out, begin);
}

void put_end_of_options(std::string& out) { put(out, std::uint32_t{kOptionEnd}); }

// A block's type and length; the length is filled in by close_block().
std::size_t open_block(std::string& out, std::uint32_t type) {
  const std::size_t begin = out.size();
  put(out, type);
  put(out, std::uint32_t{0});
  return begin;
}

void close_block(std::string& out, std::size_t begin) {
  pad(out, begin);
  const auto size = static_cast<std::uint32_t>(out.size() - begin + sizeof(std::uint32_t));
  std::memcpy(out.data() + begin + sizeof(std::uint32_t), &size, sizeof(size));
  put(out, size);
}

void append_interface(std::string& out, std::uint16_t link, std::string_view name,
                      std::string_view description, std::uint64_t speed) {
  const std::size_t begin = open_block(out, kInterface);
  put(out, link);
  put(out, std::uint16_t{0});
  put(out, std::uint32_t{0});  // no limit of a packet's size
  put_option(out, kOptionName, name);
  put_option(out, kOptionDescription, description);
  if (speed != 0) {
    char bytes[sizeof(speed)];
    std::memcpy(bytes, &speed, sizeof(speed));
    put_option(out, kOptionSpeed, {bytes, sizeof(bytes)});
  }
  put_option(out, kOptionResolution, "\x09");  // 10^-9 s
  put_end_of_options(out);
  close_block(out, begin);
}

}  // namespace

void append_header(std::string& out, std::string_view application, std::uint64_t baud) {
  const std::size_t begin = open_block(out, kSectionHeader);
  put(out, kByteOrderMagic);
  put(out, std::uint16_t{1});
  put(out, std::uint16_t{0});
  put(out, ~std::uint64_t{0});  // the section's length is not known
  put_option(out, kOptionApplication, application);
  put_end_of_options(out);
  close_block(out, begin);
  append_interface(out, kLinkSerial, "serial", "The serial line to the module", baud);
  append_interface(out, kLinkIp, "sockets", "The module's sockets, as packets", 0);
}

void append_packet(std::string& out, std::uint32_t interface, Time time, Direction direction,
                   std::span<const std::byte> head, std::span<const std::byte> data,
                   std::size_t size, std::string_view comment) {
  const std::size_t begin = open_block(out, kEnhancedPacket);
  const auto stamp = static_cast<std::uint64_t>(time);
  put(out, interface);
  put(out, static_cast<std::uint32_t>(stamp >> 32));
  put(out, static_cast<std::uint32_t>(stamp & 0xffffffff));
  put(out, static_cast<std::uint32_t>(head.size() + data.size()));
  put(out, static_cast<std::uint32_t>(size));
  put_bytes(out, head);
  put_bytes(out, data);
  pad(out, begin);
  if (!comment.empty()) put_option(out, kOptionComment, comment.substr(0, kLongestComment));
  const std::uint32_t flags = static_cast<std::uint32_t>(direction);
  char flag_bytes[sizeof(flags)];
  std::memcpy(flag_bytes, &flags, sizeof(flags));
  put_option(out, kOptionFlags, {flag_bytes, sizeof(flag_bytes)});
  put_end_of_options(out);
  close_block(out, begin);
}

void append_name(std::string& out, Ipv4 address, std::string_view name) {
  const std::size_t begin = open_block(out, kNameResolution);
  put(out, kNameIpv4);
  put(out, static_cast<std::uint16_t>(sizeof(address.value) + name.size() + 1));
  for (int shift = 24; shift >= 0; shift -= 8) {
    out += static_cast<char>(address.value >> shift & 0xff);
  }
  out += name;
  out += '\0';
  pad(out, begin);
  put(out, std::uint32_t{0});  // the end of the names
  close_block(out, begin);
}

void append_record(std::string& out, const Record& record) {
  const std::size_t begin = open_block(out, kCustom);
  put(out, kEnterprise);
  out += kCustomMagic;
  encode(record, out);
  close_block(out, begin);
}

}  // namespace a7600::trace::pcapng
