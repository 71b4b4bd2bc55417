// SPDX-License-Identifier: MIT
//
// What the engine answers to programs' calls, and when it has to.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include "program.h"

namespace a7600::fuzz {
namespace {

using namespace std::chrono_literals;

// Whether the answer may take its time.
bool may_wait(const wire::Request& request) {
  switch (request.op) {
    case wire::Op::kConnect:
    case wire::Op::kListen:
    case wire::Op::kResolve:
    case wire::Op::kDescribe:
    case wire::Op::kProgress:
    case wire::Op::kStatus:
    case wire::Op::kCommand:
    case wire::Op::kFinish:
    case wire::Op::kLinger:
    case wire::Op::kReport:
      return true;
    default:
      return false;
  }
}

// Whether the wait has an end that the engine promises. The others end with the caller, or by what
// the program does next.
bool must_end(const wire::Request& request) {
  return request.op != wire::Op::kLinger && request.op != wire::Op::kReport &&
         request.op != wire::Op::kFinish;
}

}  // namespace

bool Program::take_answers() {
  bool any = false;
  for (std::size_t i = 0; i < calls_.size();) {
    wire::Reply reply;
    UniqueFd descriptor;
    const int error = wire::receive(calls_[i].fd.get(), reply, descriptor, MSG_DONTWAIT);
    if (error == EAGAIN) {
      ++i;
      continue;
    }
    require(error != EPROTO, "a reply is well formed");
    any = true;
    const wire::Op op = calls_[i].request.op;
    if (error == 0 && (op == wire::Op::kHold || op == wire::Op::kTrace)) {
      // Taken; from here on it only stays open.
      calls_[i].request.op = wire::Op::kReport;
      continue;
    }
    const Call call = std::move(calls_[i]);
    calls_.erase(calls_.begin() + static_cast<std::ptrdiff_t>(i));
    if (error == 0) on_answer(call, reply, std::move(descriptor));
  }
  return any;
}

void Program::on_answer(const Call& call, const wire::Reply& reply, UniqueFd descriptor) {
  if (call.request.op == wire::Op::kSocket) {
    require((reply.error == 0) == static_cast<bool>(descriptor), "a socket or an error");
    if (!descriptor) return;
    Socket socket;
    socket.stream = call.request.type == SOCK_STREAM;
    socket.fd = std::move(descriptor);
    sockets_.push_back(std::move(socket));
    return;
  }
  if (!call.socket) return;
  Socket& socket = sockets_[*call.socket];
  if (call.request.op == wire::Op::kListen && reply.error == 0) socket.listens = true;
  const bool replaces =
      call.request.op == wire::Op::kConnect || call.request.op == wire::Op::kListen;
  if (replaces && descriptor) {
    Socket fresh;
    fresh.fd = std::move(descriptor);
    fresh.lingers = socket.lingers;
    socket = std::move(fresh);
    return;
  }
  const bool taken = reply.error == 0 || reply.error == EINPROGRESS;
  if (call.connects && !taken) socket.written.reset();
}

void Program::check_calls(Time now, bool engine_lives) const {
  for (const Call& call : calls_) {
    if (!engine_lives || finishing_) continue;
    const std::string op = " (operation " + std::to_string(static_cast<int>(call.request.op)) + ")";
    require(may_wait(call.request), "what nothing keeps waiting is answered at once" + op);
    // One that waits for a link may get it at its last moment, and then has the module's answer to
    // wait for, and its result.
    const Time most = 4 * connect_timeout_ + 200s;
    require(!must_end(call.request) || now - call.since < most,
            "a call ends when its time is up" + op);
  }
}

bool Program::waits() const {
  return std::any_of(calls_.begin(), calls_.end(),
                     [](const Call& call) { return must_end(call.request); });
}

void Program::end() {
  calls_.clear();
  sockets_.clear();
}

}  // namespace a7600::fuzz
