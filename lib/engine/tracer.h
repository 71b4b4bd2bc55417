// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "chat/chat.h"
#include "chat/observer.h"
#include "engine/socket.h"
#include "modem/host.h"
#include "modem/modem.h"
#include "trace/packet.h"
#include "trace/writer.h"

namespace a7600::engine {

// Writes what happens to a trace, while there is one to write. It stands between the modem and its
// host and sees there what connections carry, and sees what the chat says; so the engine itself has
// few places that know of it. Each costs one branch while nothing is traced.
class Tracer final : public modem::Host {
 public:
  using Find = std::function<const Socket*(modem::ConnectionId)>;

  // `now` is the engine's time of what happens. `find` is only used while tracing.
  Tracer(modem::Host& next, const chat::TimePoint& now, Find find)
      : next_(next), now_(now), find_(std::move(find)) {}

  bool on() const { return writer_.has_value(); }
  void start(trace::Writer writer, modem::Modem& modem);
  void stop();
  // Writes what has been collected; to be called before the engine sleeps. On failure tracing
  // ends, with a line in the log.
  void flush() {
    if (on()) write_out();
  }
  // A slow reader (a pipe's) has not taken everything yet.
  bool has_pending() const { return on() && writer_->has_pending(); }
  // The engine's time has stood still for so long.
  void leave_out(std::chrono::nanoseconds gap) {
    left_out_ += gap;
    to_wall_clock_ += gap;
  }

  // ---- The line
  void received(modem::Via via, std::span<const std::byte> bytes) {
    if (on()) writer_->serial(port_of(via), trace::Direction::kIn, bytes, false, time());
  }
  void written(modem::Via via, std::span<const std::byte> bytes) {
    const Channel& channel = via == modem::Via::kFirst ? first_ : side_;
    if (!on()) return;
    writer_->serial(port_of(via), trace::Direction::kOut, bytes, channel.payload_leaves(), time());
  }

  // ---- What the engine is asked to do
  // A program's report of one of its calls, as trace::encode() wrote it.
  void report(std::span<const std::byte> bytes, modem::ConnectionId socket);
  void connecting(const Socket& socket);
  void looking_up(modem::QueryId id, std::string_view name);
  void closing(const Socket& socket);
  // The program has written something.
  void writable(modem::ConnectionId id) {
    if (on()) connections_[id].writable_since.emplace(now_);
  }

 private:
  // What is known of a connection while it is traced.
  struct Connection {
    std::optional<trace::TcpFlow> flow;
    bool syn_sent = false;
    bool finished_in = false;   // the peer's FIN or a RST was written
    bool finished_out = false;  // ours
    int link = -1;
    chat::TimePoint connecting_since{};
    chat::TimePoint closing_since{};
    std::optional<chat::TimePoint> writable_since;
    std::optional<chat::TimePoint> readable_since;
  };
  struct LookUp {
    std::string name;
    chat::TimePoint since;
  };
  // What passes over one of the AT channels.
  class Channel final : public chat::Observer {
   public:
    Channel(Tracer& tracer, modem::Via via) : tracer_(tracer), via_(via) {}
    bool payload_leaves() const { return payload_leaves_; }
    void stop() { command_.reset(); }

    void sent(const chat::Command& command) override;
    void prompted() override;
    void line(std::string_view line, bool asked) override;
    void answered(const chat::Answer& answer) override;

   private:
    chat::TimePoint since(const chat::Command& command, modem::ConnectionId id) const;

    Tracer& tracer_;
    modem::Via via_;
    std::optional<trace::Record> command_;  // in flight
    chat::Shape shape_ = chat::Shape::kPlain;
    chat::TimePoint last_answer_{};
    bool payload_leaves_ = false;
  };

  // ---- modem::Host: traced, then handed on
  void opened(modem::ConnectionId id) override;
  void open_failed(modem::ConnectionId id, const Error& error) override;
  std::size_t take(modem::ConnectionId id, std::span<std::byte> into) override;
  bool give(modem::ConnectionId id, std::span<const std::byte> bytes) override;
  std::optional<Datagram> take_datagram(modem::ConnectionId id, std::span<std::byte> into) override;
  bool give_datagram(modem::ConnectionId id, const Endpoint& from,
                     std::span<const std::byte> bytes) override;
  void ended(modem::ConnectionId id, const modem::End& end) override;
  void acknowledged(modem::ConnectionId id, const std::optional<at::Ack>& ack) override {
    next_.acknowledged(id, ack);
  }
  void closed(modem::ConnectionId id) override;
  void listening(modem::ServerId id) override;
  void listen_failed(modem::ServerId id, const Error& error) override;
  std::optional<modem::ConnectionId> accepted(modem::ServerId id, const Endpoint& peer) override;
  void resolved(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) override;
  void command_answered(modem::CommandId id, const modem::CommandAnswer& answer) override;
  bool open_side_line() override { return next_.open_side_line(); }
  void close_side_line() override { next_.close_side_line(); }
  bool line_is_drained() override { return next_.line_is_drained(); }
  int line_rate() override { return next_.line_rate(); }
  bool set_line_rate(int baud) override { return next_.set_line_rate(baud); }
  void use_rtscts(bool on) override { next_.use_rtscts(on); }
  bool hold_module(bool on) override { return next_.hold_module(on); }
  bool set_dtr(bool up) override { return next_.set_dtr(up); }
  void reopen() override { next_.reopen(); }
  void log(log::Level level, std::string_view text) override;

  static trace::AtPort port_of(modem::Via via) {
    return via == modem::Via::kFirst ? trace::AtPort::kFirst : trace::AtPort::kSecond;
  }
  trace::Time time() const { return time(now_); }
  trace::Time time(chat::TimePoint at) const {
    return (at.time_since_epoch() + to_wall_clock_).count();
  }
  void write_out();
  trace::TcpFlow* flow(modem::ConnectionId id);
  void data(modem::ConnectionId id, trace::Direction direction, std::span<const std::byte> bytes);
  void finish_flow(Connection& connection, trace::Direction direction, std::uint8_t flags,
                   std::string_view why);
  void state(trace::State state, modem::ConnectionId id, int error = 0, std::string_view text = {});

  modem::Host& next_;
  const chat::TimePoint& now_;
  Find find_;
  std::optional<trace::Writer> writer_;
  modem::Modem* modem_ = nullptr;
  std::chrono::nanoseconds to_wall_clock_{};
  std::chrono::nanoseconds left_out_{};

  std::map<modem::ConnectionId, Connection> connections_;
  std::map<modem::QueryId, LookUp> look_ups_;
  Channel first_{*this, modem::Via::kFirst};
  Channel side_{*this, modem::Via::kSide};
};

}  // namespace a7600::engine
