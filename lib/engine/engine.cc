// SPDX-License-Identifier: MIT
#include "engine/engine.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/sys.h"
#include "engine/modem_settings.h"

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kInputSize = 64 * 1024;
constexpr auto kFinishPatience = 5s;     // without progress
constexpr auto kDataModePatience = 30s;  // silences are kept there
constexpr auto kSameNotice = 1s;
constexpr auto kTracePause = 20ms;  // until a pipe's slow reader is tried again

}  // namespace

Engine::Engine(const config::Config& config, std::string address, log::Logger logger,
               Waiting& waiting)
    : config_(config),
      address_(std::move(address)),
      logger_(logger),
      tracer_(*this, now_, [this](modem::ConnectionId id) { return find(id); }),
      modem_(tracer_, bringup_config(config, std::nullopt)),
      input_(kInputSize),
      waiting_(waiting),
      time_(waiting.now()),
      now_(time_.now()),
      last_progress_(now_),
      started_(now_) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(const config::Config& config,
                                               const std::string& address, const Pass& pass,
                                               log::Logger logger, Waiting& waiting) {
  std::unique_ptr<Engine> engine(new Engine(config, address, logger, waiting));
  engine->pass_ = pass;
  if (auto status = engine->start_trace(); !status) return status.error();
  if (auto status = engine->listen(); !status) return status.error();
  return engine;
}

Result<std::unique_ptr<Engine>> Engine::create_shared(const config::Config& config, Sharing sharing,
                                                      log::Logger logger, Waiting& waiting) {
  std::unique_ptr<Engine> engine(new Engine(config, sharing.address, logger, waiting));
  engine->listeners_ = std::move(sharing.listeners);
  engine->pass_ = sharing.pass;
  engine->sharing_ = std::move(sharing);
  if (auto status = engine->listen(); !status) return status.error();
  return engine;
}

Status Engine::listen() {
  auto failed = [](std::string_view what) {
    const int posix = errno;
    return Error{posix, -1, std::string(what) + ": " + strerror(posix)};
  };
  epoll_.reset(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return failed("epoll_create1");
  for (const UniqueFd& listener : listeners_) {
    watch(EPOLL_CTL_ADD, listener.get(), EPOLLIN, Source::kListener,
          static_cast<std::uint32_t>(listener.get()));
  }
  if (!listeners_.empty()) return Done{};
  const auto address = wire::UnixAddress::from(address_);
  if (!address) return Error{ENAMETOOLONG, -1, "the engine's address is too long: " + address_};
  UniqueFd listener(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener || sys::bind(listener.get(), address->get(), address->length) != 0 ||
      sys::listen(listener.get(), SOMAXCONN) != 0) {
    return failed("the engine's control socket " + address_);
  }
  listeners_.push_back(std::move(listener));
  const int fd = listeners_.back().get();
  watch(EPOLL_CTL_ADD, fd, EPOLLIN, Source::kListener, static_cast<std::uint32_t>(fd));
  return Done{};
}

// A7600_TRACE
Status Engine::start_trace() {
  if (config_.trace.empty()) return Done{};
  auto file = trace::File::create(config_.trace,
                                  trace::file_header(static_cast<std::uint64_t>(config_.baud)),
                                  trace::File::kDefaultSize);
  if (!file) return file.error();
  tracer_.start(trace::Writer(std::move(file.value()), trace::kWholePayload), modem_);
  return Done{};
}

void Engine::watch(int operation, int fd, unsigned events, Source source, std::uint32_t value) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = static_cast<std::uint64_t>(source) << 32 | value;
  ::epoll_ctl(epoll_.get(), operation, fd, &event);
}

void Engine::run() {
  std::array<epoll_event, 64> events;
  while (!done_) {
    write_port();
    if (side_) write_side_port();
    tracer_.flush();
    const int planned = wait_time();
    const int count = waiting_.wait(epoll_.get(), events, planned);
    look_at_the_clock(planned);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      handle(static_cast<Source>(event.data.u64 >> 32),
             static_cast<std::uint32_t>(event.data.u64 & 0xffffffff), event.events);
    }
    if (const auto deadline = modem_.deadline(); deadline && now_ >= *deadline) {
      modem_.on_time(now_);
    }
    if (!held_.empty()) expire_held();
    if (!closers_.empty()) expire_closers();
    if (!reports_.empty() && now_ >= facts_.deadline) answer_reports();
    if (idle_patience_ && !finishing_) check_idle();
    if (has_datagrams() && now_ >= next_census_) look_for_dead();
    if (finishing_) check_finished();
  }
  side_.reset();
  if (port_ && modem_.has_leftovers()) port_->abandon();
  port_.reset();
  tracer_.stop();
  for (const UniqueFd& call : finishers_) reply(call, {});
}

// In milliseconds for epoll_wait; rounded up, so that a deadline has passed when it returns.
int Engine::wait_time() const {
  auto deadline = modem_.deadline();
  auto consider = [&deadline](std::optional<TimePoint> time) {
    if (time && (!deadline || *time < *deadline)) deadline = time;
  };
  if (finishing_) consider(finish_deadline());
  if (finishing_) consider(lingering_deadline());
  consider(closers_deadline());
  consider(held_deadline());
  if (!reports_.empty()) consider(facts_.deadline);
  if (idle_since_ && !finishing_) consider(*idle_since_ + *idle_patience_);
  if (has_datagrams()) consider(next_census_);
  if (tracer_.has_pending()) consider(now_ + kTracePause);
  if (!deadline) return -1;
  const auto left = *deadline - time_.at(waiting_.now());
  return static_cast<int>(std::clamp<long long>(
      std::chrono::ceil<std::chrono::milliseconds>(left).count(), 0, INT_MAX));
}

void Engine::look_at_the_clock(int planned_wait) {
  std::optional<Clock::duration> planned;
  if (planned_wait >= 0) planned = std::chrono::milliseconds(planned_wait);
  const auto gap = time_.passed(waiting_.now(), planned);
  now_ = time_.now();
  if (gap == Clock::duration{}) return;
  tracer_.leave_out(gap);
  log(log::Level::kInfo, "the engine stood still for " +
                             std::to_string(std::chrono::ceil<std::chrono::seconds>(gap).count()) +
                             " s");
}

void Engine::handle(Source source, std::uint32_t value, unsigned events) {
  switch (source) {
    case Source::kListener:
      accept_calls(static_cast<int>(value));
      break;
    case Source::kOutside:
      if (const auto outside = outside_.find(static_cast<int>(value)); outside != outside_.end()) {
        outside->second();
      }
      break;
    case Source::kPort:
      if ((events & EPOLLOUT) != 0) write_port();
      if (port_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_port();
      break;
    case Source::kSidePort:
      if (side_ && (events & EPOLLOUT) != 0) write_side_port();
      if (side_ && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0) read_side_port();
      break;
    case Source::kCall:
      if (const auto call = calls_.find(static_cast<int>(value)); call != calls_.end()) {
        UniqueFd fd = std::move(call->second.connection);
        calls_.erase(call);
        watch(EPOLL_CTL_DEL, fd.get(), 0, Source::kCall, 0);
        serve(std::move(fd));
      } else if (closers_.count(static_cast<int>(value)) > 0) {
        on_closed_by_program(static_cast<int>(value));
      } else {
        std::erase_if(holders_,
                      [&](const UniqueFd& held) { return held.get() == static_cast<int>(value); });
      }
      break;
    case Source::kSocket:
      if (Socket* socket = find(value)) {
        if (socket->is_udp()) {
          on_datagrams(*socket);
        } else {
          on_pair(*socket, events);
        }
      }
      break;
    case Source::kTrace:
      tracer_.stop();
      trace_call_.reset();
      break;
  }
}

void Engine::reconfigure(const config::Config& config) {
  config_ = config;
  modem_.configure(bringup_config(config, port_));
  if (port_) modem_.set_push_policy(push_policy(config_.rx, *port_));
  log(log::Level::kInfo, "the configuration was read again");
}

void Engine::log(log::Level level, std::string_view text) { logger_.write(level, text); }

// What the user should read on the program's stderr: trouble with the module or the port, not
// what any network may do. Parallel calls of one program that fail for one reason say it once.
std::string Engine::notice_for(const Error& error, pid_t program) {
  const std::string text = port_ ? port_->name() + ": " + error.text : error.text;
  const bool module_trouble = error.modem < 0 && error.posix != ENOENT &&
                              error.posix != ETIMEDOUT && error.posix != ECONNREFUSED;
  if (!module_trouble) {
    log(log::Level::kWarn, error.text);
    return {};
  }
  if (logger_.is_open()) {
    log(log::Level::kError, text);
    if (!sharing_ || !sharing_->log_apart) return {};
  }
  std::erase_if(notices_, [&](const auto& given) { return now_ - given.second >= kSameNotice; });
  const bool is_new = notices_.try_emplace({program, text}, now_).second;
  return is_new ? text : "";
}

std::string Engine::notice_for(const Error& error, const UniqueFd& call) {
  return notice_for(error, Owner::of(call, false, 0).pid);
}

// ---- The end

// When it is given up to send what is left.
Engine::TimePoint Engine::finish_deadline() const {
  const auto deadline =
      last_progress_ + (modem_.in_data_mode() ? kDataModePatience : kFinishPatience);
  return std::max(deadline, lingering_deadline().value_or(deadline));
}

void Engine::check_finished() {
  end_lingering();
  if (now_ >= finish_deadline()) {
    log(log::Level::kWarn, "gave up sending what was left at the end");
    done_ = true;
    return;
  }
  if (modem_.unfinished() > 0) return;
  modem_.leave(now_);
  write_port();
  done_ = modem_.left();
}

Socket* Engine::find(modem::ConnectionId id) {
  const auto found = sockets_.find(id);
  return found == sockets_.end() ? nullptr : found->second.get();
}

}  // namespace a7600::engine
