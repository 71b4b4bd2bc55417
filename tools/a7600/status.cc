// SPDX-License-Identifier: MIT
#include "status.h"

#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/ipv4.h"
#include "call.h"
#include "options.h"
#include "wire/status.h"

namespace a7600::tool {
namespace {

using namespace std::chrono_literals;
using nlohmann::ordered_json;

const char* name_of(wire::ModemState state) {
  switch (state) {
    case wire::ModemState::kPortClosed:
      return "port closed";
    case wire::ModemState::kOff:
      return "not in use yet";
    case wire::ModemState::kStarting:
      return "starting";
    case wire::ModemState::kUp:
      return "up";
  }
  return "";
}

const char* name_of(const wire::StatusLink& link) {
  switch (link.state) {
    case wire::SocketState::kConnecting:
      return link.link < 0 ? "waiting" : "connecting";
    case wire::SocketState::kConnected:
      return "connected";
    case wire::SocketState::kClosedByPeer:
      return "closed by peer";
    default:
      return "closing";
  }
}

// AT+CREG's <stat>, 3GPP TS 27.007.
const char* registration_name(int stat) {
  switch (stat) {
    case 0:
      return "not registered";
    case 1:
      return "home";
    case 2:
      return "searching";
    case 3:
      return "denied";
    case 5:
      return "roaming";
    default:
      return "unknown";
  }
}

// AT+CSQ's <rssi>: 0 is -113 dBm or less, each step 2 dB.
bool has_signal(int rssi) { return rssi >= 0 && rssi <= 31; }
int dbm_of(int rssi) { return -113 + 2 * rssi; }

template <std::size_t Size>
std::string string_of(const wire::Text<Size>& text) {
  return std::string(wire::text_of(text));
}

ordered_json text_or_null(std::string text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(std::move(text));
}

ordered_json json_of(const wire::Status& status) {
  const wire::StatusHead& head = status.head;
  ordered_json out;
  out["modem"] = {{"port", string_of(head.port)},
                  {"state", name_of(head.modem)},
                  {"waiting_for", text_or_null(string_of(head.obstacle))},
                  {"model", text_or_null(string_of(head.model))},
                  {"firmware", text_or_null(string_of(head.firmware))}};
  const bool known = head.registration >= 0;
  out["network"] = {
      {"operator", text_or_null(string_of(head.network_operator))},
      {"registration", known ? ordered_json(registration_name(head.registration)) : nullptr},
      {"signal_dbm", has_signal(head.signal) ? ordered_json(dbm_of(head.signal)) : nullptr},
      {"rssi", head.signal >= 0 ? ordered_json(head.signal) : nullptr},
      {"address", head.address != 0 ? ordered_json(Ipv4{head.address}.to_string()) : nullptr}};
  out["links"] = ordered_json::array();
  for (const wire::StatusLink& link : status.links) {
    out["links"].push_back(
        {{"link", link.link < 0 ? ordered_json(nullptr) : ordered_json(link.link)},
         {"type", link.type == SOCK_DGRAM ? "udp" : "tcp"},
         {"state", name_of(link)},
         {"peer", Endpoint{{link.peer_ip}, link.peer_port}.to_string()},
         {"local", Endpoint{{link.local_ip}, link.local_port}.to_string()},
         {"pid", link.pid},
         {"uid", link.uid},
         {"program", string_of(link.program)},
         {"rx_bytes", link.rx_bytes},
         {"tx_bytes", link.tx_bytes},
         {"rx_rate", link.rx_rate},
         {"tx_rate", link.tx_rate},
         {"rx_queued", link.rx_queued},
         {"tx_queued", link.tx_queued},
         {"age", link.age}});
  }
  out["servers"] = ordered_json::array();
  for (const wire::StatusServer& server : status.servers) {
    out["servers"].push_back({{"server", server.server},
                              {"port", server.port},
                              {"pid", server.pid},
                              {"program", string_of(server.program)}});
  }
  out["counters"] = {{"commands", head.commands},
                     {"errors", head.errors},
                     {"retries", head.retries},
                     {"resets", head.resets},
                     {"checks", head.checks},
                     {"restarts", head.restarts},
                     {"networks_lost", head.networks_lost},
                     {"lines_lost", head.lines_lost},
                     {"failed_bringups", head.failed_bringups},
                     {"module_resets", head.module_resets},
                     {"dropped_datagrams", head.dropped},
                     {"refused", head.refused},
                     {"rx_bytes", head.rx_bytes},
                     {"tx_bytes", head.tx_bytes},
                     {"sockets", head.sockets},
                     {"waiting", head.waiting}};
  out["engine"] = {{"pid", head.engine_pid}, {"uptime", head.uptime}};
  return out;
}

std::string or_unknown(std::string text) { return text.empty() ? "unknown" : text; }

void print(const wire::Status& status) {
  const wire::StatusHead& head = status.head;
  printf("modem     %s, %s, %s\n", string_of(head.port).c_str(),
         or_unknown(string_of(head.model)).c_str(), name_of(head.modem));
  if (!string_of(head.obstacle).empty()) printf("waiting   %s\n", string_of(head.obstacle).c_str());
  printf("firmware  %s\n", or_unknown(string_of(head.firmware)).c_str());
  printf("network   %s, %s", or_unknown(string_of(head.network_operator)).c_str(),
         head.registration >= 0 ? registration_name(head.registration) : "registration unknown");
  if (has_signal(head.signal)) printf(", %d dBm", dbm_of(head.signal));
  printf("\naddress   %s\n", head.address != 0 ? Ipv4{head.address}.to_string().c_str() : "none");
  printf("engine    pid %d, up %u s, %u sockets, %u waiting for a link\n", head.engine_pid,
         head.uptime, head.sockets, head.waiting);
  printf(
      "counters  %llu commands, %llu errors, %llu retries, %llu resets, %llu datagrams dropped, "
      "%llu refused\n",
      static_cast<unsigned long long>(head.commands), static_cast<unsigned long long>(head.errors),
      static_cast<unsigned long long>(head.retries), static_cast<unsigned long long>(head.resets),
      static_cast<unsigned long long>(head.dropped), static_cast<unsigned long long>(head.refused));
  printf(
      "trouble   %llu checks, %llu restarts, %llu networks and %llu lines lost, %llu bring-ups "
      "failed, %llu module resets\n",
      static_cast<unsigned long long>(head.checks), static_cast<unsigned long long>(head.restarts),
      static_cast<unsigned long long>(head.networks_lost),
      static_cast<unsigned long long>(head.lines_lost),
      static_cast<unsigned long long>(head.failed_bringups),
      static_cast<unsigned long long>(head.module_resets));
  if (!status.links.empty()) {
    printf("\n%-4s %-4s %-14s %-21s %-15s %7s %12s %12s %9s %9s %6s\n", "link", "type", "state",
           "peer", "program", "pid", "received", "sent", "in B/s", "out B/s", "age");
  }
  for (const wire::StatusLink& link : status.links) {
    printf("%-4s %-4s %-14s %-21s %-15s %7d %12llu %12llu %9u %9u %5us\n",
           link.link < 0 ? "-" : std::to_string(link.link).c_str(),
           link.type == SOCK_DGRAM ? "udp" : "tcp", name_of(link),
           Endpoint{{link.peer_ip}, link.peer_port}.to_string().c_str(),
           string_of(link.program).c_str(), link.pid,
           static_cast<unsigned long long>(link.rx_bytes),
           static_cast<unsigned long long>(link.tx_bytes), link.rx_rate, link.tx_rate, link.age);
  }
  for (const wire::StatusServer& server : status.servers) {
    printf("server %d on port %u: %s (pid %d)\n", server.server, server.port,
           string_of(server.program).c_str(), server.pid);
  }
}

Result<wire::Status> ask(const std::string& engine) {
  wire::Request request;
  request.op = wire::Op::kStatus;
  auto answer = call(engine, request, 10s);
  if (!answer) return answer.error();
  const int posix = answer.value().reply.error;
  if (posix != 0) return Error{posix, -1, engine + ": " + strerror(posix)};
  return wire::read_status(answer.value().file.get());
}

}  // namespace

int show_status(const Result<config::Config>& config, bool json, bool watch) {
  if (!config) return complain(config.error().text);
  const bool terminal = ::isatty(STDOUT_FILENO) != 0;
  for (bool first = true;; first = false) {
    const auto engine = find_engine(config.value(), true);
    if (!engine) {
      return complain("no shared engine runs for " + config.value().port +
                      "; `a7600 run` and `a7600 serve` start one");
    }
    const auto status = ask(*engine);
    if (!status) return complain(status.error().text);
    if (json) {
      // A line each, for a program that reads on.
      printf("%s\n", json_of(status.value()).dump(watch ? -1 : 2).c_str());
    } else {
      if (watch && terminal) printf("\033[H\033[2J");
      if (watch && !terminal && !first) printf("\n");
      print(status.value());
    }
    fflush(stdout);
    if (!watch) return 0;
    ::poll(nullptr, 0, 1000);
  }
}

}  // namespace a7600::tool
