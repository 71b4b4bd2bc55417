// SPDX-License-Identifier: MIT
#include "serve.h"

#include <fcntl.h>
#include <grp.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include "engine/thread.h"
#include "host.h"
#include "options.h"
#include "socket_file.h"

namespace a7600::tool {
namespace {

Result<SocketFile::Access> access_of(const ServeOptions& options) {
  SocketFile::Access out;
  if (!options.mode.empty()) {
    unsigned mode = 0;
    const char* end = options.mode.data() + options.mode.size();
    const auto [next, error] = std::from_chars(options.mode.data(), end, mode, 8);
    if (error != std::errc() || next != end || mode > 0777) {
      return Error{EINVAL, -1,
                   "--socket-mode: \"" + options.mode + "\" is not an octal mode such as 660"};
    }
    out.mode = mode;
  }
  if (options.group.empty()) return out;
  gid_t number = 0;
  const char* end = options.group.data() + options.group.size();
  if (std::from_chars(options.group.data(), end, number).ptr == end) {
    out.group = number;
  } else if (const group* found = ::getgrnam(options.group.c_str())) {
    out.group = found->gr_gid;
  } else {
    return Error{EINVAL, -1, "--group: there is no group \"" + options.group + '"'};
  }
  return out;
}

// Returns in a child that is a session of its own; the parent waits for a word from it, and ends
// with 0 when it takes calls. The descriptor is where the word goes.
Result<UniqueFd> go_to_background() {
  int word[2];
  if (::pipe2(word, O_CLOEXEC) != 0)
    return Error{errno, -1, std::string("pipe: ") + strerror(errno)};
  UniqueFd reading(word[0]);
  UniqueFd writing(word[1]);
  const pid_t pid = ::fork();
  if (pid < 0) return Error{errno, -1, std::string("fork: ") + strerror(errno)};
  if (pid > 0) {
    writing.reset();
    char status = 1;
    while (::read(reading.get(), &status, 1) < 0 && errno == EINTR) {
    }
    ::_exit(status);
  }
  ::setsid();
  return writing;
}

}  // namespace

int serve(const std::function<Result<config::Config>()>& load, const ServeOptions& options) {
  auto config = load();
  if (!config) return complain(config.error().text);
  auto access = access_of(options);
  if (!access) return complain(access.error().text);
  UniqueFd word;
  if (options.background) {
    auto background = go_to_background();
    if (!background) return complain(background.error().text);
    word = std::move(background.value());
  }

  std::string path = options.socket;
  if (path.empty()) {
    auto found = default_path(config.value(), config.value().port);
    if (!found) return complain(found.error().text);
    path = std::move(found.value());
  }
  auto file = SocketFile::create(path, access.value());
  if (!file) {
    // Whoever started this one has what was wanted.
    const bool served = file.error().posix == EADDRINUSE && options.background;
    return served ? 0 : complain(file.error().text);
  }

  Hosting hosting;
  hosting.config = config.value();
  auto logger = open_log(config.value(), !options.background);
  if (!logger) return complain(logger.error().text);
  hosting.logger = logger.value();
  hosting.sharing.address = engine::make_address();
  auto named = listen_at(hosting.sharing.address);
  if (!named) return complain(named.error().text);
  hosting.sharing.listeners.push_back(std::move(named.value()));
  hosting.sharing.listeners.emplace_back(::fcntl(file.value().listener(), F_DUPFD_CLOEXEC, 3));
  hosting.sharing.group = access.value().group;
  hosting.sharing.reserve = options.reserve;
  hosting.sharing.user_links = options.user_links;
  hosting.sharing.log_apart = !options.background;
  if (options.idle > 0) hosting.idle = std::chrono::seconds(options.idle);
  hosting.reload = load;
  // Programs that look for an engine from now on find none; the calls of others are still served.
  hosting.stopping = [&] { file.value().remove(); };
  hosting.ready = [&](const Status& status) {
    if (!status) {
      complain(status.error().text);
      return;
    }
    if (!options.background) return;
    detach_stdio(false);
    [[maybe_unused]] const int root = ::chdir("/");
    const char good = 0;
    [[maybe_unused]] const ssize_t put = ::write(word.get(), &good, 1);
    word.reset();
  };
  return host_engine(std::move(hosting));
}

}  // namespace a7600::tool
