// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "errors.h"
#include "line.h"
#include "linger.h"
#include "link.h"
#include "log.h"
#include "loop.h"
#include "options.h"
#include "output.h"
#include "router.h"

namespace a7600::sim {

constexpr int kLinks = 10;

// What the CIP commands configure, with the manual's defaults. Not saved over a restart.
struct Settings {
  int rx_mode = 0;    // CIPRXGET: 0 direct push, 1 buffer access
  int head = 1;       // CIPHEAD
  int srip = 1;       // CIPSRIP
  int mode = 0;       // CIPMODE: 1 transparent
  int send_mode = 0;  // CIPSENDMODE: 1 waits for the peer's ACK
  Milliseconds netopen_timeout{120'000};
  Milliseconds cipopen_timeout{120'000};
  Milliseconds cipsend_timeout{120'000};
  // CIPCCFG, in its order.
  int retries = 10;
  int delay = 0;
  int ack = 0;
  int err_mode = 1;
  int header_type = 0;
  int async_mode = 0;
  int min_timeout = 500;
};

// The module's TCP/IP: the PDP context, ten links, and how what they receive reaches the host.
class Stack final : public LinkUser {
 public:
  enum class Net { kClosed, kOpening, kOpen };

  Stack(Loop& loop, const Options& options, const Router& router, Line& line, Output& output,
        Log& log);

  Settings settings;

  Net net() const { return net_; }
  bool net_open() const { return net_ == Net::kOpen; }
  // Activates the context; `done` is called within netopen_timeout. REQUIRES: kClosed.
  void open_net(std::function<void(Err)> done);
  // Closes every link and deactivates the context.
  void close_net();
  Ipv4 ip() const { return options_.ip; }

  Link& link(int number) { return *links_[static_cast<std::size_t>(number)]; }
  // Dials on a free link; `done` is called within cipopen_timeout, never from within.
  void connect(Link& link, Endpoint to, std::uint16_t local_port, std::function<void(Err)> done);
  // Gives a payload to a link and reports "+CIPSEND: n,req,cnf" once its fate is known.
  void send(Link& link, std::string_view payload);
  bool sending(const Link& link) const { return of(link).requested != 0; }
  void close_link(Link& link);

  // Answers AT+CIPRXGET=2: at most `length` bytes. REQUIRES: there are some.
  void read(Link& link, std::size_t length);
  // The host has changed the way it wants to receive.
  void rx_mode_changed();

  // Sends what the links have for the host, if it is to be pushed and the line has room.
  void pump();
  // Lets the links go on. Called at the end of each turn, after the line was flushed.
  void go_on();

  // Back to the state after power-up; the peers see resets.
  void reset();

  void on_connected(Link& link, Err err) override;
  void on_arrived(Link& link, bool was_empty) override;
  void on_ended(Link& link) override;
  void on_taken(Link& link) override;

 private:
  // What a command has under way on a link.
  struct Work {
    explicit Work(Loop& loop, std::function<void()> timed_out)
        : send_timer(loop, std::move(timed_out)) {}
    std::function<void(Err)> connected;
    std::size_t requested = 0;  // bytes of the send that has no result yet
    Timer send_timer;
  };

  Work& of(const Link& link) { return *work_[static_cast<std::size_t>(link.number())]; }
  const Work& of(const Link& link) const { return *work_[static_cast<std::size_t>(link.number())]; }
  void report_send(Link& link, long confirmed);
  void push(Link& link);

  Loop& loop_;
  const Options& options_;
  const Router& router_;
  Line& line_;
  Output& output_;
  Log& log_;
  Linger linger_;
  std::array<std::unique_ptr<Link>, kLinks> links_;
  std::array<std::unique_ptr<Work>, kLinks> work_;
  Net net_ = Net::kClosed;
  std::function<void(Err)> net_opened_;
  Timer net_timer_;
};

}  // namespace a7600::sim
