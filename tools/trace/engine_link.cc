// SPDX-License-Identifier: MIT
#include "engine_link.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/sys.h"
#include "engine/thread.h"
#include "wire/channel.h"
#include "wire/message.h"

namespace a7600::tracer {
namespace {

Error error_of(int posix, const std::string& what) {
  return {posix, -1, what + ": " + strerror(posix)};
}

// Sends one request; the connection on which the answer comes.
Result<UniqueFd> ask(const std::string& address, const wire::Request& request, int descriptor) {
  const std::string what = "the engine at " + address;
  const auto name = wire::UnixAddress::from(address);
  if (!name) return error_of(ENAMETOOLONG, what);
  UniqueFd connection(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!connection || sys::connect(connection.get(), name->get(), name->length) != 0) {
    return error_of(errno, what);
  }
  const auto peer = wire::peer_of(connection.get());
  if (!peer || (peer->uid != 0 && peer->uid != ::geteuid())) return error_of(EACCES, what);
  if (const int posix = wire::send(connection.get(), request, descriptor)) {
    return error_of(posix, what);
  }
  return connection;
}

Status answer(const UniqueFd& connection, const std::string& what) {
  wire::Reply reply;
  UniqueFd nothing;
  if (const int posix = wire::receive(connection.get(), reply, nothing)) {
    return error_of(posix, what);
  }
  if (reply.error == EBUSY) return Error{EBUSY, -1, what + ": it is being traced already"};
  if (reply.error != 0) return error_of(reply.error, what);
  return Done{};
}

}  // namespace

Result<EngineLink> EngineLink::open(config::Config config, int file, int payload) {
  const bool own = config.engine != config::EngineChoice::kSocket;
  std::string address = config.engine_socket;
  Pass pass = config.engine_pass;
  if (own) {
    config.trace.clear();  // it is traced to `file`
    pass = Pass::make();
    auto started = engine::start_thread(config, pass, nullptr);
    if (!started) return started.error();
    address = started.value();
  }
  EngineLink link(std::move(address), pass, own);
  if (auto attached = link.attach(file, payload); !attached) return attached.error();
  return link;
}

Status EngineLink::attach(int file, int payload) {
  wire::Request request;
  request.op = wire::Op::kTrace;
  request.level = payload;
  auto asked = ask(address_, request, file);
  if (!asked) return asked.error();
  if (auto answered = answer(asked.value(), "the engine at " + address_); !answered) {
    return answered;
  }
  trace_ = std::move(asked.value());
  return Done{};
}

void EngineLink::finish() {
  if (own_) {
    wire::Request request;
    request.op = wire::Op::kFinish;
    if (auto asked = ask(address_, request, -1)) {
      // Ended either way; there is nobody else to be told.
      static_cast<void>(answer(asked.value(), {}).ok());
    }
    trace_.reset();
    return;
  }
  // The engine closes its end when it has written the last of it.
  sys::shutdown(trace_.get(), SHUT_WR);
  char nothing = 0;
  while (sys::recv(trace_.get(), &nothing, sizeof(nothing), 0) < 0 && errno == EINTR) {
  }
  trace_.reset();
}

}  // namespace a7600::tracer
