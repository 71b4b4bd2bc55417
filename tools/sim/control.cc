// SPDX-License-Identifier: MIT
#include "control.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <system_error>
#include <utility>

#include "number.h"
#include "options.h"

namespace a7600::sim {
namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr long kUnplugMs = 500;
// Before a request: it is about the second port.
constexpr std::string_view kSecond = "second ";

[[noreturn]] void fail(const std::string& what) {
  throw std::system_error(errno, std::generic_category(), what);
}

// A request's answer: nothing is "ok".
struct Answer {
  bool ok = true;
  std::string text;
};
Answer done(std::string text = {}) { return {true, std::move(text)}; }
Answer refuse(std::string text) { return {false, std::move(text)}; }

Answer set_faults(Channel& c, std::string_view argument) {
  if (const auto reason = c.faults.set(argument)) return refuse(*reason);
  c.modem.faults_changed();
  return done();
}
Answer clear_faults(Channel& c, std::string_view argument) {
  if (!c.faults.clear(argument)) return refuse("no such fault");
  if (argument.empty()) c.call_off_reboot();
  c.modem.faults_changed();
  return done();
}
Answer list_faults(Channel& c, std::string_view) { return done(c.faults.list()); }
Answer status(Channel& c, std::string_view) { return done(status_json(c.modem)); }
Answer say_urc(Channel& c, std::string_view argument) {
  c.out.urc(argument);
  return done();
}
Answer reboot(Channel& c, std::string_view) {
  c.modem.reboot();
  return done();
}
Answer unplug(Channel& c, std::string_view argument) {
  const auto how_long = argument.empty() ? std::optional(kUnplugMs) : parse_number(argument);
  if (!how_long) return refuse("not a number of milliseconds");
  c.unplug(Milliseconds(*how_long));
  return done();
}
Answer drop_net(Channel& c, std::string_view argument) {
  if (!c.stack.net_open()) return refuse("the network isn't open");
  c.stack.drop_net(argument == "open");
  return done();
}
Answer end_link(Channel& c, std::string_view argument) {
  const auto link = parse_number(argument);
  if (!link || *link >= kLinks) return refuse("not a link");
  if (!c.stack.link(static_cast<int>(*link)).open()) return refuse("not open");
  c.stack.end_link(c.stack.link(static_cast<int>(*link)));
  return done();
}
Answer drop_dtr(Channel& c, std::string_view) {
  c.dtr_dropped();
  return done();
}
Answer silence(Channel& c, std::string_view argument) {
  const auto how_long = parse_number(argument);
  if (argument == "off") {
    c.line.hold_output(Time{});
  } else if (!how_long) {
    return refuse("not a number of milliseconds");
  } else {
    c.line.hold_output(*how_long == 0 ? Time::max() : c.loop.now() + Milliseconds(*how_long));
  }
  return done();
}
Answer set_registration(Channel& c, std::string_view argument) {
  const auto state = parse_number(argument);
  if (!state || *state > 5) return refuse("not a registration state");
  c.device.registration = static_cast<int>(*state);
  return done();
}
Answer set_signal(Channel& c, std::string_view argument) {
  const auto signal = parse_number(argument);
  if (!signal || *signal > 99) return refuse("not an rssi");
  c.device.signal = static_cast<int>(*signal);
  return done();
}
template <typename Rule>
Answer add_rule(Channel& c, const std::optional<Rule>& rule) {
  if (!rule) return refuse("not of the option's form");
  c.router.add(*rule);
  return done();
}
Answer map(Channel& c, std::string_view argument) {
  return add_rule(c, parse_map(std::string(argument)));
}
Answer dns(Channel& c, std::string_view argument) {
  return add_rule(c, parse_dns(std::string(argument)));
}
Answer listen_map(Channel& c, std::string_view argument) {
  const auto rule = parse_listen(std::string(argument));
  if (!rule) return refuse("not of the option's form");
  if (!c.stack.servers().add_port(*rule)) return refuse("the port isn't to be had");
  return done(std::to_string(c.stack.servers().ports().back().real_port));
}

struct Request {
  std::string_view name;
  Answer (*obey)(Channel&, std::string_view);
};
constexpr auto kRequests = std::to_array<Request>({
    {"fault", set_faults},
    {"clear", clear_faults},
    {"faults", list_faults},
    {"status", status},
    {"urc", say_urc},
    {"reboot", reboot},
    {"unplug", unplug},
    {"net-drop", drop_net},
    {"end", end_link},
    {"dtr", drop_dtr},
    {"silence", silence},
    {"register", set_registration},
    {"signal", set_signal},
    {"map", map},
    {"dns", dns},
    {"listen-map", listen_map},
});

}  // namespace

std::vector<std::string_view> request_names() {
  std::vector<std::string_view> names;
  for (const Request& request : kRequests) names.push_back(request.name);
  return names;
}

namespace {

std::string second_port_json(const Channel* second) {
  if (second == nullptr) return {};
  return ",\"second\":{\"port\":\"" + second->pty.name() +
         "\",\"echo\":" + (second->host.echo ? "true" : "false") +
         ",\"bytes_in\":" + std::to_string(second->line.bytes_in()) +
         ",\"bytes_out\":" + std::to_string(second->line.bytes_out()) + "}";
}

}  // namespace

std::string status_json(Modem& m) {
  const Channel& port = m.first;
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  std::string json = "{\"port\":\"" + port.pty.name() + "\",\"profile\":\"" +
                     std::string(m.profile.name) + "\",\"net_open\":" + flag(m.stack.net_open()) +
                     ",\"echo\":" + flag(port.host.echo) +
                     ",\"data_mode\":" + flag(port.data.on()) + ",\"links\":[";
  bool first = true;
  for (int i = 0; i < kLinks; ++i) {
    const Link& link = m.stack.link(i);
    if (link.state() == Link::State::kFree) continue;
    constexpr std::array kStates = {"free", "connecting", "open", "ended"};
    json += std::string(first ? "" : ",") + "{\"link\":" + std::to_string(i) + ",\"type\":\"" +
            (link.type() == Link::Type::kTcp ? "TCP" : "UDP") + "\",\"state\":\"" +
            kStates[static_cast<std::size_t>(link.state())] + "\",\"peer\":\"" +
            link.peer().to_string() + "\",\"buffered\":" + std::to_string(link.received().size()) +
            ",\"received\":" + std::to_string(link.received_bytes()) +
            ",\"sent\":" + std::to_string(link.sent_bytes()) + "}";
    first = false;
  }
  json += "],\"servers\":[";
  first = true;
  for (int i = 0; i < kServers; ++i) {
    if (!m.stack.servers().started(i)) continue;
    json += std::string(first ? "" : ",") + "{\"server\":" + std::to_string(i) +
            ",\"port\":" + std::to_string(m.stack.servers().port(i)) + "}";
    first = false;
  }
  json += "],\"bytes_in\":" + std::to_string(port.line.bytes_in()) +
          ",\"bytes_out\":" + std::to_string(port.line.bytes_out()) + second_port_json(m.second()) +
          ",\"unknown_commands\":" + std::to_string(m.unknown_commands()) + ",\"commands\":{";
  first = true;
  for (const Modem::Count& count : m.commands()) {
    if (count.times == 0) continue;
    json += std::string(first ? "\"" : ",\"") + std::string(count.entry.name) +
            "\":" + std::to_string(count.times);
    first = false;
  }
  return json + "}}";
}

Control::Client::Client(Loop& loop, Control& control, UniqueFd client_fd)
    : fd(std::move(client_fd)), watch(loop, [this, &control](std::uint32_t) { read(control); }) {
  watch.start(fd.get(), EPOLLIN);
}

void Control::Client::read(Control& control) {
  std::array<char, kMaxLine> bytes;
  const ssize_t got = ::recv(fd.get(), bytes.data(), bytes.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got <= 0 || line.size() > kMaxLine) {
    done = true;
    watch.stop();
    return;
  }
  line.append(bytes.data(), static_cast<std::size_t>(got));
  for (std::size_t end = line.find('\n'); end != std::string::npos; end = line.find('\n')) {
    const std::string answer = control.obey(std::string_view(line).substr(0, end)) + "\n";
    line.erase(0, end + 1);
    // A client that doesn't read its answers loses them.
    static_cast<void>(::send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
  }
}

Control::Control(Loop& loop, Modem& modem, std::string path)
    : loop_(loop),
      modem_(modem),
      path_(std::move(path)),
      watch_(loop, [this](std::uint32_t) { accept(); }) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path_.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    fail(path_);
  }
  std::copy(path_.begin(), path_.end(), address.sun_path);
  struct stat left;
  if (::lstat(path_.c_str(), &left) == 0 && S_ISSOCK(left.st_mode)) ::unlink(path_.c_str());
  listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!listener_ ||
      ::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 8) != 0) {
    fail(path_);
  }
  watch_.start(listener_.get(), EPOLLIN);
  loop_.at_end_of_turn([this] { sweep(); });
}

Control::~Control() { ::unlink(path_.c_str()); }

void Control::accept() {
  UniqueFd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (fd) clients_.emplace_back(loop_, *this, std::move(fd));
}

void Control::sweep() {
  if (clients_.empty()) return;
  clients_.remove_if([](const Client& client) { return client.done; });
}

std::string Control::obey(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.remove_suffix(1);
  if (modem_.log.enabled()) modem_.log.event("control: " + std::string(line));
  Channel* channel = &modem_.first;
  if (line.starts_with(kSecond)) {
    line.remove_prefix(kSecond.size());
    channel = modem_.second();
    if (channel == nullptr) return "error there is no second port";
  }
  const std::size_t blank = line.find(' ');
  const std::string_view name = line.substr(0, blank);
  const std::string_view argument =
      blank == std::string_view::npos ? std::string_view{} : line.substr(blank + 1);
  for (const Request& request : kRequests) {
    if (request.name != name) continue;
    const Answer answer = request.obey(*channel, argument);
    if (answer.text.empty()) return answer.ok ? "ok" : "error";
    return (answer.ok ? "ok " : "error ") + answer.text;
  }
  return "error unknown request: " + std::string(name);
}

}  // namespace a7600::sim
