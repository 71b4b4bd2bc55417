// SPDX-License-Identifier: MIT
#include "stack.h"

#include <algorithm>
#include <utility>

#include "text.h"

namespace a7600::sim {
namespace {

// The most that one URC of direct push mode carries (manual 2.5, note 3).
constexpr std::size_t kMaxPush = 1500;

}  // namespace

Stack::Stack(Loop& loop, const Options& options, const Router& router, Line& line, Output& output,
             Log& log)
    : loop_(loop),
      options_(options),
      router_(router),
      line_(line),
      output_(output),
      log_(log),
      linger_(loop),
      net_timer_(loop, [this] {
        net_ = Net::kOpen;
        std::exchange(net_opened_, nullptr)(Err::kSucceeded);
      }) {
  for (int i = 0; i < kLinks; ++i) {
    const auto index = static_cast<std::size_t>(i);
    links_[index] =
        std::make_unique<Link>(loop, *this, linger_, i, options.rx_buffer, options.net_latency);
    // cnf < req: the stack didn't get rid of it in time, and the socket is of no further use.
    work_[index] = std::make_unique<Work>(loop, [this, index] {
      Link& link = *links_[index];
      report_send(link, static_cast<long>(of(link).requested - link.untaken()));
      link.close();
      Text text;
      text << "+IPCLOSE: " << link.number() << ','
           << static_cast<int>(CloseReason::kSendTimeoutOrDtr);
      output_.urc(text);
    });
  }
}

void Stack::open_net(std::function<void(Err)> done) {
  net_ = Net::kOpening;
  net_opened_ = std::move(done);
  net_timer_.after(2 * options_.net_latency);
}

void Stack::close_net() {
  for (auto& link : links_) close_link(*link);
  net_timer_.cancel();
  net_opened_ = nullptr;
  net_ = Net::kClosed;
}

void Stack::connect(Link& link, Endpoint to, std::uint16_t local_port,
                    std::function<void(Err)> done) {
  of(link).connected = std::move(done);
  link.connect(to, router_.route(to), local_port, settings.cipopen_timeout);
}

void Stack::on_connected(Link& link, Err err) {
  if (log_.enabled()) {
    Text text;
    text << "link " << link.number() << " to " << link.peer() << ": <err> "
         << static_cast<int>(err);
    log_.event(text);
  }
  if (auto done = std::exchange(of(link).connected, nullptr)) done(err);
}

void Stack::send(Link& link, std::string_view payload) {
  Work& work = of(link);
  work.requested = payload.size();
  // It was open when the host was prompted.
  if (!link.open()) return report_send(link, -1);
  link.send(payload);
  if (link.taken()) {
    report_send(link, static_cast<long>(work.requested));
  } else {
    work.send_timer.after(settings.cipsend_timeout);
  }
}

void Stack::on_taken(Link& link) {
  if (sending(link)) report_send(link, static_cast<long>(of(link).requested));
}

void Stack::report_send(Link& link, long confirmed) {
  Work& work = of(link);
  Text text;
  text << "+CIPSEND: " << link.number() << ',' << std::exchange(work.requested, 0) << ','
       << confirmed;
  work.send_timer.cancel();
  output_.urc(text);
}

void Stack::close_link(Link& link) {
  if (sending(link)) report_send(link, -1);
  link.close();
  if (auto done = std::exchange(of(link).connected, nullptr)) done(Err::kNetworkFailure);
}

void Stack::on_arrived(Link& link, bool was_empty) {
  if (settings.rx_mode == 0) {
    push(link);
  } else if (was_empty) {
    Text text;
    text << "+CIPRXGET: 1," << link.number();
    output_.urc(text);
  }
}

void Stack::on_ended(Link& link) {
  if (log_.enabled()) {
    Text text;
    text << "link " << link.number() << " ended by its peer, " << link.received().size()
         << " bytes unread";
    log_.event(text);
  }
  if (sending(link)) report_send(link, -1);
  Text text;
  text << "+IPCLOSE: " << link.number() << ',' << static_cast<int>(CloseReason::kByRemote);
  output_.urc(text);
}

void Stack::read(Link& link, std::size_t length) {
  Ring& ring = link.received();
  const std::size_t count = std::min(length, ring.size());
  Text header;
  header << "+CIPRXGET: 2," << link.number() << ',' << count << ',' << ring.size() - count;
  const auto pieces = ring.front(count);
  output_.info_with_data(header, pieces[0], pieces[1]);
  ring.drop(count);
}

void Stack::push(Link& link) {
  Ring& ring = link.received();
  while (!ring.empty() && line_.room()) {
    const std::size_t count = std::min(kMaxPush, ring.size());
    line_.write("\r\n");
    if (settings.srip != 0) {
      Text text;
      text << "RECV FROM:" << link.peer() << "\r\n";
      line_.write(text);
    }
    if (settings.head != 0) {
      Text text;
      text << "+IPD" << count << "\r\n";
      line_.write(text);
    }
    for (const std::string_view piece : ring.front(count)) line_.write(piece);
    ring.drop(count);
  }
}

void Stack::pump() {
  if (settings.rx_mode != 0) return;
  for (auto& link : links_) push(*link);
}

void Stack::rx_mode_changed() {
  for (auto& link : links_) {
    if (!link->received().empty()) on_arrived(*link, true);
  }
}

void Stack::go_on() {
  for (auto& link : links_) link->go_on();
  linger_.sweep();
}

void Stack::reset() {
  for (std::size_t i = 0; i < links_.size(); ++i) {
    links_[i]->reset();
    work_[i]->connected = nullptr;
    work_[i]->requested = 0;
    work_[i]->send_timer.cancel();
  }
  net_timer_.cancel();
  net_opened_ = nullptr;
  net_ = Net::kClosed;
  settings = {};
}

}  // namespace a7600::sim
