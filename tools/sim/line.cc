// SPDX-License-Identifier: MIT
#include "line.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace a7600::sim {
namespace {

constexpr std::size_t kReadSize = 65536;
constexpr int kRounds = 8;
constexpr std::uint32_t kUsualRate = 115200;
constexpr std::uint64_t kMaxFragment = 64;

}  // namespace

Line::Line(Loop& loop, Pty& pty, Log& log, Faults& faults, LineUser& user, std::uint32_t baud,
           Marks marks)
    : loop_(loop),
      pty_(pty),
      log_(log),
      faults_(faults),
      user_(user),
      marks_(marks),
      port_(loop, [this](std::uint32_t events) { on_ready(events); }),
      rate_(baud != 0 ? baud : kUsualRate),
      in_pace_(baud),
      in_timer_(loop,
                [this] {
                  deliver({in_.data(), std::exchange(in_size_, 0)});
                  if (up_ && reading_ && !in_timer_.armed()) take_slice(true);
                }),
      in_(kReadSize),
      out_pace_(baud),
      out_timer_(loop,
                 [this] {
                   send(std::exchange(slice_, 0));
                   if (!blocked_ && !out_timer_.armed()) start_slice(true);
                 }),
      hold_timer_(loop, [this] { flush(); }) {
  start();
}

void Line::start() {
  stop();
  up_ = true;
  port_.start(pty_.master(), EPOLLIN);
  watch();
}

void Line::stop() {
  up_ = false;
  port_.stop();
  in_timer_.cancel();
  in_size_ = 0;
  blocked_ = false;
  drop_output();
}

void Line::drop_output() {
  out_timer_.cancel();
  slice_ = 0;
  out_.clear();
  sent_ = 0;
}

void Line::set_reading(bool reading) {
  if (reading_ == reading) return;
  reading_ = reading;
  watch();
}

void Line::set_rate(std::uint32_t rate) {
  rate_ = rate;
  if (!out_pace_.on() || rate == 0) return;
  in_pace_.set_baud(rate);
  out_pace_.set_baud(rate);
}

// A slice that is under way is waited for by its timer, not by the port.
void Line::watch() {
  if (!up_) return;
  const bool input = reading_ && !in_timer_.armed();
  port_.change((input ? std::uint32_t{EPOLLIN} : 0U) | (blocked_ ? std::uint32_t{EPOLLOUT} : 0U));
}

void Line::set_blocked(bool blocked) {
  blocked_ = blocked;
  watch();
}

void Line::on_ready(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && blocked_) {
    set_blocked(false);
    flush();
  }
  if ((events & EPOLLIN) != 0 && reading_ && !in_timer_.armed()) take_input();
}

void Line::take_input() {
  if (in_pace_.on()) {
    take_slice(false);
    return;
  }
  const ssize_t got = ::read(pty_.master(), in_.data(), in_.size());
  if (got > 0) deliver({in_.data(), static_cast<std::size_t>(got)});
}

// Bytes that were waiting in the port when the last slice ended follow it on the line at once.
void Line::take_slice(bool next) {
  const ssize_t got = ::read(pty_.master(), in_.data(), std::min(in_pace_.slice(), in_.size()));
  if (got > 0) {
    in_size_ = static_cast<std::size_t>(got);
    in_timer_.at(next ? in_pace_.put_next(loop_.now(), in_size_)
                      : in_pace_.put(loop_.now(), in_size_));
  }
  watch();
}

void Line::deliver(std::string_view bytes) {
  bytes_in_ += bytes.size();
  if (log_.enabled()) log_.bytes(marks_.in, bytes);
  user_.on_input(garbled() ? rubbish(bytes) : bytes);
}

void Line::flush() {
  if (!up_) drop_output();
  if (queued() == 0 || blocked_ || held()) return;
  if (sliced()) {
    if (!out_timer_.armed()) start_slice(false);
    return;
  }
  // on_room() may queue more while this sends; after a few rounds others get their turn.
  for (int round = 0; queued() > 0 && !blocked_; ++round) {
    if (round == kRounds) {
      set_blocked(true);
    } else {
      send(queued());
    }
  }
}

void Line::start_slice(bool next) {
  if (queued() == 0 || held()) return;
  slice_ = queued();
  Time when = loop_.now();
  if (out_pace_.on()) slice_ = std::min(slice_, out_pace_.slice());
  if (faults_.on(Fault::kFragment)) {
    slice_ = std::min(slice_, static_cast<std::size_t>(1 + faults_.random(kMaxFragment - 1)));
    const auto most = static_cast<std::uint64_t>(faults_.value(Fault::kFragment)) * 1000;
    when += std::chrono::microseconds(faults_.random(most));
  }
  if (out_pace_.on()) {
    when = next && when == loop_.now() ? out_pace_.put_next(when, slice_)
                                       : out_pace_.put(when, slice_);
  }
  out_timer_.at(when);
}

void Line::send(std::size_t bytes) {
  // Here, not only when a turn begins: on_room() may have queued more than there is room for.
  if (!room()) short_of_room_ = true;
  std::size_t count = std::min(bytes, queued());
  if (blow_) count = std::min(count, fuse_);
  while (count > 0) {
    const std::string_view piece(out_.data() + sent_, count);
    const std::string_view seen = garbled() ? rubbish(piece) : piece;
    const ssize_t written = ::write(pty_.master(), seen.data(), seen.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      set_blocked(true);
      break;
    }
    const auto done = static_cast<std::size_t>(written);
    if (log_.enabled()) log_.bytes(marks_.out, seen.substr(0, done));
    sent_ += done;
    count -= done;
    bytes_out_ += done;
    if (blow_) fuse_ -= done;
  }
  after_sending();
}

void Line::after_sending() {
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
    if (const auto rate = std::exchange(next_rate_, std::nullopt)) set_rate(*rate);
  } else if (sent_ >= kReadSize) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  if (blow_ && fuse_ == 0) {
    std::exchange(blow_, nullptr)();
  } else if (short_of_room_ && room()) {
    short_of_room_ = false;
    user_.on_room();
  }
}

void Line::hold_output(Time until) {
  held_until_ = until;
  if (until != Time::max()) hold_timer_.at(until);
}

void Line::close_gate(bool closed) { gate_closed_ = closed; }

void Line::set_fuse(std::size_t bytes, std::function<void()> blow) {
  fuse_ = bytes;
  blow_ = std::move(blow);
}

// Two ends at different rates read rubbish from each other.
bool Line::garbled() const {
  if (!faults_.on(Fault::kCheckBaud) || rate_ == 0) return false;
  const std::uint32_t host = pty_.host_rate();
  return host != 0 && host != rate_;
}

std::string_view Line::rubbish(std::string_view bytes) {
  rubbish_.assign(bytes.begin(), bytes.end());
  for (char& byte : rubbish_)
    byte = static_cast<char>(0x80 | (static_cast<unsigned char>(byte) >> 1));
  return {rubbish_.data(), rubbish_.size()};
}

}  // namespace a7600::sim
