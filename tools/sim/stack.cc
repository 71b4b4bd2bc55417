// SPDX-License-Identifier: MIT
#include "stack.h"

#include <algorithm>
#include <utility>

#include "sockets.h"
#include "text.h"

namespace a7600::sim {
namespace {

constexpr Milliseconds kAckPoll{1};

}  // namespace

Stack::Stack(Loop& loop, const Options& options, const Profile& profile, const Router& router,
             Outlets& outlets, Faults& faults, Log& log)
    : loop_(loop),
      options_(options),
      router_(router),
      outlets_(outlets),
      faults_(faults),
      log_(log),
      linger_(loop),
      delivery_(loop, settings, profile, outlets, faults, links_),
      servers_(loop, options, *this),
      net_timer_(loop, [this] {
        const Err err = faults_.happens(Fault::kNetError)
                            ? static_cast<Err>(faults_.value(Fault::kNetError))
                            : net_outcome_;
        net_ = err == Err::kSucceeded ? Net::kOpen : Net::kClosed;
        std::exchange(net_opened_, nullptr)(err);
      }) {
  for (int i = 0; i < kLinks; ++i) {
    const auto index = static_cast<std::size_t>(i);
    links_[index] =
        std::make_unique<Link>(loop, *this, linger_, i, options.rx_buffer, options.net_latency);
    work_[index] = std::make_unique<Work>(
        loop, [this, index] { on_send_timeout(*links_[index]); },
        [this, index] { look_for_ack(*links_[index]); });
  }
}

void Stack::open_net(bool registered, std::function<void(Err)> done) {
  net_ = Net::kOpening;
  net_outcome_ = registered ? Err::kSucceeded : Err::kNetworkFailure;
  net_opened_ = std::move(done);
  net_timer_.after(2 * options_.net_latency);
}

void Stack::close_net() {
  for (auto& link : links_) close_link(*link);
  servers_.stop_all();
  net_timer_.cancel();
  net_opened_ = nullptr;
  net_ = Net::kClosed;
}

void Stack::drop_net(bool looks_open) {
  for (auto& link : links_) {
    if (sending(*link)) report_send(*link, -1);
    delivery_.forget(*link);
    if (link->state() != Link::State::kFree) link->cut();
    if (auto done = std::exchange(of(*link).connected, nullptr)) done(Err::kNetworkFailure);
  }
  servers_.stop_all();
  net_ = looks_open ? Net::kDropped : Net::kClosed;
  if (delivery_.data()) delivery_.on_data_ended();
  outlets_.urc(-1, "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
}

// The module's own address leads to its own servers and UDP links, if the network lets it.
Route Stack::route(Endpoint to) const {
  if (!options_.hairpin || to.ip != options_.ip) return router_.route(to);
  for (const auto& link : links_) {
    if (link->open() && link->type() == Link::Type::kUdp && link->local_port() == to.port) {
      return {Fate::kDial, 0, link->real_end()};
    }
  }
  const std::uint16_t port = servers_.real_port(to.port);
  if (port == 0) return {Fate::kRefuse, 0, to};
  return {Fate::kDial, 0, {Ipv4{0x7f000001}, port}};
}

Endpoint Stack::seen_as(Endpoint real) {
  if (options_.hairpin) {
    for (const auto& link : links_) {
      if (link->state() == Link::State::kFree || link->real_end() != real) continue;
      return {options_.ip, link->local_port() != 0 ? link->local_port() : real.port};
    }
  }
  return router_.seen_as(real);
}

void Stack::connect(Link& link, Endpoint to, std::uint16_t local_port,
                    std::function<void(Err)> done) {
  begin(link);
  of(link).connected = std::move(done);
  Route way = route(to);
  if (faults_.happens(Fault::kOpenError)) {
    way = {Fate::kErr, static_cast<int>(faults_.value(Fault::kOpenError)), to};
  }
  link.connect(to, way, local_port, settings.cipopen_timeout);
}

// A link gets a new life.
void Stack::begin(Link& link) {
  delivery_.forget(link);
  of(link).broken = false;
  link.set_overflow(faults_.on(Fault::kOverflow));
}

void Stack::on_connected(Link& link, Err err) {
  if (log_.enabled()) {
    Text text;
    text << "link " << link.number() << " to " << link.peer() << ": <err> "
         << static_cast<int>(err);
    log_.event(text);
  }
  if (err == Err::kSucceeded && faults_.happens(Fault::kOpenAnyway)) err = Err::kTimeout;
  if (auto done = std::exchange(of(link).connected, nullptr)) done(err);
}

Err Stack::open_udp(Link& link, Endpoint peer, std::uint16_t local_port) {
  if (faults_.happens(Fault::kOpenError)) {
    return static_cast<Err>(faults_.value(Fault::kOpenError));
  }
  for (const auto& other : links_) {
    const bool taken = other->open() && other->type() == Link::Type::kUdp;
    // Port 0 is any free one, as often as wanted.
    if (taken && local_port != 0 && other->local_port() == local_port) return Err::kBindFailed;
  }
  UniqueFd fd = servers_.bind_udp(local_port, options_.allow_external);
  if (!fd) return Err::kBindFailed;
  begin(link);
  link.open_udp(std::move(fd), peer, local_port);
  return Err::kSucceeded;
}

void Stack::send_data(Link& link, std::string_view bytes, Endpoint to) {
  if (link.type() == Link::Type::kUdp) {
    link.send_to(to, route(to), bytes);
  } else {
    link.send(bytes);
  }
}

void Stack::send(Link& link, std::string_view payload, Endpoint to, Output& from) {
  Work& work = of(link);
  work.requested = payload.size();
  work.requested_by = &from;
  // It was open when the host was prompted.
  if (!link.open()) return report_send(link, -1);
  if (spoil_send(link, payload, to)) return;
  send_data(link, payload, to);
  const bool wait_for_ack = settings.send_mode == 1 && link.type() == Link::Type::kTcp;
  if (link.taken() && !wait_for_ack) {
    report_send(link, static_cast<long>(work.requested));
    return;
  }
  work.send_timer.after(settings.cipsend_timeout);
  // An ACK takes the network both ways.
  if (wait_for_ack) work.ack_timer.after(2 * options_.net_latency);
}

// The faults of a send. False if there was none.
bool Stack::spoil_send(Link& link, std::string_view payload, Endpoint to) {
  if (!faults_.any()) return false;
  if (faults_.happens(Fault::kSendFailed)) {
    report_send(link, -1);
    end_link(link);
    return true;
  }
  if (faults_.happens(Fault::kNoSendResult)) {
    send_data(link, payload, to);
    of(link).requested = 0;
    return true;
  }
  std::size_t sent = 0;
  if (faults_.happens(Fault::kShortSend)) {
    const auto wanted = static_cast<std::size_t>(faults_.value(Fault::kShortSend));
    sent = std::min(wanted != 0 ? wanted : payload.size() / 2, payload.size() - 1);
  } else if (!faults_.happens(Fault::kSendZero)) {
    return false;
  }
  if (sent > 0) send_data(link, payload.substr(0, sent), to);
  of(link).broken = true;
  report_send(link, static_cast<long>(sent));
  return true;
}

void Stack::end_link(Link& link) {
  if (sending(link)) report_send(link, -1);
  link.cut();
  delivery_.ended(link);
}

void Stack::on_taken(Link& link) {
  if (sending(link) && settings.send_mode == 0) {
    report_send(link, static_cast<long>(of(link).requested));
  }
  if (on_data_room) on_data_room(link);
}

void Stack::look_for_ack(Link& link) {
  if (link.acknowledged_bytes() == link.sent_bytes()) {
    report_send(link, static_cast<long>(of(link).requested));
  } else {
    of(link).ack_timer.after(kAckPoll);
  }
}

// cnf < req: the stack didn't get rid of it in time, and the socket is of no further use.
void Stack::on_send_timeout(Link& link) {
  const std::size_t open =
      settings.send_mode == 1
          ? static_cast<std::size_t>(link.sent_bytes() - link.acknowledged_bytes())
          : link.untaken();
  const std::size_t requested = of(link).requested;
  report_send(link, static_cast<long>(requested - std::min(requested, open)));
  close_link(link, CloseReason::kSendTimeoutOrDtr);
}

void Stack::report_send(Link& link, long confirmed) {
  Work& work = of(link);
  Text text;
  text << "+CIPSEND: " << link.number() << ',' << std::exchange(work.requested, 0) << ','
       << confirmed;
  work.send_timer.cancel();
  work.ack_timer.cancel();
  work.requested_by->urc(text);
}

void Stack::close_link(Link& link) {
  if (sending(link)) report_send(link, -1);
  delivery_.forget(link);
  link.close();
  if (auto done = std::exchange(of(link).connected, nullptr)) done(Err::kNetworkFailure);
}

void Stack::close_link(Link& link, CloseReason reason) {
  close_link(link);
  Text text;
  text << "+IPCLOSE: " << link.number() << ',' << static_cast<int>(reason);
  outlets_.urc(link.number(), text);
}

void Stack::on_arrived(Link& link, bool was_empty) { delivery_.arrived(link, was_empty); }

void Stack::on_ended(Link& link) {
  if (log_.enabled()) {
    Text text;
    text << "link " << link.number() << " ended by its peer, " << link.received().size()
         << " bytes unread";
    log_.event(text);
  }
  if (sending(link)) report_send(link, -1);
  delivery_.ended(link);
}

// Transparent mode belongs to the first server and the first link; the others use the other links.
Link* Stack::free_link(int server) {
  const bool transparent = settings.mode == 1;
  const int first = transparent && server != 0 ? 1 : 0;
  const int last = transparent && server == 0 ? 1 : kLinks;
  for (int i = first; i < last; ++i) {
    const bool high = !transparent && faults_.on(Fault::kClientsHigh);
    Link& candidate = link(high ? kLinks - 1 - i : i);
    const bool drained = candidate.received().empty();
    if (!in_use(candidate) && candidate.state() != Link::State::kConnecting && drained) {
      return &candidate;
    }
  }
  return nullptr;
}

bool Stack::can_take(int server) { return free_link(server) != nullptr; }

void Stack::take_client(int server, std::uint16_t port, UniqueFd fd) {
  Link& link = *free_link(server);
  const Endpoint peer = seen_as(peer_end(fd.get()));
  begin(link);
  outlets_.opened(link.number(), nullptr);
  link.adopt(std::move(fd), peer, port, server);
  Text text;
  text << "+CLIENT: " << link.number() << ',' << server << ',' << peer;
  outlets_.urc(link.number(), text);
  if (settings.mode == 1 && server == 0) on_data_client(link);
}

// The faults that depend on how much has been received.
void Stack::let_peers_fail() {
  std::uint64_t all = 0;
  for (auto& link : links_) {
    const std::uint64_t received = link->received_bytes();
    all += received;
    const bool due = link->open() && link->type() == Link::Type::kTcp &&
                     received >= static_cast<std::uint64_t>(faults_.value(Fault::kRemoteClose));
    if (due && faults_.happens(Fault::kRemoteClose)) end_link(*link);
  }
  for (const Fault fault : {Fault::kNetDrop, Fault::kNetDropOpen}) {
    const bool due = net_open() && all >= static_cast<std::uint64_t>(faults_.value(fault));
    if (due && faults_.happens(fault)) drop_net(fault == Fault::kNetDropOpen);
  }
}

void Stack::go_on() {
  for (auto& link : links_) link->go_on();
  servers_.go_on();
  linger_.sweep();
  if (faults_.any()) let_peers_fail();
}

void Stack::reset() {
  for (auto& link : links_) {
    link->reset();
    delivery_.forget(*link);
    Work& work = of(*link);
    work.connected = nullptr;
    work.payload_awaited = false;
    work.requested = 0;
    work.broken = false;
    work.send_timer.cancel();
    work.ack_timer.cancel();
  }
  servers_.stop_all();
  delivery_.stop_data();
  net_timer_.cancel();
  net_opened_ = nullptr;
  net_ = Net::kClosed;
  settings = {};
}

}  // namespace a7600::sim
