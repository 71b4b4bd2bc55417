// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>

#include "delivery.h"
#include "errors.h"
#include "faults.h"
#include "linger.h"
#include "link.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "outlets.h"
#include "output.h"
#include "profile.h"
#include "router.h"
#include "servers.h"
#include "settings.h"

namespace a7600::sim {

// The module's TCP/IP: the PDP context, ten links and four servers.
class Stack final : public LinkUser, public ServersUser {
 public:
  enum class Net {
    kClosed,
    kOpening,
    kOpen,
    kDropped,  // closed unexpectedly, but AT+NETOPEN? says open until there is an AT+NETCLOSE
  };

  Stack(Loop& loop, const Options& options, const Profile& profile, const Router& router,
        Outlets& outlets, Faults& faults, Log& log);

  Settings settings;

  Net net() const { return net_; }
  bool net_open() const { return net_ == Net::kOpen; }
  // Activates the context, or fails to without registration; `done` is called later, never from
  // within. REQUIRES: kClosed.
  void open_net(bool registered, std::function<void(Err)> done);
  // It has been activated by a host before.
  void find_net_open() { net_ = Net::kOpen; }
  // Closes every link and server and deactivates the context.
  void close_net();
  // "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY": every link has ended, what was received stays.
  void drop_net(bool looks_open);
  Ipv4 ip() const { return options_.ip; }

  Link& link(int number) { return *links_[static_cast<std::size_t>(number)]; }
  // The host has asked for the link by this port.
  void opened_by(const Link& link, Outlet& outlet) { outlets_.opened(link.number(), &outlet); }
  // Dials on a free link; `done` is called within cipopen_timeout, never from within.
  void connect(Link& link, Endpoint to, std::uint16_t local_port, std::function<void(Err)> done);
  // Opens a free link for UDP.
  Err open_udp(Link& link, Endpoint peer, std::uint16_t local_port);
  // A payload for the link is awaited at one of the ports, or isn't any more.
  void await_payload(const Link& link, bool awaited) { of(link).payload_awaited = awaited; }
  // Gives a payload to a link, for `to` if it is UDP, and reports "+CIPSEND: n,req,cnf" to the port
  // that it came from once its fate is known.
  void send(Link& link, std::string_view payload, Endpoint to, Output& from);
  // Sends without a report, for data mode.
  void send_data(Link& link, std::string_view bytes, Endpoint to);
  bool sending(const Link& link) const { return of(link).requested != 0; }
  // Whether a send on it is under way, its payload perhaps not here yet.
  bool busy(const Link& link) const { return sending(link) || of(link).payload_awaited; }
  // Whether a send on it has failed in part: "the socket then cannot be used further" (manual 2.4).
  bool broken(const Link& link) const { return of(link).broken; }
  // Whether the host sees the link as open.
  bool in_use(const Link& link) const {
    return link.open() || (link.state() == Link::State::kEnded && faults_.on(Fault::kKeepClosed));
  }
  // The peer ends a link now.
  void end_link(Link& link);
  void close_link(Link& link);
  // "+IPCLOSE: n,reason" after closing it.
  void close_link(Link& link, CloseReason reason);

  // Whether the link is transparent mode's, in data mode or not.
  bool transparent(const Link& link) const {
    return settings.mode == 1 && link.number() == 0 && link.open();
  }

  Servers& servers() { return servers_; }
  Delivery& delivery() { return delivery_; }
  // Called when a link that was full has room again for data mode, and when a client of transparent
  // mode has come.
  std::function<void(Link&)> on_data_room;
  std::function<void(Link&)> on_data_client;

  // Lets the links and servers go on. Called at the end of each turn, after the line was flushed.
  void go_on();

  // Back to the state after power-up; the peers see resets.
  void reset();

  void on_connected(Link& link, Err err) override;
  void on_arrived(Link& link, bool was_empty) override;
  void on_ended(Link& link) override;
  void on_taken(Link& link) override;
  Endpoint seen_as(Endpoint real) override;
  bool can_take(int server) override;
  void take_client(int server, std::uint16_t port, UniqueFd fd) override;

 private:
  // What a command has under way on a link.
  struct Work {
    Work(Loop& loop, std::function<void()> timed_out, std::function<void()> look)
        : send_timer(loop, std::move(timed_out)), ack_timer(loop, std::move(look)) {}
    std::function<void(Err)> connected;
    bool payload_awaited = false;
    std::size_t requested = 0;       // bytes of the send that has no result yet
    Output* requested_by = nullptr;  // who is to be told its result
    bool broken = false;
    Timer send_timer;
    Timer ack_timer;
  };

  Work& of(const Link& link) { return *work_[static_cast<std::size_t>(link.number())]; }
  const Work& of(const Link& link) const { return *work_[static_cast<std::size_t>(link.number())]; }
  Route route(Endpoint to) const;
  Link* free_link(int server);
  void on_send_timeout(Link& link);
  void look_for_ack(Link& link);
  void report_send(Link& link, long confirmed);
  bool spoil_send(Link& link, std::string_view payload, Endpoint to);
  void let_peers_fail();
  void begin(Link& link);

  Loop& loop_;
  const Options& options_;
  const Router& router_;
  Outlets& outlets_;
  Faults& faults_;
  Log& log_;
  Linger linger_;
  Delivery::Links links_;
  std::array<std::unique_ptr<Work>, kLinks> work_;
  Delivery delivery_;
  Servers servers_;
  Net net_ = Net::kClosed;
  Err net_outcome_ = Err::kSucceeded;
  std::function<void(Err)> net_opened_;
  Timer net_timer_;
};

}  // namespace a7600::sim
