// SPDX-License-Identifier: MIT
#include "router.h"

#include "command.h"

namespace a7600::sim {
namespace {

constexpr std::size_t kMaxName = 254;
constexpr std::size_t kMaxLabel = 63;

bool is_loopback(Ipv4 ip) { return ip.value >> 24 == 127; }

// -1: doesn't match; more is more specific.
int rank(const MapRule& rule, Endpoint to) {
  if (rule.ip && *rule.ip != to.ip) return -1;
  if (rule.port && *rule.port != to.port) return -1;
  return (rule.ip ? 2 : 0) + (rule.port ? 1 : 0);
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

Route Router::route(Endpoint to) const {
  const MapRule* best = nullptr;
  for (const MapRule& rule : maps_) {
    const int found = rank(rule, to);
    if (found >= 0 && (best == nullptr || found >= rank(*best, to))) best = &rule;
  }
  if (best != nullptr) {
    return {best->fate, best->err,
            Endpoint{best->real_ip.value_or(to.ip), best->real_port.value_or(to.port)}};
  }
  const bool dial = is_loopback(to.ip) || allow_external_;
  return {dial ? Fate::kDial : unmapped_, 0, to};
}

Endpoint Router::seen_as(Endpoint real) const {
  const MapRule* found = nullptr;
  for (const MapRule& rule : maps_) {
    if (rule.fate != Fate::kDial || !rule.ip || rule.real_ip != real.ip) continue;
    if (rule.real_port && *rule.real_port != real.port) continue;
    if (found != nullptr) return real;
    found = &rule;
  }
  if (found == nullptr) return real;
  // Without a port of its own on the module's side, the real one is shown.
  return {*found->ip, found->real_port && found->port ? *found->port : real.port};
}

std::vector<Ipv4> Router::resolve(std::string_view name) const {
  if (const auto ip = Ipv4::parse(name)) return {*ip};
  std::vector<Ipv4> addresses;
  for (const DnsRule& rule : names_) {
    if (same_name(rule.name, name)) addresses.push_back(rule.ip);
  }
  if (!addresses.empty()) return addresses;
  for (const DnsRule& rule : names_) {
    if (rule.name == "*") addresses.push_back(rule.ip);
  }
  return addresses;
}

bool valid_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName) return false;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
      continue;
    }
    if (!is_alphanumeric(c) && (c != '-' || label == 0)) return false;
    if (++label > kMaxLabel) return false;
  }
  return label != 0;
}

}  // namespace a7600::sim
