// SPDX-License-Identifier: MIT
//
// The line to the module: opened when it is first needed, read and written without waiting.
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/engine.h"
#include "engine/modem_settings.h"
#include "engine/port_log.h"

namespace a7600::engine {

Status Engine::ensure_port() {
  if (port_) return Done{};
  auto opened = serial::Port::open(config_);
  if (!opened) return opened.error();
  port_.emplace(std::move(opened.value()));
  side_refused_ = false;
  output_.clear();
  output_written_ = 0;
  port_events_ = EPOLLIN;
  watch(EPOLL_CTL_ADD, port_->fd(), port_events_, Source::kPort, 0);
  modem_.configure(bringup_config(config_, port_));
  modem_.set_push_policy(push_policy(config_.rx, *port_));
  modem_.set_line_rate(static_cast<unsigned>(config_.baud));
  if (port_->was_abandoned()) modem_.suspect_leftovers();
  log(log::Level::kInfo, "opened " + port_->name());
  return Done{};
}

void Engine::read_port() {
  const ssize_t got = ::read(port_->fd(), input_.data(), input_.size());
  if (got > 0) {
    const auto bytes = std::span<const std::byte>(input_).first(static_cast<std::size_t>(got));
    if (logger_.enabled(log::Level::kDebug)) {
      logger_.write(log::Level::kDebug, "< " + printable(bytes));
    }
    tracer_.received(modem::Via::kFirst, bytes);
    modem_.feed(bytes, now_);
    return write_port();
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  port_failed(Error{ENETDOWN, -1,
                    port_->name() + ": the line to the module is gone" +
                        (got < 0 ? std::string(" (") + strerror(errno) + ")" : "")});
}

void Engine::write_port() {
  if (!port_) {
    if (!modem_.has_output()) return;
    // A server starts again after the line was lost.
    if (const Status opened = ensure_port(); !opened) {
      modem_.take_output(output_, now_);
      return modem_.line_failed(opened.error(), now_);
    }
  }
  for (;;) {
    if (output_written_ == output_.size()) {
      modem_.take_output(output_, now_);
      output_written_ = 0;
      if (output_.empty()) break;
      if (logger_.enabled(log::Level::kDebug)) {
        logger_.write(log::Level::kDebug, "> " + printable(std::as_bytes(std::span(output_))));
      }
    }
    const ssize_t put =
        ::write(port_->fd(), output_.data() + output_written_, output_.size() - output_written_);
    if (put >= 0) {
      tracer_.written(modem::Via::kFirst,
                      std::as_bytes(std::span(output_))
                          .subspan(output_written_, static_cast<std::size_t>(put)));
      output_written_ += static_cast<std::size_t>(put);
      continue;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN) break;
    return port_failed(
        Error{ENETDOWN, -1,
              port_->name() + ": the line to the module is gone (" + strerror(errno) + ")"});
  }
  watch_port();
}

void Engine::watch_port() {
  const bool can_wait = port_->flow_control() != serial::FlowControl::kNone;
  unsigned events = can_wait && !modem_.wants_input() ? 0U : EPOLLIN;
  if (output_written_ < output_.size()) events |= EPOLLOUT;
  if (events == port_events_) return;
  port_events_ = events;
  watch(EPOLL_CTL_MOD, port_->fd(), events, Source::kPort, 0);
}

int Engine::line_rate() { return port_ ? port_->rate() : 0; }

bool Engine::set_line_rate(int baud) {
  if (!port_ || !port_->set_rate(baud)) return false;
  modem_.set_line_rate(static_cast<unsigned>(baud));
  return true;
}

void Engine::use_rtscts(bool on) {
  if (!port_) return;
  port_->use_rtscts(on);
  modem_.set_push_policy(push_policy(config_.rx, *port_));
}

bool Engine::hold_module(bool on) { return port_ && port_->hold_module(on); }

bool Engine::set_dtr(bool up) { return port_ && port_->set_dtr(up); }

// write_port() opens it again.
void Engine::reopen() { port_.reset(); }

bool Engine::line_is_drained() {
  return !port_ || (output_written_ == output_.size() && port_->is_drained());
}

void Engine::port_failed(const Error& error) {
  port_.reset();
  modem_.line_failed(error, now_);
}

}  // namespace a7600::engine
