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

}  // namespace

Line::Line(Loop& loop, Pty& pty, Log& log, LineUser& user, std::uint32_t baud)
    : loop_(loop),
      pty_(pty),
      log_(log),
      user_(user),
      port_(loop, [this](std::uint32_t events) { on_ready(events); }),
      in_pace_(baud),
      in_timer_(loop,
                [this] {
                  deliver({in_.data(), std::exchange(in_size_, 0)});
                  if (up_ && reading_ && !in_timer_.armed()) take_slice(true);
                }),
      in_(kReadSize),
      out_pace_(baud),
      out_timer_(loop, [this] {
        send(std::exchange(slice_, 0));
        if (!blocked_ && !out_timer_.armed()) start_slice(true);
      }) {
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
  out_timer_.cancel();
  in_size_ = 0;
  slice_ = 0;
  out_.clear();
  sent_ = 0;
  blocked_ = false;
}

void Line::set_reading(bool reading) {
  if (reading_ == reading) return;
  reading_ = reading;
  watch();
}

void Line::change_baud(std::uint32_t baud) { next_baud_ = baud; }

// A slice that is under way is waited for by its timer, not by the port.
void Line::watch() {
  if (!up_) return;
  const bool input = reading_ && !in_timer_.armed();
  port_.change((input ? std::uint32_t{EPOLLIN} : 0U) | (blocked_ ? std::uint32_t{EPOLLOUT} : 0U));
}

void Line::on_ready(std::uint32_t events) {
  if ((events & EPOLLOUT) != 0 && blocked_) {
    blocked_ = false;
    watch();
    if (out_pace_.on()) {
      if (!out_timer_.armed()) start_slice(false);
    } else {
      flush();
    }
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
  if (log_.enabled()) log_.bytes('>', bytes);
  user_.on_input(bytes);
}

void Line::flush() {
  if (!up_ || queued() == 0) return;
  if (!room()) short_of_room_ = true;
  if (out_pace_.on()) {
    if (!out_timer_.armed() && !blocked_) start_slice(false);
    return;
  }
  // on_room() may queue more while this sends; after a few rounds others get their turn.
  for (int round = 0; queued() > 0 && !blocked_; ++round) {
    if (round == kRounds) {
      blocked_ = true;
      watch();
    } else {
      send(queued());
    }
  }
}

void Line::start_slice(bool next) {
  if (queued() == 0) return;
  slice_ = std::min(queued(), out_pace_.slice());
  out_timer_.at(next ? out_pace_.put_next(loop_.now(), slice_)
                     : out_pace_.put(loop_.now(), slice_));
}

void Line::send(std::size_t bytes) {
  const std::size_t end = sent_ + std::min(bytes, queued());
  while (sent_ < end) {
    const ssize_t written = ::write(pty_.master(), out_.data() + sent_, end - sent_);
    if (written < 0) {
      if (errno == EINTR) continue;
      blocked_ = true;
      watch();
      break;
    }
    if (log_.enabled()) {
      log_.bytes('<', {out_.data() + sent_, static_cast<std::size_t>(written)});
    }
    sent_ += static_cast<std::size_t>(written);
  }
  if (sent_ == out_.size()) {
    out_.clear();
    sent_ = 0;
    if (const std::uint32_t baud = std::exchange(next_baud_, 0); baud != 0) {
      in_pace_.set_baud(baud);
      out_pace_.set_baud(baud);
    }
  } else if (sent_ >= kReadSize) {
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(sent_));
    sent_ = 0;
  }
  if (short_of_room_ && room()) {
    short_of_room_ = false;
    user_.on_room();
  }
}

}  // namespace a7600::sim
