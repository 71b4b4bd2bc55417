// SPDX-License-Identifier: MIT
#pragma once

#include <linux/seccomp.h>

#include <cstdint>

#include "client/libc.h"
#include "client/on_behalf.h"
#include "seccomp/listener.h"
#include "seccomp/target.h"

namespace a7600::seccomp {

// Who serves a call, as far as the call is concerned.
class Server {
 public:
  virtual ~Server() = default;
  // This thread is about to sleep until something happens to the call's socket, or, `briefly`,
  // until the engine answers. False: too many sleep already. Every true is followed by one
  // end_wait().
  virtual bool begin_wait(bool briefly) = 0;
  virtual void end_wait() = 0;
  virtual void say(log::Level level, std::string_view text) = 0;
};

// One system call of a program, from its notification to its answer. It is served by one thread,
// which makes lib/client's calls with a copy of the program's descriptor.
class Call {
 public:
  Call(const Listener& listener, Server& server, const seccomp_notif& notification);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // The one that this thread serves.
  static Call& current();

  const seccomp_data& data() const { return notification_.data; }
  std::uint64_t argument(int n) const { return notification_.data.args[n]; }
  int number(int n) const { return static_cast<int>(argument(n)); }
  const Target& target() const { return target_; }
  pid_t process() const { return target_.process(); }
  Server& server() const { return server_; }

  // Whether what was read of the target was its own, and it still waits.
  bool is_waiting() const { return listener_.is_waiting(notification_.id); }

  // Each once, at the end.
  void pass() const { listener_.pass(notification_.id); }
  void answer(std::int64_t value, int error) const;
  // 0 or an errno; nothing is answered with EMFILE.
  int answer_with_descriptor(int fd, bool close_on_exec) const;

  // As OnBehalf::replace; the program's number is its first argument.
  int replace(int fd, int fresh) const;

  // Sleeps until `events` on `fd`, at most `timeout` (zero: for ever). 0, or an errno: EAGAIN when
  // the time is over, EINTR when a signal wants the thread or it is gone, ENOBUFS.
  int wait(int fd, short events, const timeval& timeout);

 private:
  bool waits_for_the_engine_only() const;
  bool interrupted();

  const Listener& listener_;
  Server& server_;
  seccomp_notif notification_;
  Target target_;
  // What EINTR becomes: ERESTARTSYS lets the kernel do what SA_RESTART asks for.
  int interruption_ = EINTR;
};

// For client::Runtime.
client::Libc waiting_calls();
extern const client::OnBehalf kOnBehalf;

}  // namespace a7600::seccomp
