// SPDX-License-Identifier: MIT
//
// From the APN to a page.
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>

#include "at/host_name.h"
#include "doctor_steps.h"

namespace a7600::tool {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr auto kFirstByte = 30s;
constexpr auto kSample = 15s;  // a slow network is measured as well by that time
constexpr const char* kOtherApn =
    "set A7600_APN (and A7600_APN_USER, A7600_APN_PASSWORD) to what "
    "the operator says";

std::string notice_of(const wire::Reply& reply) {
  return reply.notice[0] != '\0' ? reply.notice.data() : strerror(reply.error);
}

Url url_of(const Patient& patient) { return *parse_url(patient.options.url); }

std::string rate_text(double bytes_per_second) {
  char text[64];
  snprintf(text, sizeof(text), "%.1f KB/s", bytes_per_second / 1000);
  return text;
}

}  // namespace

std::optional<Url> parse_url(const std::string& text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  const std::size_t slash = std::min(text.find('/', kScheme.size()), text.size());
  Url url{.host = text.substr(kScheme.size(), slash - kScheme.size()),
          .path = slash < text.size() ? text.substr(slash) : "/"};
  if (const std::size_t colon = url.host.find(':'); colon != url.host.npos) {
    const char* end = url.host.data() + url.host.size();
    const auto [next, error] = std::from_chars(url.host.data() + colon + 1, end, url.port);
    if (error != std::errc() || next != end || url.port == 0) return std::nullopt;
    url.host.resize(colon);
  }
  if (!Ipv4::parse(url.host) && !at::HostName::parse(url.host)) return std::nullopt;
  for (const char c : url.path) {
    if (c <= ' ' || c > '~') return std::nullopt;
  }
  return url;
}

void start_look_up(Patient& patient) {
  if (patient.look_up || patient.look_up_failed || patient.server) return;
  // An address is looked up, too: what counts first is that the network comes up for it.
  const std::string host = url_of(patient).host;
  const std::string name = Ipv4::parse(host) ? "example.com" : host;
  wire::Request request;
  request.op = wire::Op::kResolve;
  request.size = static_cast<std::uint16_t>(name.size());
  memcpy(request.data.data(), name.data(), name.size());
  auto started = PendingCall::start(patient.engine, request);
  if (started) {
    patient.look_up.emplace(std::move(started.value()));
  } else {
    patient.look_up_failed = started.error();
  }
}

bool look_up_done(Patient& patient, std::chrono::milliseconds patience) {
  if (!patient.look_up) return true;
  auto answer = patient.look_up->wait(patience);
  if (!answer && answer.error().posix == ETIMEDOUT) return false;
  patient.look_up.reset();
  if (!answer) {
    patient.look_up_failed = answer.error();
    return true;
  }
  const wire::Reply& reply = answer.value().reply;
  std::uint32_t ip = 0;
  if (reply.error != 0) {
    patient.look_up_failed = Error{reply.error, -1, notice_of(reply)};
  } else if (reply.size >= sizeof(ip)) {
    memcpy(&ip, reply.data.data(), sizeof(ip));
    patient.server = Ipv4{ip};
  } else {
    patient.look_up_failed = Error{ENOENT, -1, "no address"};
  }
  return true;
}

Finding examine_apn(Patient& patient) {
  const ModuleAnswer answer = ask_module(patient, "AT+CGDCONT?");
  if (!answer.ok()) return bad("AT+CGDCONT?: " + answer.text(), kOtherApn);
  if (!patient.config.apn.empty()) return good(patient.config.apn + ", by A7600_APN");
  for (const std::string& line : answer.lines) {
    // +CGDCONT: 1,"IP","internet",…
    if (!line.starts_with("+CGDCONT: 1,")) continue;
    const std::size_t apn = line.find("\",\"");
    if (apn == line.npos) break;
    const std::size_t end = line.find('"', apn + 3);
    if (end != line.npos && end > apn + 3) {
      return good(line.substr(apn + 3, end - apn - 3) + ", the module's own");
    }
  }
  return good("none: the network's default is used; if NETOPEN fails, set A7600_APN");
}

Finding examine_netopen(Patient& patient) {
  start_look_up(patient);
  const auto begin = Clock::now();
  while (!look_up_done(patient, 1000ms)) {
    const auto waited = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - begin);
    if (waited >= patient.options.patience) {
      return bad("not open after " + std::to_string(waited.count()) + " s", kOtherApn);
    }
    patient.report.progress(std::to_string(waited.count()) + " s");
  }
  // The bring-up's own words; that is the next step's.
  const bool no_address =
      patient.look_up_failed &&
      patient.look_up_failed->text.find("no address (AT+IPADDR)") != std::string::npos;
  if (no_address) return good("the network opens");
  const auto state = ask_module(patient, "AT+NETOPEN?").value("+NETOPEN");
  if (state == "1" || patient.server) return good("the network is open");
  if (patient.look_up_failed) return bad(patient.look_up_failed->text, kOtherApn);
  return bad("the network is closed", kOtherApn);
}

Finding examine_address(Patient& patient) {
  const ModuleAnswer answer = ask_module(patient, "AT+IPADDR");
  if (const auto address = answer.value("+IPADDR")) return good(*address);
  return bad("AT+IPADDR: " + answer.text(), "restart the module (`a7600 at --force AT+CRESET`)");
}

Finding examine_dns(Patient& patient) {
  const std::string host = url_of(patient).host;
  if (const auto number = Ipv4::parse(host)) {
    patient.server = *number;
    return good(host + " is a number");
  }
  if (patient.server) return good(host + " is " + patient.server->to_string());
  return bad("no address of " + host + ": " +
                 (patient.look_up_failed ? patient.look_up_failed->text : std::string("no answer")),
             "does the name exist? else the operator's name server fails, or the APN is one that "
             "leads nowhere");
}

Finding examine_connect(Patient& patient) {
  const Url url = url_of(patient);
  const Endpoint to{*patient.server, url.port};
  wire::Request make;
  make.op = wire::Op::kSocket;
  make.domain = AF_INET;
  make.type = SOCK_STREAM;
  auto made = call(patient.engine, make, 10s);
  if (!made) return bad(made.error().text, "see the message");
  if (made.value().reply.error != 0) return bad(notice_of(made.value().reply), "see the message");
  patient.socket = std::move(made.value().file);
  wire::Request request;
  request.op = wire::Op::kConnect;
  request.domain = AF_INET;
  request.set_endpoint(to);
  const auto begin = Clock::now();
  const auto answer =
      call(patient.engine, request, patient.config.connect_timeout + 5s, patient.socket.get());
  const char* advice = "is the server up, and does the operator let this port through?";
  if (!answer) return bad(to.to_string() + ": " + answer.error().text, advice);
  if (const int error = answer.value().reply.error) {
    return bad(to.to_string() + ": " + strerror(error), advice);
  }
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin);
  return good(to.to_string() + " in " + std::to_string(took.count()) + " ms");
}

Finding examine_throughput(Patient& patient) {
  const Url url = url_of(patient);
  const std::string request =
      "GET " + url.path + " HTTP/1.0\r\nHost: " + url.host + "\r\nUser-Agent: a7600-doctor\r\n\r\n";
  const int fd = patient.socket.get();
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size())) {
    return bad(std::string("send: ") + strerror(errno), "try again; then `a7600-trace` shows why");
  }
  std::array<char, 4096> piece;
  std::size_t received = 0;
  auto begin = Clock::now();
  auto latest = begin;
  std::string trouble;
  while (received < patient.options.sample) {
    pollfd poll{fd, POLLIN, 0};
    const auto limit = received == 0 ? begin + kFirstByte : begin + kSample;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - Clock::now()).count();
    if (::poll(&poll, 1, static_cast<int>(std::max<long long>(left, 0))) <= 0) {
      if (received == 0) trouble = "no answer from the server";
      break;
    }
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got < 0) trouble = strerror(errno);
    if (got == 0 && received == 0) trouble = "the server has closed without an answer";
    if (got <= 0) break;
    // The way there and back is not the line's speed.
    if (received == 0) begin = Clock::now();
    latest = Clock::now();
    received += static_cast<std::size_t>(got);
    patient.report.progress(received, patient.options.sample, std::to_string(received) + " bytes");
  }
  const std::chrono::duration<double> took = latest - begin;
  const std::string seen =
      std::to_string(received) + " bytes" +
      (took > 100ms ? ", " + rate_text(static_cast<double>(received) / took.count())
                    : std::string());
  if (!trouble.empty()) {
    return bad(seen + ", then: " + trouble, "try again; then `a7600-trace` shows where it breaks");
  }
  return good(seen);
}

}  // namespace a7600::tool
