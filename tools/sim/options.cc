// SPDX-License-Identifier: MIT
#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <string_view>

#include "faults.h"
#include "number.h"
#include "profile.h"

namespace a7600::sim {
namespace {

std::optional<std::uint16_t> parse_port(std::string_view text) {
  const auto port = parse_number(text, 0, 65535);
  return port ? std::optional(static_cast<std::uint16_t>(*port)) : std::nullopt;
}

// "IP", "IP:PORT", "*" or "*:PORT". False if it is none of them.
bool parse_place(std::string_view text, std::optional<Ipv4>& ip,
                 std::optional<std::uint16_t>& port) {
  const std::size_t colon = text.find(':');
  if (colon != std::string_view::npos) {
    port = parse_port(text.substr(colon + 1));
    if (!port) return false;
  }
  const std::string_view host = text.substr(0, colon);
  if (host == "*") return true;
  ip = Ipv4::parse(host);
  return ip.has_value();
}

const std::map<std::string, Fate> kFates = {
    {"refused", Fate::kRefuse}, {"timeout", Fate::kTimeOut}, {"unreachable", Fate::kUnreachable}};

const std::map<std::string, UrcsTo> kUrcsTo = {
    {"first", UrcsTo::kFirst}, {"both", UrcsTo::kBoth}, {"opener", UrcsTo::kOpener}};

void print_faults() {
  for (const FaultInfo& info : fault_table()) {
    std::string name(info.name);
    if (!info.value.empty()) name += '=' + std::string(info.value);
    name += '@' + std::to_string(info.percent);
    if (info.times > 0) name += 'x' + std::to_string(info.times);
    std::printf("%-24s %s\n", name.c_str(), std::string(info.meaning).c_str());
  }
}

template <typename T>
void add_rules(CLI::App& app, const std::string& name, const std::string& meaning,
               std::optional<T> (*parse)(const std::string&), std::vector<T>& rules) {
  app.add_option_function<std::vector<std::string>>(
         name,
         [parse, &rules, name](const std::vector<std::string>& texts) {
           for (const std::string& text : texts) {
             const auto rule = parse(text);
             if (!rule)
               throw CLI::ValidationError(name, "not of the form shown by --help: " + text);
             rules.push_back(*rule);
           }
         },
         meaning)
      ->expected(1)
      ->take_all();
}

// Each of them asks for the port.
void add_second_port(CLI::App& app, Options& options) {
  const auto wanted = [&options](const auto&) { options.second_port = true; };
  app.add_flag("--second-port", options.second_port,
               "A second AT port of the same module; prints PORT2 and its name");
  app.add_option("--second-link", options.second_link,
                 "Make this path a symbolic link to the second port")
      ->each(wanted);
  app.add_option("--second-fault", options.second_faults,
                 "As --fault, for what the second port's line and commands are asked for")
      ->expected(1)
      ->take_all()
      ->each(wanted);
  app.add_option("--second-baud", options.second_baud, "The second port's rate (default: --baud)")
      ->check(CLI::Range(300U, 20'000'000U))
      ->each(wanted);
  app.add_option_function<unsigned>(
         "--second-latency-ms",
         [&options](unsigned latency) {
           options.second_latency = std::chrono::milliseconds(latency);
         },
         "The second port's turnaround (default: --latency-ms)")
      ->check(CLI::Range(0U, 60'000U))
      ->each(wanted);
  app.add_option(
         "--urcs", options.urcs_to,
         "Which port hears what it hasn't asked for: first (default), both, or opener: what "
         "is about a link, the port that has opened it")
      ->transform(CLI::CheckedTransformer(kUrcsTo).description(""))
      ->type_name("PORT");
}

}  // namespace

std::optional<MapRule> parse_map(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return std::nullopt;
  MapRule rule;
  if (!parse_place(std::string_view(text).substr(0, equals), rule.ip, rule.port)) {
    return std::nullopt;
  }
  const std::string to = text.substr(equals + 1);
  if (const auto fate = kFates.find(to); fate != kFates.end()) {
    rule.fate = fate->second;
    return rule;
  }
  if (to.starts_with("err:")) {
    const auto err = parse_number(std::string_view(to).substr(4), 0, 12);
    if (!err) return std::nullopt;
    rule.fate = Fate::kErr;
    rule.err = static_cast<int>(*err);
    return rule;
  }
  if (!parse_place(to, rule.real_ip, rule.real_port)) return std::nullopt;
  return rule;
}

std::optional<DnsRule> parse_dns(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return std::nullopt;
  const auto ip = Ipv4::parse(std::string_view(text).substr(equals + 1));
  if (!ip) return std::nullopt;
  return DnsRule{text.substr(0, equals), *ip};
}

std::optional<ListenRule> parse_listen(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return std::nullopt;
  const auto port = parse_port(std::string_view(text).substr(0, equals));
  const auto real_port = parse_port(std::string_view(text).substr(equals + 1));
  if (!port || !real_port) return std::nullopt;
  return ListenRule{*port, *real_port};
}

std::optional<Options> parse_options(int argc, char** argv, int& status) {
  Options options;
  CLI::App app{
      "A simulated A7600 modem on a pseudo terminal. Prints PORT and its name, then runs until "
      "SIGTERM.\nThe far side of its sockets is real: loopback only, unless --allow-external."};
  app.add_option("--link", options.link, "Make this path a symbolic link to the port");
  add_rules(app, "--map",
            "IP[:PORT]=IP[:PORT]: dial the second instead of the first; '*' is any address. "
            "IP[:PORT]=refused, timeout, unreachable or err:N fails with that (repeatable)",
            parse_map, options.maps);
  add_rules(app, "--dns", "NAME=IP: an address of a name; '*' is any name (repeatable)", parse_dns,
            options.names);
  add_rules(app, "--listen-map",
            "PORT=PORT: a server on the module's first port, or a UDP link bound to it, is reached "
            "at the second on 127.0.0.1; 0 takes a free one and prints LISTEN, the module's port "
            "and the real one (repeatable)",
            parse_listen, options.listens);
  app.add_option("--baud", options.baud,
                 "Pace each direction as a UART of this rate would (default: not paced)")
      ->check(CLI::Range(300U, 20'000'000U));
  unsigned latency = 0;
  unsigned net_latency = 0;
  app.add_option("--latency-ms", latency, "From the end of a command to its answer's first byte")
      ->check(CLI::Range(0U, 60'000U));
  app.add_option("--net-latency-ms", net_latency, "What the network takes, each way")
      ->check(CLI::Range(0U, 60'000U));
  add_second_port(app, options);
  app.add_option("--rx-buffer", options.rx_buffer, "Receive buffer of a link in bytes")
      ->check(CLI::Range(std::size_t{1500}, std::size_t{1} << 26))
      ->capture_default_str();
  app.add_option("--seed", options.seed, "For everything that is left to chance");
  std::vector<std::string> profile_names;
  for (const Profile& profile : profiles()) profile_names.emplace_back(profile.name);
  app.add_option("--profile", options.profile, "Whose firmware to play")
      ->check(CLI::IsMember(profile_names))
      ->capture_default_str();
  app.add_option("--log", options.log, "Write every byte both ways, and every event, to this file");
  app.add_option_function<std::string>(
      "--ip",
      [&options](const std::string& text) {
        const auto ip = Ipv4::parse(text);
        if (!ip) throw CLI::ValidationError("--ip", "not an IPv4 address: " + text);
        options.ip = *ip;
      },
      "The module's own address (default: 10.148.0.17)");
  app.add_option("--unmapped", options.unmapped,
                 "What becomes of connections to addresses that no --map covers and that aren't "
                 "loopback: timeout (default), refused, unreachable")
      ->transform(CLI::CheckedTransformer(kFates).description(""))
      ->type_name("FATE");
  app.add_flag("--allow-external", options.allow_external,
               "Dial addresses other than loopback when no --map covers them");
  app.add_flag("--hairpin", options.hairpin,
               "Let the module reach its own servers and UDP links under its own address");
  app.add_option("--fault", options.faults,
                 "NAME[=VALUE][@PERCENT[xTIMES]],...: what is to go wrong, how probably, how often "
                 "(repeatable; see --list-faults)")
      ->expected(1)
      ->take_all();
  app.add_flag_callback(
      "--list-faults",
      [] {
        print_faults();
        throw CLI::Success();
      },
      "Print the faults and their meaning");
  app.add_option("--control", options.control,
                 "A unix socket for requests while it runs: faults, status, reboot and others");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    status = app.exit(error);
    return std::nullopt;
  }
  options.latency = std::chrono::milliseconds(latency);
  options.net_latency = std::chrono::milliseconds(net_latency);
  return options;
}

}  // namespace a7600::sim
