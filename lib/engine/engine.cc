// SPDX-License-Identifier: MIT
#include "engine/engine.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include "base/sys.h"
#include "engine/port_log.h"

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kInputSize = 64 * 1024;
constexpr std::size_t kRememberedFailures = 1024;
constexpr auto kFinishPatience = 5s;     // without progress
constexpr auto kDataModePatience = 30s;  // silences are kept there
constexpr auto kSameNotice = 1s;
constexpr auto kTracePause = 20ms;  // until a pipe's slow reader is tried again

constexpr unsigned kPairEvents = EPOLLRDHUP | EPOLLET;

modem::Rtscts rtscts_of(config::Flow flow, const std::optional<serial::Port>& port) {
  if (flow == config::Flow::kNone) return modem::Rtscts::kOff;
  if (flow == config::Flow::kRtsCts) return modem::Rtscts::kOn;
  const bool uart = port && port->flow_control() != serial::FlowControl::kLossless;
  return uart ? modem::Rtscts::kTry : modem::Rtscts::kOff;
}

at::Login login_of(const config::Config& config) {
  at::Login login{.user = config.apn_user, .password = config.apn_password};
  if (config.apn_auth == config::ApnAuth::kPap) login.type = at::Login::Type::kPap;
  if (config.apn_auth == config::ApnAuth::kChap) login.type = at::Login::Type::kChap;
  return login;
}

modem::BringupConfig bringup_config(const config::Config& config,
                                    const std::optional<serial::Port>& port) {
  return {.baud = config.baud,
          .rtscts = rtscts_of(config.flow, port),
          .apn = config.apn,
          .login = login_of(config),
          .pin = config.pin,
          .connect_timeout = config.connect_timeout,
          .transparent = config.mode == config::Mode::kTransparent};
}

}  // namespace

Engine::Engine(const config::Config& config, std::string address, log::Logger logger)
    : config_(config),
      address_(std::move(address)),
      logger_(logger),
      tracer_(*this, now_, [this](modem::ConnectionId id) { return find(id); }),
      modem_(tracer_, bringup_config(config, std::nullopt)),
      input_(kInputSize),
      now_(Clock::now()),
      last_progress_(now_),
      started_(now_) {}

Engine::~Engine() = default;

Result<std::unique_ptr<Engine>> Engine::create(const config::Config& config,
                                               const std::string& address, const Pass& pass,
                                               log::Logger logger) {
  std::unique_ptr<Engine> engine(new Engine(config, address, logger));
  engine->pass_ = pass;
  if (auto status = engine->start_trace(); !status) return status.error();
  if (auto status = engine->listen(); !status) return status.error();
  return engine;
}

Result<std::unique_ptr<Engine>> Engine::create_shared(const config::Config& config, Sharing sharing,
                                                      log::Logger logger) {
  std::unique_ptr<Engine> engine(new Engine(config, sharing.address, logger));
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
    tracer_.flush();
    const int count =
        ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), wait_time());
    now_ = Clock::now();
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
  if (idle_patience_ && idle_since_) consider(*idle_since_ + *idle_patience_);
  if (has_datagrams()) consider(next_census_);
  if (tracer_.has_pending()) consider(now_ + kTracePause);
  if (!deadline) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
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
    case Source::kCall:
      if (const auto call = calls_.find(static_cast<int>(value)); call != calls_.end()) {
        UniqueFd fd = std::move(call->second);
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
  if (port_) modem_.set_push_policy(push_policy());
  log(log::Level::kInfo, "the configuration was read again");
}

// ---- The port

Status Engine::ensure_port() {
  if (port_) return Done{};
  auto opened = serial::Port::open(config_);
  if (!opened) return opened.error();
  port_.emplace(std::move(opened.value()));
  output_.clear();
  output_written_ = 0;
  port_events_ = EPOLLIN;
  watch(EPOLL_CTL_ADD, port_->fd(), port_events_, Source::kPort, 0);
  modem_.configure(bringup_config(config_, port_));
  modem_.set_push_policy(push_policy());
  modem_.set_line_rate(static_cast<unsigned>(config_.baud));
  if (port_->was_abandoned()) modem_.suspect_leftovers();
  log(log::Level::kInfo, "opened " + port_->name());
  return Done{};
}

modem::PushPolicy Engine::push_policy() const {
  switch (config_.rx) {
    case config::Rx::kBuffer:
      return modem::PushPolicy::kNever;
    case config::Rx::kPush:
      return modem::PushPolicy::kAlways;
    case config::Rx::kAuto:
      break;
  }
  return port_->flow_control() == serial::FlowControl::kNone ? modem::PushPolicy::kNever
                                                             : modem::PushPolicy::kAuto;
}

void Engine::read_port() {
  const ssize_t got = ::read(port_->fd(), input_.data(), input_.size());
  if (got > 0) {
    const auto bytes = std::span<const std::byte>(input_).first(static_cast<std::size_t>(got));
    if (logger_.enabled(log::Level::kDebug)) {
      logger_.write(log::Level::kDebug, "< " + printable(bytes));
    }
    tracer_.received(bytes);
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
      tracer_.written(std::as_bytes(std::span(output_))
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
  modem_.set_push_policy(push_policy());
}

bool Engine::hold_module(bool on) { return port_ && port_->hold_module(on); }

bool Engine::line_is_drained() {
  return !port_ || (output_written_ == output_.size() && port_->is_drained());
}

void Engine::port_failed(const Error& error) {
  port_.reset();
  log(log::Level::kWarn, error.text);
  modem_.line_failed(error, now_);
}

// ---- Pairs

void Engine::watch_pair(const Socket& socket, int operation) {
  unsigned events = kPairEvents;
  const bool bytes_flow =
      socket.state == Socket::State::kConnected || socket.state == Socket::State::kFinished;
  // Before that, what is readable is the filler.
  if (bytes_flow) events |= EPOLLIN;
  if (!socket.pair.room()) events |= EPOLLOUT;
  watch(operation, socket.pair.fd(), events, Source::kSocket, socket.id);
}

void Engine::on_pair(Socket& socket, unsigned events) {
  const modem::ConnectionId id = socket.id;
  if (!socket.pair.room() && (events & (EPOLLOUT | EPOLLHUP)) != 0 && socket.pair.flush()) {
    watch_pair(socket, EPOLL_CTL_MOD);
    if (socket.finish_when_flushed) {
      show_finish(socket);
      release_held();
    }
    modem_.set_room(id, now_);
    if (find(id) == nullptr) return;
  }
  switch (socket.state) {
    case Socket::State::kIdle:
      if ((events & EPOLLHUP) != 0) destroy(id);
      break;
    case Socket::State::kListening:
      if ((events & EPOLLHUP) == 0) break;
      modem_.stop(id, now_);
      destroy(id);
      break;
    case Socket::State::kConnecting:
      // close() and shutdown() alike give the attempt up.
      if ((events & EPOLLHUP) != 0) begin_close(socket);
      break;
    case Socket::State::kConnected:
      if ((events & EPOLLHUP) != 0) {
        const auto linger = socket.linger();
        // SO_LINGER with no time: what was not sent is dropped.
        if (linger == 0s) return begin_close(socket);
        if (linger && !socket.linger_until) socket.linger_until = now_ + *linger;
      }
      tracer_.writable(id);
      modem_.set_writable(id, now_);
      break;
    case Socket::State::kFinished:
      if (socket.pair.pending() > 0) {
        // TCP answers what is written to a closed peer with a reset, which is EPIPE behind an end.
        fail(socket, EPIPE, {});
        begin_close(socket);
      } else if (socket.pair.hung_up()) {
        begin_close(socket);
      }
      break;
    case Socket::State::kFailed:
      break;
  }
}

void Engine::show_finish(Socket& socket) {
  socket.finish_when_flushed = false;
  // What the program has written meanwhile can't reach the peer any more, and it has to know.
  if (socket.end.posix == 0 && socket.pair.pending() == 0) {
    socket.state = Socket::State::kFinished;
    socket.pair.finish();
    // At the program's end its descriptor is still open.
    if (socket.pair.hung_up() || socket.close_when_taken) begin_close(socket);
    return;
  }
  fail(socket, socket.end.posix != 0 ? socket.end.posix : ECONNRESET, {});
  begin_close(socket);
}

// The program sees a failure; the record stays for what it may ask, without the pair.
void Engine::fail(Socket& socket, int posix, std::string_view notice) {
  socket.state = Socket::State::kFailed;
  socket.pending_error = posix;
  socket.notice = notice;
  // The pair first: when connect(2) returns, poll(2) already shows it.
  socket.pair.close();
  for (const UniqueFd& waiter : std::exchange(socket.waiters, {})) {
    if (!reply_error(waiter, posix, socket.notice)) continue;
    socket.notice.clear();
    socket.pending_error = 0;
    socket.connect_reported = true;
  }
  remember(socket);
}

// Both directions were ended in order, and a program may still hold its end.
void Engine::retire(Socket& socket) {
  socket.state = Socket::State::kFailed;
  socket.connect_reported = true;
  socket.pair.close_quietly();
  remember(socket);
}

void Engine::remember(const Socket& socket) {
  failed_.push_back(socket.id);
  if (failed_.size() <= kRememberedFailures) return;
  const modem::ConnectionId oldest = failed_.front();
  failed_.pop_front();
  if (const Socket* forgotten = find(oldest); forgotten != nullptr && forgotten->closing) {
    failed_.push_back(oldest);
  } else {
    destroy(oldest);
  }
}

void Engine::begin_close(Socket& socket) {
  if (socket.closing) return;
  if (socket.held) {
    std::erase(held_, socket.id);
    return destroy(socket.id);
  }
  socket.closing = true;
  tracer_.closing(socket);
  modem_.close(socket.id, now_, socket.linger_until);
}

void Engine::destroy(modem::ConnectionId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  answer_closers(id);
  answer_progress(*found->second, std::nullopt);
  by_cookie_.erase(found->second->cookie);
  const std::unique_ptr<Socket> socket = std::move(found->second);
  sockets_.erase(found);
  give_port_up(*socket);
  release_held();
}

// ---- modem::Host

void Engine::opened(modem::ConnectionId id) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  socket->state = Socket::State::kConnected;
  if (socket->is_udp()) {
    answer_describers(*socket);
    return modem_.set_writable(id, now_);
  }
  socket->local.ip = modem_.address();
  socket->was_connected = true;
  socket->pair.open_gate();
  watch_pair(*socket, EPOLL_CTL_MOD);
  for (const UniqueFd& waiter : std::exchange(socket->waiters, {})) {
    if (reply(waiter, {})) socket->connect_reported = true;
  }
}

void Engine::open_failed(modem::ConnectionId id, const Error& error) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  if (!socket->is_udp()) {
    fail(*socket, error.posix, notice_for(error, socket->owner.pid));
    return release_held();
  }
  socket->state = Socket::State::kIdle;
  socket->pending_error = error.posix;
  socket->notice = notice_for(error, socket->owner.pid);
  answer_describers(*socket);
  release_held();
}

std::size_t Engine::take(modem::ConnectionId id, std::span<std::byte> into) {
  Socket* socket = find(id);
  if (socket == nullptr || socket->state != Socket::State::kConnected) return 0;
  const Pair::Taken taken = socket->pair.take(into);
  if (taken.size > 0) {
    last_progress_ = now_;
    sent_ += taken.size;
    socket->sent.add(taken.size, now_);
    return taken.size;
  }
  if (taken.reset) socket->linger_until.reset();
  const bool closed = taken.reset || (taken.end && socket->pair.hung_up());
  if (closed || socket->close_when_taken) begin_close(*socket);
  return 0;
}

bool Engine::give(modem::ConnectionId id, std::span<const std::byte> bytes) {
  Socket* socket = find(id);
  if (socket == nullptr || !socket->pair.is_open()) return true;
  received_ += bytes.size();
  socket->received.add(bytes.size(), now_);
  socket->pair.give(bytes);
  if (socket->pair.room()) return true;
  watch_pair(*socket, EPOLL_CTL_MOD);
  return false;
}

void Engine::ended(modem::ConnectionId id, const modem::End& end) {
  Socket* socket = find(id);
  if (socket == nullptr || socket->state != Socket::State::kConnected) return;
  // A datagram socket goes on; it gets another link when it sends again.
  if (socket->is_udp()) return begin_close(*socket);
  socket->end = end;
  if (!socket->pair.room()) {
    socket->finish_when_flushed = true;
    return;
  }
  show_finish(*socket);
  release_held();
}

void Engine::closed(modem::ConnectionId id) {
  last_progress_ = now_;
  Socket* socket = find(id);
  if (socket == nullptr) return;
  socket->closing = false;
  if (socket->is_udp() && socket->datagrams->alive()) {
    socket->state = Socket::State::kIdle;
    return;
  }
  answer_closers(id);
  if (socket->is_udp()) return destroy(id);
  if (socket->state != Socket::State::kFailed) retire(*socket);
  release_held();
}

void Engine::listening(modem::ServerId id) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  socket->state = Socket::State::kListening;
  for (const UniqueFd& waiter : std::exchange(socket->waiters, {})) reply(waiter, {});
}

// The program finds the socket as it was before listen(2); one that did listen has ended.
void Engine::listen_failed(modem::ServerId id, const Error& error) {
  Socket* socket = find(id);
  if (socket == nullptr) return;
  const std::string notice = notice_for(error, socket->owner.pid);
  for (const UniqueFd& waiter : std::exchange(socket->waiters, {})) {
    reply_error(waiter, error.posix, notice);
  }
  if (socket->state == Socket::State::kListening) fail(*socket, error.posix, notice);
}

std::optional<modem::ConnectionId> Engine::accepted(modem::ServerId id, const Endpoint& peer) {
  Socket* listener = find(id);
  if (listener == nullptr || !listener->pair.is_open() || finishing_) return std::nullopt;
  UniqueFd program_end;
  auto made = adopt_pair(listener->domain, listener->type, false, Gate::kOpen, program_end);
  if (!made) return std::nullopt;
  Socket& socket = *made.value();
  socket.local = {modem_.address(), listener->local.port};
  socket.peer = peer;
  socket.options = listener->options;
  socket.set_options_on(program_end.get());
  socket.owner = listener->owner;
  socket.begun = now_;

  wire::AcceptRecord record;
  record.domain = listener->domain;
  record.peer_ip = peer.ip.value;
  record.peer_port = peer.port;
  if (!listener->pair.give_descriptor(std::as_bytes(std::span(&record, 1)), program_end)) {
    log(log::Level::kWarn, "refused " + peer.to_string() + ": nobody accepts on port " +
                               std::to_string(listener->local.port));
    destroy(socket.id);
    return std::nullopt;
  }
  return socket.id;
}

void Engine::resolved(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) {
  if (answer_question(id, answer)) return;
  const auto query = queries_.find(id);
  if (query == queries_.end()) return;
  const UniqueFd call = std::move(query->second);
  queries_.erase(query);
  if (!answer) {
    reply_error(call, answer.error().posix, notice_for(answer.error(), call));
    return;
  }
  wire::Reply out;
  for (const Ipv4& ip : answer.value()) {
    if (out.size + sizeof(ip.value) > out.data.size()) break;
    std::memcpy(out.data.data() + out.size, &ip.value, sizeof(ip.value));
    out.size = static_cast<std::uint16_t>(out.size + sizeof(ip.value));
  }
  reply(call, out);
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
