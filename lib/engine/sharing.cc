// SPDX-License-Identifier: MIT
//
// What keeps programs that share an engine from each other: who may ask for what, how much of
// anything one of them can have, and whose turn it is for a link.
#include "engine/sharing.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "at/command.h"
#include "base/sys.h"
#include "engine/engine.h"

namespace a7600::engine {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostSocketsOfAProcess = 1024;
constexpr std::size_t kMostSocketsOfAUser = 4096;
constexpr std::size_t kMostSilentCallsOfAUser = 256;
constexpr std::chrono::milliseconds kRateWindow{1000};

bool in_group(int call, gid_t group) {
  std::array<gid_t, 256> groups;
  socklen_t size = sizeof(groups);
  if (sys::getsockopt(call, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size) != 0) return false;
  const auto end = groups.begin() + size / sizeof(gid_t);
  return std::find(groups.begin(), end, group) != end;
}

// Connected, about to be, or still in the module's way. A program may keep a socket for long whose
// peer has closed it (curl's pool does): the module has its link back then.
bool uses_link(const Socket& socket, const modem::Modem& modem) {
  if (socket.held) return false;
  switch (socket.state) {
    case Socket::State::kConnecting:
    case Socket::State::kConnected:
      return true;
    case Socket::State::kFinished:
      return modem.link_of(socket.id) >= 0;
    default:
      return socket.closing;
  }
}

}  // namespace

Owner Owner::of(const UniqueFd& call, bool with_program, pid_t on_behalf_of) {
  Owner out;
  const auto peer = wire::peer_of(call.get());
  if (!peer) return out;
  out.pid = peer->pid;
  out.uid = peer->uid;
  if (!with_program) return out;
  struct stat other;
  if (on_behalf_of > 0 && ::stat(("/proc/" + std::to_string(on_behalf_of)).c_str(), &other) == 0 &&
      (peer->uid == other.st_uid || peer->uid == 0 || peer->uid == ::geteuid())) {
    out.pid = on_behalf_of;
    out.uid = other.st_uid;
  }
  const UniqueFd file(
      ::open(("/proc/" + std::to_string(out.pid) + "/comm").c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, 16> name{};
  const ssize_t got = file ? ::read(file.get(), name.data(), name.size() - 1) : 0;
  const std::string_view text(name.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
  wire::set_text(out.program, text.substr(0, text.find('\n')));
  return out;
}

void Traffic::add(std::size_t bytes, chat::TimePoint now) {
  if (now - window_start_ >= kRateWindow) {
    last_rate_ = rate(now);
    window_start_ = now;
    window_bytes_ = 0;
  }
  bytes_ += bytes;
  window_bytes_ += bytes;
}

std::uint32_t Traffic::rate(chat::TimePoint now) const {
  const std::chrono::duration<double> age = now - window_start_;
  if (age < kRateWindow / 2) return static_cast<std::uint32_t>(last_rate_);
  return static_cast<std::uint32_t>(static_cast<double>(window_bytes_) / age.count());
}

// ---- Who may

bool Engine::may(const UniqueFd& call, wire::Op op, const Pass& pass) const {
  switch (op) {
    case wire::Op::kSocket:
    case wire::Op::kResolve:
    case wire::Op::kFinish:
    case wire::Op::kStatus:
    case wire::Op::kCommand:
    case wire::Op::kHold:
    case wire::Op::kTrace:
      break;
    default:
      // About a socket, which the caller has to present.
      return true;
  }
  const auto peer = wire::peer_of(call.get());
  if (!peer) return false;
  const bool master = peer->uid == ::geteuid() || peer->uid == 0;
  switch (op) {
    case wire::Op::kFinish:
      // The host of a shared engine ends it.
      return master && !sharing_;
    case wire::Op::kCommand:
    case wire::Op::kTrace:
      return master;
    case wire::Op::kSocket:
    case wire::Op::kResolve:
      if (!pass.is_none() && pass == pass_) return true;
      [[fallthrough]];
    default:
      return master || (sharing_ && sharing_->group &&
                        (peer->gid == *sharing_->group || in_group(call.get(), *sharing_->group)));
  }
}

// ---- How much

bool Engine::has_room_for_socket(const Owner& owner) const {
  if (!sharing_) return true;
  std::size_t of_process = 0;
  std::size_t of_user = 0;
  for (const auto& [id, socket] : sockets_) {
    if (!socket->is_live()) continue;
    of_process += socket->owner.pid == owner.pid ? 1U : 0U;
    of_user += socket->owner.uid == owner.uid ? 1U : 0U;
  }
  return of_process < kMostSocketsOfAProcess && of_user < kMostSocketsOfAUser;
}

// A user who has too many calls that say nothing loses the oldest: the newest may be about to
// speak.
void Engine::make_room_for_call(const UniqueFd& call) {
  if (calls_.size() < kMostSilentCallsOfAUser) return;
  const auto peer = wire::peer_of(call.get());
  std::size_t of_user = 0;
  auto oldest = calls_.end();
  for (auto it = calls_.begin(); it != calls_.end(); ++it) {
    const auto other = wire::peer_of(it->second.connection.get());
    if (!peer || !other || other->uid != peer->uid) continue;
    ++of_user;
    if (oldest == calls_.end() || it->second.number < oldest->second.number) oldest = it;
  }
  if (of_user < kMostSilentCallsOfAUser) return;
  ++refused_;
  calls_.erase(oldest);
}

// ---- Whose turn

// Transparent mode: the program has closed the connection that has the line, which the modem need
// not have heard of yet. The next one waits for it, where it would find it busy.
bool Engine::is_line_given_back(const Socket& wanting) const {
  return std::any_of(sockets_.begin(), sockets_.end(), [&](const auto& entry) {
    const Socket& other = *entry.second;
    const bool has_line =
        other.state == Socket::State::kConnected || other.state == Socket::State::kFinished;
    return other.id != wanting.id && !other.is_udp() && has_line && other.pair.hung_up();
  });
}

bool Engine::may_take_link(const Socket& socket) const {
  if (config_.mode == config::Mode::kTransparent && is_line_given_back(socket)) return false;
  if (!sharing_) return true;
  int of_process = 0;
  int of_user = 0;
  for (const auto& [id, other] : sockets_) {
    if (id == socket.id || !uses_link(*other, modem_)) continue;
    of_process += other->owner.pid == socket.owner.pid ? 1 : 0;
    of_user += other->owner.uid == socket.owner.uid ? 1 : 0;
  }
  const bool master = socket.owner.uid == 0 || socket.owner.uid == ::geteuid();
  return of_process < at::kLinks - sharing_->reserve && (master || of_user < sharing_->user_links);
}

void Engine::open_or_hold(Socket& socket) {
  socket.begun = now_;
  socket.deadline = now_ + config_.connect_timeout;
  if (may_take_link(socket)) return open(socket);
  socket.held = true;
  held_.push_back(socket.id);
}

void Engine::open(Socket& socket) {
  socket.held = false;
  std::optional<std::uint16_t> local_port;
  if (socket.port_chosen) local_port = socket.local.port;
  if (socket.is_udp()) return modem_.open_udp(socket.id, socket.local.port, socket.deadline, now_);
  modem_.open(socket.id, socket.peer, local_port, socket.deadline, now_);
}

// In the order of the connects, past those who still have too much.
void Engine::release_held() {
  for (std::size_t i = 0; i < held_.size();) {
    Socket* socket = find(held_[i]);
    if (socket != nullptr && !may_take_link(*socket)) {
      ++i;
      continue;
    }
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    if (socket != nullptr) open(*socket);
  }
}

void Engine::expire_held() {
  while (!held_.empty()) {
    const auto expired = std::find_if(held_.begin(), held_.end(), [this](modem::ConnectionId id) {
      const Socket* socket = find(id);
      return socket == nullptr || now_ >= socket->deadline;
    });
    if (expired == held_.end()) return;
    Socket* socket = find(*expired);
    held_.erase(expired);
    if (socket == nullptr) continue;
    socket->held = false;
    ++refused_;
    open_failed(socket->id, Error{ETIMEDOUT, ETIMEDOUT, "no link was to be had"});
  }
}

std::optional<Engine::TimePoint> Engine::held_deadline() const {
  std::optional<TimePoint> soonest;
  for (const modem::ConnectionId id : held_) {
    const auto found = sockets_.find(id);
    if (found == sockets_.end()) continue;
    const TimePoint deadline = found->second->deadline;
    if (!soonest || deadline < *soonest) soonest = deadline;
  }
  return soonest;
}

// ---- The host's wishes

void Engine::watch_outside(int fd, std::function<void()> ready) {
  outside_[fd] = std::move(ready);
  watch(EPOLL_CTL_ADD, fd, EPOLLIN, Source::kOutside, static_cast<std::uint32_t>(fd));
}

void Engine::finish_when_idle(std::chrono::milliseconds patience) {
  idle_patience_ = patience;
  idle_since_.reset();
}

bool Engine::is_idle() const {
  const bool nobody_waits = calls_.empty() && queries_.empty() && questions_.empty() &&
                            holders_.empty() && commands_.empty() && reports_.empty();
  return nobody_waits && std::all_of(sockets_.begin(), sockets_.end(), [this](const auto& entry) {
           const Socket& socket = *entry.second;
           return modem_.is_abandoned(socket.id) || (!socket.is_live() && !socket.closing);
         });
}

void Engine::check_idle() {
  if (!is_idle()) {
    idle_since_.reset();
    return;
  }
  if (!idle_since_) idle_since_ = now_;
  if (now_ - *idle_since_ < *idle_patience_) return;
  for (const UniqueFd& listener : listeners_) {
    watch(EPOLL_CTL_DEL, listener.get(), 0, Source::kListener, 0);
  }
  finish();
}

}  // namespace a7600::engine
