// SPDX-License-Identifier: MIT
#include "seccomp/filter.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/sockios.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>

#include "base/sys.h"
#include "seccomp/kernel.h"

namespace a7600::seccomp {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kForeign = AUDIT_ARCH_I386;
constexpr std::uint32_t kForeignSocket = 359;
constexpr std::uint32_t kForeignSocketCall = 102;
constexpr std::uint32_t kX32 = 0x40000000;
#elif defined(__aarch64__)
constexpr std::uint32_t kNative = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kForeign = AUDIT_ARCH_ARM;
constexpr std::uint32_t kForeignSocket = 281;
constexpr std::uint32_t kForeignSocketCall = 102;
constexpr std::uint32_t kX32 = 0;  // there is no such thing
#else
constexpr std::uint32_t kNative = 0;
constexpr std::uint32_t kForeign = 0;
constexpr std::uint32_t kForeignSocket = 0;
constexpr std::uint32_t kForeignSocketCall = 0;
constexpr std::uint32_t kX32 = 0;
#endif

constexpr std::uint32_t kNumber = offsetof(seccomp_data, nr);
constexpr std::uint32_t kArchitecture = offsetof(seccomp_data, arch);
// The lower half of an argument, and the upper.
constexpr std::uint32_t argument(int n) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    static_cast<std::size_t>(n) * sizeof(std::uint64_t));
}
constexpr std::uint32_t upper_argument(int n) { return argument(n) + 4; }

constexpr std::uint32_t kRefuse = SECCOMP_RET_ERRNO | ENOSYS;
constexpr int kHere = ENOTUNIQ;

// A classic BPF program, written downwards; every block either returns or falls through.
class Program {
 public:
  void load(std::uint32_t offset) { add(BPF_LD | BPF_W | BPF_ABS, offset); }
  void give(std::uint32_t action) { add(BPF_RET | BPF_K, action); }

  // `block` is run if the loaded word is `value`.
  template <typename Block>
  void when(long value, const Block& block) {
    branch(BPF_JEQ, static_cast<std::uint32_t>(value), true, block);
  }
  template <typename Block>
  void unless(long value, const Block& block) {
    branch(BPF_JEQ, static_cast<std::uint32_t>(value), false, block);
  }
  template <typename Block>
  void when_any_bit(int bits, const Block& block) {
    branch(BPF_JSET, static_cast<std::uint32_t>(bits), true, block);
  }
  void mask(std::uint32_t bits) { add(BPF_ALU | BPF_AND | BPF_K, bits); }

  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  void add(int code, std::uint32_t value) {
    code_.push_back({static_cast<std::uint16_t>(code), 0, 0, value});
  }
  template <typename Block>
  void branch(int test, std::uint32_t value, bool wanted, const Block& block) {
    add(BPF_JMP | test | BPF_K, value);
    const std::size_t at = code_.size() - 1;
    block();
    const auto skipped = static_cast<std::uint8_t>(code_.size() - at - 1);
    (wanted ? code_[at].jf : code_[at].jt) = skipped;
  }

  std::vector<sock_filter> code_;
};

// `block` is run for the domains of the internet.
template <typename Block>
void when_internet(Program& program, const Block& block) {
  program.load(argument(0));
  for (const int domain : {AF_INET, AF_INET6}) program.when(domain, block);
}

void refuse_socket_of_others(Program& program) {
  program.load(kArchitecture);
  program.when(kForeign, [&] {
    program.load(kNumber);
    program.when(kForeignSocket, [&] { when_internet(program, [&] { program.give(kRefuse); }); });
    program.load(kNumber);
    program.when(kForeignSocketCall, [&] {
      program.load(argument(0));
      program.when(1, [&] { program.give(kRefuse); });  // SYS_SOCKET
    });
  });
  program.load(kArchitecture);
  program.unless(kNative, [&] { program.give(SECCOMP_RET_ALLOW); });
  if (kX32 == 0) return;
  program.load(kNumber);
  program.when(kX32 | SYS_socket, [&] { when_internet(program, [&] { program.give(kRefuse); }); });
}

// `block` is run for calls that bear the mark.
template <typename Block>
void when_marked(Program& program, const Block& block) {
  program.load(argument(5));
  program.when(sys::kMark & 0xffffffff, [&] {
    program.load(upper_argument(5));
    program.when(std::uint64_t{sys::kMark} >> 32, block);
  });
}

void ask_about_socket(Program& program) {
  when_marked(program, [&] {
    program.load(argument(0));
    program.when(AF_UNSPEC, [&] { program.give(SECCOMP_RET_ERRNO | kHere); });
    program.give(SECCOMP_RET_ALLOW);
  });
  when_internet(program, [&] {
    program.load(argument(1));
    program.mask(~static_cast<std::uint32_t>(SOCK_NONBLOCK | SOCK_CLOEXEC));
    for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
      program.when(type, [&] { program.give(SECCOMP_RET_USER_NOTIF); });
    }
    program.give(SECCOMP_RET_ALLOW);
  });
  program.give(SECCOMP_RET_ALLOW);
}

void ask_unless_marked(Program& program) {
  when_marked(program, [&] { program.give(SECCOMP_RET_ALLOW); });
  program.give(SECCOMP_RET_USER_NOTIF);
}

void ask_with_address(Program& program) {
  for (const std::uint32_t half : {argument(4), upper_argument(4)}) {
    program.load(half);
    program.unless(0, [&] { program.give(SECCOMP_RET_USER_NOTIF); });
  }
  program.load(argument(3));
  program.when_any_bit(MSG_OOB | MSG_ERRQUEUE | MSG_TRUNC,
                       [&] { program.give(SECCOMP_RET_USER_NOTIF); });
  program.give(SECCOMP_RET_ALLOW);
}

// What counts the bytes that are on their way; the kernel knows those of the pair only.
void ask_about_requests(Program& program) {
  program.load(argument(1));
  for (const int request : {SIOCOUTQ, SIOCOUTQNSD}) {
    program.when(request, [&] { ask_unless_marked(program); });
  }
  program.give(SECCOMP_RET_ALLOW);
}

std::string sentence_of(int posix) {
  switch (posix) {
    case EBUSY:
      return "another program watches its system calls already (a container's manager, or an "
             "`a7600 run` around this one), and the kernel allows one such watcher";
    case EINVAL:
      return "the kernel was built without seccomp filters";
    case EPERM:
    case EACCES:
      return "the filter for its system calls is forbidden here";
    default:
      return std::string("the filter for its system calls: ") + strerror(posix);
  }
}

}  // namespace

std::vector<sock_filter> make_filter() {
  Program program;
  refuse_socket_of_others(program);
  program.load(kNumber);
  program.when(SYS_socket, [&] { ask_about_socket(program); });
  for (const int call : {SYS_sendto, SYS_recvfrom}) {
    program.when(call, [&] { ask_with_address(program); });
  }
  program.when(SYS_ioctl, [&] { ask_about_requests(program); });
  for (const int call :
       {SYS_connect, SYS_bind, SYS_listen,
#ifdef SYS_accept
        SYS_accept,
#endif
        SYS_accept4, SYS_shutdown, SYS_getsockname, SYS_getpeername, SYS_getsockopt, SYS_setsockopt,
        SYS_sendmsg, SYS_recvmsg, SYS_sendmmsg, SYS_recvmmsg}) {
    program.when(call, [&] { ask_unless_marked(program); });
  }
  program.give(SECCOMP_RET_ALLOW);
  return program.take();
}

Result<UniqueFd> install_filter(bool wait_killable) {
  std::vector<sock_filter> code = make_filter();
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  const unsigned long flags = SECCOMP_FILTER_FLAG_NEW_LISTENER |
                              (wait_killable ? SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV : 0);
  long listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  // Without CAP_SYS_ADMIN the program must give up the gaining of rights first.
  if (listener < 0 && errno == EACCES && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0) {
    listener = ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
  }
  if (listener < 0) return Error{errno, -1, sentence_of(errno)};
  return UniqueFd(static_cast<int>(listener));
}

bool is_filtered() { return sys::socket(AF_UNSPEC, 0, 0) < 0 && errno == kHere; }

}  // namespace a7600::seccomp
