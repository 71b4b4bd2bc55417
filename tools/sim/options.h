// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ipv4.h"

namespace a7600::sim {

// What becomes of a connection to an address that the module sees.
enum class Fate { kDial, kRefuse, kTimeOut, kUnreachable, kErr };

// `--map`: destinations as the module sees them, and where they are dialled instead. An absent
// address or port matches every one, and stays as it was on the real side.
struct MapRule {
  std::optional<Ipv4> ip;
  std::optional<std::uint16_t> port;
  Fate fate = Fate::kDial;
  int err = 0;  // of the manual's chapter 4, for Fate::kErr
  std::optional<Ipv4> real_ip;
  std::optional<std::uint16_t> real_port;
};

// `--dns`: one address of a name; a name with several has several of these.
struct DnsRule {
  std::string name;
  Ipv4 ip;
};

// `--listen-map`: a port of the module, and the loopback port where its clients come in (0: any).
struct ListenRule {
  std::uint16_t port = 0;
  std::uint16_t real_port = 0;
};

// Which of the module's ports hear what nobody has asked for.
enum class UrcsTo {
  kFirst,   // the first port, whatever it is about
  kBoth,    // each
  kOpener,  // what is about a link, the port that has opened it; all else the first
};

struct Options {
  std::string link;
  std::string log;
  std::string control;
  std::string profile = "manual";
  std::vector<MapRule> maps;
  std::vector<DnsRule> names;
  std::vector<ListenRule> listens;
  std::vector<std::string> faults;
  std::uint32_t baud = 0;
  std::chrono::milliseconds latency{0};
  std::chrono::milliseconds net_latency{0};
  bool second_port = false;
  std::string second_link;
  std::vector<std::string> second_faults;
  std::optional<std::uint32_t> second_baud;                 // nothing: the first port's
  std::optional<std::chrono::milliseconds> second_latency;  // the same
  UrcsTo urcs_to = UrcsTo::kFirst;
  std::size_t rx_buffer = 65536;
  std::uint64_t seed = 1;
  Ipv4 ip{0x0a940011};  // 10.148.0.17, as in the manual's 6.1.3
  Fate unmapped = Fate::kTimeOut;
  bool allow_external = false;
  bool hairpin = false;
};

// Nothing when the text isn't of the option's form.
std::optional<MapRule> parse_map(const std::string& text);
std::optional<DnsRule> parse_dns(const std::string& text);
std::optional<ListenRule> parse_listen(const std::string& text);

// Reads the command line. Nothing means that the program is to end with `status`, the reason or the
// help having been printed.
std::optional<Options> parse_options(int argc, char** argv, int& status);

}  // namespace a7600::sim
