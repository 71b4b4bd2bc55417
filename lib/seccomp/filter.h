// SPDX-License-Identifier: MIT
#pragma once

#include <linux/filter.h>

#include <vector>

#include "base/result.h"
#include "base/unique_fd.h"

namespace a7600::seccomp {

// Whether the system call tables of this kind of machine are known.
#if defined(__x86_64__) || defined(__aarch64__)
inline constexpr bool kMachineIsKnown = true;
#else
inline constexpr bool kMachineIsKnown = false;
#endif

// The filter: which system calls are asked about. Everything that it does not name goes on at the
// cost of running it, 0.1 µs; the data calls read, write, poll and their like are among that.
//
//   asked      socket, of AF_INET and AF_INET6, stream and datagram
//              connect, bind, listen, accept, accept4, shutdown, getsockname, getpeername,
//              getsockopt, setsockopt, sendmsg, recvmsg, sendmmsg, recvmmsg
//              sendto and recvfrom with an address, MSG_OOB, MSG_ERRQUEUE or MSG_TRUNC
//              ioctl with SIOCOUTQ or SIOCOUTQNSD
//   passed     of these, the calls that bear sys::kMark; but a marked socket of no domain, which
//              makes no sense otherwise, is answered with ENOTUNIQ: see is_filtered()
//   ENOSYS     socket of the internet's domains, and socketcall's socket, by another system call
//              table than this machine's own (i386, x32; 32-bit ARM): nothing of theirs can be
//              served, and none may slip past the modem
// Only where kMachineIsKnown.
std::vector<sock_filter> make_filter();

// Puts the filter on the calling thread and what it starts, and returns its listener. EPERM, EBUSY
// and others with a sentence. `wait_killable`: see Features. Sets no_new_privs if it has to: root
// need not.
Result<UniqueFd> install_filter(bool wait_killable);

// Whether such a filter is on this process already, by a parent's doing.
bool is_filtered();

}  // namespace a7600::seccomp
