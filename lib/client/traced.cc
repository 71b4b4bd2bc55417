// SPDX-License-Identifier: MIT
#include "client/traced.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <new>
#include <string>

#include "client/call.h"
#include "client/call_text.h"
#include "client/identity.h"
#include "client/runtime.h"
#include "trace/record.h"

namespace a7600::client::traced {
namespace {

bool off() { return __builtin_expect(!Runtime::get().tracing(), true); }

// Of the engine's clock.
trace::Time now() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return trace::Time{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// One call, from its beginning on. A trace that can't be told of a call is no reason for the call
// to fail, so errors end here, and errno is kept.
class Report {
 public:
  Report() : start_(now()) {}

  void begins(const std::optional<wire::UnixAddress>& engine, int fd, std::string text) const {
    trace::Record record = make(trace::Kind::kCallBegins, std::move(text));
    record.time = start_;
    post(engine, fd, record);
  }

  void ends(const std::optional<wire::UnixAddress>& engine, int fd, std::string text,
            long long result, int error) const {
    trace::Record record = make(trace::Kind::kCallEnds, std::move(text));
    record.start = start_;
    record.time = now();
    record.result = result;
    record.error = error;
    post(engine, fd, record);
  }

 private:
  static trace::Record make(trace::Kind kind, std::string text) {
    trace::Record record;
    record.kind = kind;
    record.pid = static_cast<std::uint32_t>(::getpid());
    record.tid = static_cast<std::uint32_t>(::gettid());
    record.text = std::move(text);
    return record;
  }

  static void post(const std::optional<wire::UnixAddress>& engine, int fd,
                   const trace::Record& record) {
    if (!engine) return;
    const int saved = errno;
    Call call;
    call.request.op = wire::Op::kReport;
    call.descriptor = fd;
    std::string bytes;
    trace::encode(record, bytes, call.request.data.size());
    std::memcpy(call.request.data.data(), bytes.data(), bytes.size());
    call.request.size = static_cast<std::uint16_t>(bytes.size());
    call.post(*engine);
    errno = saved;
  }

  trace::Time start_;
};

bool may_wait(int fd) {
  const int status = ::fcntl(fd, F_GETFL);
  return status >= 0 && (status & O_NONBLOCK) == 0;
}

// Calls `make` and reports it with what `text` says afterwards.
template <typename Make, typename Text>
std::optional<int> reported(int fd, bool waits, const Make& make, const Text& text) {
  const auto engine = engine_of(fd);
  if (!engine) return make();
  const Report report;
  if (waits) report.begins(engine, fd, text());
  const auto result = make();
  if (result) report.ends(engine, fd, text(), *result, *result < 0 ? errno : 0);
  return result;
}

// The only exceptions that a program could be met with. Not `catch (...)`, as the thread may be
// cancelled inside.
template <typename Call>
std::optional<int> or_no_memory(int otherwise, const Call& call) {
  try {
    return call();
  } catch (const std::bad_alloc&) {
    errno = ENOMEM;
    return otherwise;
  }
}

std::string call_text(const char* name, int fd, const std::string& rest) {
  return std::string(name) + '(' + std::to_string(fd) + (rest.empty() ? "" : ", ") + rest + ')';
}

}  // namespace

std::optional<int> socket(int domain, int type, int protocol) {
  if (off()) return or_no_memory(-1, [&] { return client::socket(domain, type, protocol); });
  const Report report;
  const auto fd = client::socket(domain, type, protocol);
  if (!fd) return fd;
  const std::string text = "socket(" + domain_text(domain) + ", " + type_text(type) + ", " +
                           protocol_text(protocol) + ')';
  const int error = *fd < 0 ? errno : 0;
  report.ends(*fd < 0 ? Runtime::get().known_engine() : engine_of(*fd), *fd, text, *fd, error);
  return fd;
}

std::optional<int> connect(int fd, const sockaddr* address, socklen_t length) {
  if (off()) return or_no_memory(-1, [&] { return client::connect(fd, address, length); });
  return reported(
      fd, may_wait(fd), [&] { return client::connect(fd, address, length); },
      [&] { return call_text("connect", fd, address_text(address, length)); });
}

std::optional<int> bind(int fd, const sockaddr* address, socklen_t length) {
  if (off()) return client::bind(fd, address, length);
  return reported(
      fd, false, [&] { return client::bind(fd, address, length); },
      [&] { return call_text("bind", fd, address_text(address, length)); });
}

std::optional<int> listen(int fd) {
  if (off()) return client::listen(fd);
  return reported(
      fd, true, [&] { return client::listen(fd); }, [&] { return call_text("listen", fd, {}); });
}

std::optional<int> accept(int fd, sockaddr* address, socklen_t* length, int flags) {
  if (off()) return client::accept(fd, address, length, flags);
  bool done = false;
  return reported(
      fd, may_wait(fd),
      [&] {
        const auto result = client::accept(fd, address, length, flags);
        done = result.value_or(-1) >= 0;
        return result;
      },
      [&] {
        return call_text("accept", fd, done ? address_text(address, length) : std::string());
      });
}

std::optional<int> shutdown(int fd, int how) {
  if (off()) return client::shutdown(fd, how);
  constexpr const char* kHow[] = {"SHUT_RD", "SHUT_WR", "SHUT_RDWR"};
  return reported(
      fd, false, [&] { return client::shutdown(fd, how); },
      [&] { return call_text("shutdown", fd, how >= 0 && how <= 2 ? kHow[how] : "?"); });
}

std::optional<int> getsockname(int fd, sockaddr* address, socklen_t* length) {
  if (off()) return client::getsockname(fd, address, length);
  return reported(
      fd, false, [&] { return client::getsockname(fd, address, length); },
      [&] { return call_text("getsockname", fd, address_text(address, length)); });
}

std::optional<int> getpeername(int fd, sockaddr* address, socklen_t* length) {
  if (off()) return client::getpeername(fd, address, length);
  return reported(
      fd, false, [&] { return client::getpeername(fd, address, length); },
      [&] { return call_text("getpeername", fd, address_text(address, length)); });
}

std::optional<int> getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  if (off()) return client::getsockopt(fd, level, name, value, length);
  return reported(
      fd, false, [&] { return client::getsockopt(fd, level, name, value, length); },
      [&] {
        return call_text(
            "getsockopt", fd,
            option_text(level, name) + ", " + value_text(value, length == nullptr ? 0 : *length));
      });
}

std::optional<int> setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  if (off()) return client::setsockopt(fd, level, name, value, length);
  return reported(
      fd, false, [&] { return client::setsockopt(fd, level, name, value, length); },
      [&] {
        return call_text("setsockopt", fd,
                         option_text(level, name) + ", " + value_text(value, length));
      });
}

std::optional<int> getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                               addrinfo** out) {
  if (off()) {
    return or_no_memory(EAI_MEMORY, [&] { return client::getaddrinfo(node, service, hints, out); });
  }
  const bool by_number = hints != nullptr && (hints->ai_flags & AI_NUMERICHOST) != 0;
  if (by_number || is_the_c_librarys(node)) return std::nullopt;
  const Report report;
  const std::string text = "getaddrinfo(" + quoted_text(node) + ", " + quoted_text(service) + ')';
  report.begins(Runtime::get().known_engine(), -1, text);
  const auto result = client::getaddrinfo(node, service, hints, out);
  if (!result) return result;
  report.ends(Runtime::get().known_engine(), -1, text, *result, *result == EAI_SYSTEM ? errno : 0);
  return result;
}

std::optional<int> gethostbyname2_r(const char* name, int family, hostent* out, char* buffer,
                                    size_t size, hostent** result, int* error) {
  if (off()) return client::gethostbyname2_r(name, family, out, buffer, size, result, error);
  if (is_the_c_librarys(name)) return std::nullopt;
  const Report report;
  const std::string text = "gethostbyname(" + quoted_text(name) + ')';
  report.begins(Runtime::get().known_engine(), -1, text);
  const auto done = client::gethostbyname2_r(name, family, out, buffer, size, result, error);
  if (!done) return done;
  report.ends(Runtime::get().known_engine(), -1, text, *result != nullptr ? 0 : -1, *done);
  return done;
}

}  // namespace a7600::client::traced
