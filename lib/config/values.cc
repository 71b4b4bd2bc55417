// SPDX-License-Identifier: MIT
#include "config/values.h"

#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

namespace a7600::config {
namespace {

constexpr std::size_t kLongestShownValue = 120;
constexpr std::size_t kLongestHost = 253;
constexpr std::size_t kLongestApn = 100;  // 3GPP TS 23.003, 9.1
constexpr std::size_t kLongestLogin = 127;
constexpr std::size_t kLongestSocketName = sizeof(sockaddr_un::sun_path) - 1;

// The C library's classification follows the locale; these don't.
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_name_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
         c == '_';
}

bool is_absolute(std::string_view path) { return path.size() > 1 && path.front() == '/'; }

// All of `text` as a decimal number from `low` to `high`.
std::optional<int> parse_number(std::string_view text, int low, int high) {
  int value = 0;
  const char* end = text.data() + text.size();
  auto [next, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || next != end || value < low || value > high) return std::nullopt;
  return value;
}

template <typename T, std::size_t N>
bool choose(std::string_view value, const std::pair<std::string_view, T> (&choices)[N], T& out) {
  for (const auto& [name, choice] : choices) {
    if (name != value) continue;
    out = choice;
    return true;
  }
  return false;
}

bool is_port(std::string_view value) { return is_absolute(value) || parse_tcp_port(value); }

// PORT, or PORT,PORT2.
bool set_port(Config& config, std::string_view value) {
  const std::size_t comma = value.find(',');
  const std::string_view first = value.substr(0, comma);
  if (comma == std::string_view::npos) {
    if (value != "auto" && !is_port(value)) return false;
    config.second_port.clear();
  } else {
    const std::string_view second = value.substr(comma + 1);
    const bool is_pair = is_port(first) && is_port(second) && first != second &&
                         second.find(',') == std::string_view::npos;
    if (!is_pair) return false;
    config.second_port = second;
  }
  config.port = first;
  return true;
}

bool set_baud(Config& config, std::string_view value) {
  const std::optional<int> rate = parse_number(value, 300, 4000000);
  if (rate) config.baud = *rate;
  return rate.has_value();
}

bool set_flow(Config& config, std::string_view value) {
  return choose<Flow>(value,
                      {{"none", Flow::kNone}, {"rtscts", Flow::kRtsCts}, {"auto", Flow::kAuto}},
                      config.flow);
}

bool set_apn(Config& config, std::string_view value) {
  if (value.size() > kLongestApn || !std::all_of(value.begin(), value.end(), is_name_char)) {
    return false;
  }
  config.apn = value;
  return true;
}

// What AT+CGAUTH can carry between quotes.
bool is_login_text(std::string_view text) {
  return text.size() <= kLongestLogin && std::all_of(text.begin(), text.end(), [](char c) {
           return c >= 0x20 && c < 0x7f && c != '"';
         });
}

bool set_apn_user(Config& config, std::string_view value) {
  if (!is_login_text(value)) return false;
  config.apn_user = value;
  return true;
}

bool set_apn_password(Config& config, std::string_view value) {
  if (!is_login_text(value)) return false;
  config.apn_password = value;
  return true;
}

bool set_apn_auth(Config& config, std::string_view value) {
  return choose<ApnAuth>(
      value, {{"auto", ApnAuth::kAuto}, {"pap", ApnAuth::kPap}, {"chap", ApnAuth::kChap}},
      config.apn_auth);
}

bool set_pin(Config& config, std::string_view value) {
  const bool a_pin = value.size() >= 4 && value.size() <= 8;
  if (!value.empty() && (!a_pin || !std::all_of(value.begin(), value.end(), is_digit))) {
    return false;
  }
  config.pin = value;
  return true;
}

bool set_rx(Config& config, std::string_view value) {
  return choose<Rx>(value, {{"buffer", Rx::kBuffer}, {"push", Rx::kPush}, {"auto", Rx::kAuto}},
                    config.rx);
}

bool set_mode(Config& config, std::string_view value) {
  return choose<Mode>(value, {{"command", Mode::kCommand}, {"transparent", Mode::kTransparent}},
                      config.mode);
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// ADDRESS[/PREFIX][:PORT]
std::optional<BypassRule> parse_bypass_rule(std::string_view text) {
  BypassRule rule;
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    const std::optional<int> port = parse_number(text.substr(colon + 1), 1, 65535);
    if (!port) return std::nullopt;
    rule.port = static_cast<std::uint16_t>(*port);
    text = text.substr(0, colon);
  }
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    const std::optional<int> prefix = parse_number(text.substr(slash + 1), 0, 32);
    if (!prefix) return std::nullopt;
    rule.prefix = *prefix;
    text = text.substr(0, slash);
  }
  const std::optional<Ipv4> network = Ipv4::parse(text);
  if (!network) return std::nullopt;
  rule.network = *network;
  return rule;
}

bool set_bypass(Config& config, std::string_view value) {
  std::vector<BypassRule> rules;
  while (!trimmed(value).empty()) {
    const std::size_t comma = value.find(',');
    const std::optional<BypassRule> rule = parse_bypass_rule(trimmed(value.substr(0, comma)));
    if (!rule) return false;
    rules.push_back(*rule);
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
    if (trimmed(value).empty()) return false;
  }
  config.bypass = std::move(rules);
  return true;
}

bool set_engine(Config& config, std::string_view value) {
  EngineChoice choice = EngineChoice::kSocket;
  Pass pass;
  if (!choose<EngineChoice>(value,
                            {{"auto", EngineChoice::kAuto},
                             {"thread", EngineChoice::kThread},
                             {"spawn", EngineChoice::kSpawn}},
                            choice)) {
    const bool abstract = value.size() > 1 && value.front() == '@';
    if ((!abstract && !is_absolute(value)) || value.size() > kLongestSocketName) return false;
    // "@NAME+PASS", as `a7600 run` sets it.
    const std::size_t plus = value.rfind('+');
    if (const auto found = Pass::parse(value.substr(plus + 1)); abstract && plus > 1 && found) {
      pass = *found;
      value = value.substr(0, plus);
    }
  }
  config.engine = choice;
  config.engine_pass = pass;
  config.engine_socket = choice == EngineChoice::kSocket ? value : std::string_view();
  return true;
}

bool set_trace(Config& config, std::string_view value) {
  config.trace = value;
  return true;
}

bool set_log(Config& config, std::string_view value) {
  const std::size_t colon = value.find(':');
  if (colon != std::string_view::npos && colon + 1 == value.size()) return false;
  if (!choose<log::Level>(value.substr(0, colon),
                          {{"error", log::Level::kError},
                           {"warn", log::Level::kWarn},
                           {"info", log::Level::kInfo},
                           {"debug", log::Level::kDebug}},
                          config.log_level)) {
    return false;
  }
  config.log_file = colon == std::string_view::npos ? std::string_view() : value.substr(colon + 1);
  return true;
}

bool set_connect_timeout(Config& config, std::string_view value) {
  const std::optional<int> seconds = parse_number(value, 3, 120);
  if (seconds) config.connect_timeout = std::chrono::seconds(*seconds);
  return seconds.has_value();
}

constexpr std::string_view kLoginAllowed = "up to 127 printable characters without quotes";

constexpr Variable kVariables[] = {
    {"A7600_PORT", "port", "a port",
     "auto, an absolute path, or tcp:HOST:PORT; or two ports of one module, PORT,PORT2, neither of "
     "them auto",
     set_port},
    {"A7600_BAUD", "baud", "a rate", "300 to 4000000", set_baud},
    {"A7600_FLOW", "flow", "a flow control", "none, rtscts, auto", set_flow},
    {"A7600_APN", "apn", "an APN", "up to 100 letters, digits, '.', '-' and '_'", set_apn},
    {"A7600_APN_USER", "apn_user", "a user", kLoginAllowed, set_apn_user},
    {"A7600_APN_PASSWORD", "apn_password", "a password", kLoginAllowed, set_apn_password, true},
    {"A7600_APN_AUTH", "apn_auth", "a way to log in", "auto, pap, chap", set_apn_auth},
    {"A7600_PIN", "pin", "a PIN", "4 to 8 digits", set_pin},
    {"A7600_RX", "rx", "a way to receive", "buffer, push, auto", set_rx},
    {"A7600_MODE", "mode", "a mode", "command, transparent", set_mode},
    {"A7600_BYPASS", "bypass", "a list of destinations",
     "CIDR[:port] separated by commas, such as 10.0.0.0/8,127.0.0.1:8080, or nothing", set_bypass},
    {"A7600_ENGINE", "engine", "an engine",
     "auto, thread, spawn, or a socket's name: an absolute path or @NAME, up to 107 bytes",
     set_engine},
    {"A7600_TRACE", "trace", "a file", "a file's name, or nothing", set_trace},
    {"A7600_LOG", "log", "a log level", "error, warn, info, debug, or LEVEL:FILE", set_log},
    {"A7600_CONNECT_TIMEOUT", "connect_timeout", "a number of seconds", "3 to 120",
     set_connect_timeout},
};
static_assert(kLongestSocketName == 107, "as A7600_ENGINE's sentence says");

}  // namespace

std::span<const Variable> variables() { return kVariables; }

Status assign(Config& config, const Variable& variable, std::string_view where,
              std::string_view value) {
  if (variable.set(config, value)) return Done{};
  std::string text(where);
  text += ": ";
  text += variable.secret ? "what is set" : in_quotes(value);
  text += " is not ";
  text += variable.noun;
  text += "; allowed: ";
  text += variable.allowed;
  return Error{.posix = EINVAL, .text = std::move(text)};
}

std::string in_quotes(std::string_view value) {
  std::string out = "\"";
  for (char c : value.substr(0, kLongestShownValue)) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    out += control ? '?' : c;
  }
  if (value.size() > kLongestShownValue) out += "...";
  out += '"';
  return out;
}

std::optional<TcpPort> parse_tcp_port(std::string_view port) {
  constexpr std::string_view kPrefix = "tcp:";
  if (!port.starts_with(kPrefix)) return std::nullopt;
  port.remove_prefix(kPrefix.size());
  const std::size_t colon = port.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = port.substr(0, colon);
  const std::optional<int> number = parse_number(port.substr(colon + 1), 1, 65535);
  if (!number || host.empty() || host.size() > kLongestHost ||
      !std::all_of(host.begin(), host.end(), is_name_char)) {
    return std::nullopt;
  }
  return TcpPort{std::string(host), static_cast<std::uint16_t>(*number)};
}

}  // namespace a7600::config
