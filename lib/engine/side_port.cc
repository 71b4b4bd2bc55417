// SPDX-License-Identifier: MIT
//
// The line to the module's second AT port. It makes transfers faster, and nothing depends on it:
// what goes wrong with it is one line in the log, and the first line goes on alone.
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "engine/engine.h"
#include "engine/port_log.h"

namespace a7600::engine {
namespace {

// Opening a device twice would take its lock from the first line.
bool is_device(const std::string& path, const std::string& device) {
  const std::unique_ptr<char, decltype(&::free)> real(::realpath(path.c_str(), nullptr), ::free);
  return real != nullptr && device == real.get();
}

}  // namespace

bool Engine::open_side_line() {
  if (side_ || config_.second_port.empty() || !port_ || side_refused_) return side_.has_value();
  config::Config config = config_;
  config.port = config_.second_port;
  const auto open = [&]() -> Result<serial::Port> {
    if (is_device(config.port, port_->name())) {
      return Error{EINVAL, -1, config.port + " is the first port, " + port_->name()};
    }
    return serial::Port::open(config);
  };
  auto opened = open();
  if (!opened) {
    side_refused_ = true;
    log(log::Level::kWarn, "going on without the second AT port: " + opened.error().text);
    return false;
  }
  side_.emplace(std::move(opened.value()));
  side_->events = EPOLLIN;
  watch(EPOLL_CTL_ADD, side_->port.fd(), EPOLLIN, Source::kSidePort, 0);
  log(log::Level::kInfo, "opened " + side_->port.name() + " beside it");
  return true;
}

void Engine::close_side_line() { side_.reset(); }

void Engine::read_side_port() {
  const ssize_t got = ::read(side_->port.fd(), input_.data(), input_.size());
  if (got > 0) {
    const auto bytes = std::span<const std::byte>(input_).first(static_cast<std::size_t>(got));
    if (logger_.enabled(log::Level::kDebug)) {
      logger_.write(log::Level::kDebug, "2 < " + printable(bytes));
    }
    tracer_.received(modem::Via::kSide, bytes);
    modem_.feed_side(bytes, now_);
  } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
    modem_.side_line_failed(
        "the line is gone" + (got < 0 ? std::string(" (") + strerror(errno) + ")" : ""), now_);
  }
}

void Engine::write_side_port() {
  while (side_) {
    if (side_->written == side_->output.size()) {
      modem_.take_side_output(side_->output);
      side_->written = 0;
      if (side_->output.empty()) break;
      if (logger_.enabled(log::Level::kDebug)) {
        logger_.write(log::Level::kDebug,
                      "2 > " + printable(std::as_bytes(std::span(side_->output))));
      }
    }
    const auto rest = std::as_bytes(std::span(side_->output)).subspan(side_->written);
    const ssize_t put = ::write(side_->port.fd(), rest.data(), rest.size());
    if (put >= 0) {
      tracer_.written(modem::Via::kSide, rest.first(static_cast<std::size_t>(put)));
      side_->written += static_cast<std::size_t>(put);
    } else if (errno == EAGAIN) {
      break;
    } else if (errno != EINTR) {
      modem_.side_line_failed(std::string("the line is gone (") + strerror(errno) + ")", now_);
    }
  }
  if (!side_) return;
  const unsigned events = side_->written < side_->output.size() ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (events == std::exchange(side_->events, events)) return;
  watch(EPOLL_CTL_MOD, side_->port.fd(), events, Source::kSidePort, 0);
}

}  // namespace a7600::engine
