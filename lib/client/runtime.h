// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/pass.h"
#include "base/result.h"
#include "client/libc.h"
#include "client/on_behalf.h"
#include "config/config.h"
#include "wire/channel.h"

namespace a7600::client {

// What one process knows: its configuration, and where its engine takes calls. Nothing here is
// about a single socket; that is asked of the engine, so fork, exec and descriptor tricks can't
// make it wrong.
class Runtime {
 public:
  // The one of this process. It is made at first use, which the library's constructor is, and
  // never destroyed: programs use sockets in their own destructors.
  static Runtime& get();

  // REQUIRES: before any other thread uses the library. `on_thread`: see engine::start_thread.
  void set_up(const Libc& libc, Result<config::Config> config, void (*on_thread)());

  // From now on calls are made on behalf of others. REQUIRES: set_up(), and no other thread yet.
  void serve(const OnBehalf& others) { on_behalf_ = &others; }

  const Libc& libc() const { return libc_; }
  // Null: calls are this process's own.
  const OnBehalf* on_behalf() const { return on_behalf_; }
  // EINVAL with one line on stderr, once, if the configuration is wrong.
  Result<const config::Config*> config();

  // Where calls for new sockets and look-ups go: the engine that A7600_ENGINE names; else a shared
  // one for the port; else one that is started, in this process or for all ("spawn"). Chosen once,
  // and again when the one at `gone` (empty: none) takes no calls any more: a forked child goes on
  // with its parent's engine until that ends.
  Result<wire::UnixAddress> engine(std::string_view gone);

  // engine() without starting one: nullopt if there is none yet.
  std::optional<wire::UnixAddress> known_engine() const;

  // To be shown to an engine with every call.
  const Pass& pass() const { return pass_; }

  // Whether socket calls are to be reported, since a trace is written.
  bool tracing() const { return tracing_; }

  // Whether the engine runs in this very process, not in a parent that has forked it.
  bool hosts_engine() const;

  // Everything written so far is sent, the connections are closed and the module is put back as it
  // was found; bounded by the engine. Nothing happens in a process that hosts no engine.
  // Afterwards no socket can be made any more, until resume().
  void finish();
  void resume();

  // One line on stderr, or in the log file, as A7600_LOG says.
  void say(log::Level level, std::string_view text) const;

 private:
  Runtime() = default;
  // The address of a shared engine, or of one in this process.
  Result<std::string> find_or_start(const config::Config& config);

  Libc libc_;
  const OnBehalf* on_behalf_ = nullptr;
  void (*on_thread_)() = nullptr;
  Result<config::Config> config_{config::Config{}};
  bool complained_ = false;
  bool tracing_ = false;
  // A path, or an abstract name with its '@'; fixed storage, because a forked child reads it
  // whatever another thread of its parent was doing.
  char engine_address_[108] = {};
  int engine_pid_ = 0;
  Pass pass_;
  bool finished_ = false;
};

}  // namespace a7600::client
