// SPDX-License-Identifier: MIT
#include "seccomp/features.h"

#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "seccomp/filter.h"
#include "seccomp/kernel.h"

namespace a7600::seccomp {
namespace {

// With no program, a flag that the kernel knows is EFAULT, and one that it doesn't know EINVAL.
bool knows_flag(unsigned long flag) {
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, nullptr) < 0 && errno == EFAULT;
}

// With the number of no notification, ENOENT says that everything else was in order.
bool adds(int listener, std::uint32_t flags) {
  seccomp_notif_addfd add{};
  add.id = ~std::uint64_t{0};
  add.flags = flags;
  add.srcfd = static_cast<std::uint32_t>(listener);
  return ::ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add) < 0 && errno == ENOENT;
}

}  // namespace

Features probe(int listener) {
  Features out;
  out.known_machine = kMachineIsKnown;
  const std::uint32_t action = SECCOMP_RET_USER_NOTIF;
  out.notify = ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
  out.get_descriptor = ::syscall(SYS_pidfd_getfd, -1, -1, 0) < 0 && errno != ENOSYS;
  out.add_descriptor = listener < 0 || adds(listener, 0);
  out.send_descriptor = listener < 0 || adds(listener, SECCOMP_ADDFD_FLAG_SEND);
  out.wait_killable =
      knows_flag(SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  return out;
}

std::optional<std::string> missing(const Features& features) {
  if (!features.known_machine) {
    return "static and Go programs can be reached on x86-64 and ARM 64 only, not on this machine";
  }
  const char* what = nullptr;
  if (!features.notify) {
    what = "seccomp user notification (Linux 5.0)";
  } else if (!features.get_descriptor) {
    what = "pidfd_getfd (Linux 5.6)";
  } else if (!features.add_descriptor) {
    what = "SECCOMP_IOCTL_NOTIF_ADDFD (Linux 5.9)";
  } else {
    return std::nullopt;
  }
  return std::string("the kernel is too old for static and Go programs: it has no ") + what;
}

}  // namespace a7600::seccomp
