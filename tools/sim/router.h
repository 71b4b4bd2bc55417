// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/ipv4.h"
#include "options.h"

namespace a7600::sim {

// Where a connection goes, or how it fails.
struct Route {
  Fate fate = Fate::kDial;
  int err = 0;
  Endpoint real;
};

// The network between the module and the real sockets: which real address stands for one that the
// module sees, and the other way round, and which names it knows.
class Router {
 public:
  explicit Router(const Options& options)
      : maps_(options.maps),
        names_(options.names),
        unmapped_(options.unmapped),
        allow_external_(options.allow_external) {}

  // The rule that names the port as well wins; of equals, the last one given.
  Route route(Endpoint to) const;
  // The address under which the module sees a real peer: the only one mapped to it, else its own.
  Endpoint seen_as(Endpoint real) const;
  // The addresses of a name in the order given; none is an unknown name. Case doesn't matter; an
  // address in digits is its own.
  std::vector<Ipv4> resolve(std::string_view name) const;

  void add(const MapRule& rule) { maps_.push_back(rule); }
  void add(const DnsRule& rule) { names_.push_back(rule); }

 private:
  std::vector<MapRule> maps_;
  std::vector<DnsRule> names_;
  Fate unmapped_;
  bool allow_external_;
};

// Whether the manual's 2.17 allows `name` in AT+CDNSGIP.
bool valid_name(std::string_view name);

}  // namespace a7600::sim
