// SPDX-License-Identifier: MIT
#include "call.h"

#include <dirent.h>
#include <poll.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/sys.h"
#include "engine/place.h"
#include "wire/channel.h"

namespace a7600::tool {
namespace {

Error failed(const std::string& what, int posix) {
  return {posix, -1, what + ": " + strerror(posix)};
}

std::vector<std::string> running_engines(const config::Config& config) {
  std::vector<std::string> out;
  for (const std::string& directory : engine::shared_directories(config)) {
    DIR* stream = ::opendir(directory.c_str());
    if (stream == nullptr) continue;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string path = directory + '/' + entry->d_name;
      if (path.ends_with(".sock") && engine::takes_calls(path)) out.push_back(path);
    }
    ::closedir(stream);
  }
  return out;
}

}  // namespace

Result<PendingCall> PendingCall::start(const std::string& name, const wire::Request& request,
                                       int descriptor) {
  const auto address = wire::UnixAddress::from(name);
  if (!address) return failed(name, ENAMETOOLONG);
  UniqueFd connection(sys::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!connection) return failed(name, errno);
  if (sys::connect(connection.get(), address->get(), address->length) != 0) {
    return failed(name, errno == ENOENT ? ECONNREFUSED : errno);
  }
  const auto peer = wire::peer_of(connection.get());
  if (!peer || !engine::is_trusted_host(peer->uid)) {
    return Error{EACCES, -1, name + ": belongs to another user, who is not trusted"};
  }
  if (const int error = wire::send(connection.get(), request, descriptor)) {
    return failed(name, error);
  }
  return PendingCall(name, std::move(connection));
}

Result<Answer> PendingCall::wait(std::chrono::milliseconds patience) {
  pollfd poll{connection_.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&poll, 1, static_cast<int>(patience.count()));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) return Error{ETIMEDOUT, -1, name_ + ": the engine gives no answer"};
  Answer out;
  if (const int error = wire::receive(connection_.get(), out.reply, out.file)) {
    return error == ECONNRESET ? Error{ENETDOWN, -1, name_ + ": the engine has ended"}
                               : failed(name_, error);
  }
  out.connection = std::move(connection_);
  return out;
}

Result<Answer> call(const std::string& name, const wire::Request& request,
                    std::chrono::milliseconds patience, int descriptor) {
  auto pending = PendingCall::start(name, request, descriptor);
  if (!pending) return pending.error();
  return pending.value().wait(patience);
}

std::optional<std::string> find_engine(const config::Config& config, bool any) {
  if (config.engine == config::EngineChoice::kSocket) {
    if (engine::takes_calls(config.engine_socket)) return config.engine_socket;
    return std::nullopt;
  }
  for (const std::string& path : engine::shared_sockets(config)) {
    if (engine::takes_calls(path)) return path;
  }
  if (!any || config.port != "auto") return std::nullopt;
  const std::vector<std::string> running = running_engines(config);
  if (running.size() != 1) return std::nullopt;
  return running.front();
}

}  // namespace a7600::tool
