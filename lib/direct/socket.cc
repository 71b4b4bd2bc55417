// SPDX-License-Identifier: MIT
//
// The face of lib/client for programs that link it: the C edge, which alone sets errno and lets no
// exception out.
#include "a7600/socket.h"

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <new>
#include <string>

#include "client/runtime.h"
#include "client/traced.h"
#include "config/config.h"

#define A7600_API extern "C" __attribute__((visibility("default")))

namespace client = a7600::client;

namespace {

pthread_once_t g_once = PTHREAD_ONCE_INIT;
std::atomic<bool> g_set_up{false};
const std::map<std::string, std::string, std::less<>>* g_overrides = nullptr;

std::optional<std::string> look_up(std::string_view name) {
  if (g_overrides != nullptr) {
    if (const auto found = g_overrides->find(name); found != g_overrides->end()) {
      return found->second;
    }
  }
  const char* value = ::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

void set_up() {
  client::Libc libc;
  libc.recv = ::recv;
  libc.recvmsg = ::recvmsg;
  libc.send = ::send;
  libc.sendmsg = ::sendmsg;
  libc.getaddrinfo = ::getaddrinfo;
  libc.freeaddrinfo = ::freeaddrinfo;
  client::Runtime::get().set_up(libc, a7600::config::load(look_up), nullptr);
  g_set_up.store(true, std::memory_order_release);
}

void ensure_set_up() {
  if (!g_set_up.load(std::memory_order_acquire)) pthread_once(&g_once, set_up);
}

// Runs `ours`; if the descriptor or the name is none of the modem's, `libc`. Only std::exception is
// caught: pthread_cancel() unwinds through a blocking call with something else, and that must pass.
template <typename Ours, typename CLibrary>
auto either(const Ours& ours, const CLibrary& libc) -> decltype(libc()) {
  try {
    ensure_set_up();
    if (const auto result = ours()) return *result;
  } catch (const std::bad_alloc&) {
    errno = ENOMEM;
    return -1;
  } catch (const std::exception&) {
    errno = EIO;
    return -1;
  }
  return libc();
}

// What the program's stdio still holds for a socket would be written after this, too late.
__attribute__((destructor)) void on_end() {
  if (!g_set_up.load(std::memory_order_acquire)) return;
  client::Runtime& runtime = client::Runtime::get();
  if (!runtime.hosts_engine()) return;
  std::fflush(nullptr);
  runtime.finish();
}

}  // namespace

A7600_API int a7600_open(const a7600_config* config) {
  if (g_set_up.load(std::memory_order_acquire)) {
    errno = EALREADY;
    return -1;
  }
  std::map<std::string, std::string, std::less<>> overrides;
  if (config != nullptr) {
    auto set = [&overrides](const char* name, const char* value) {
      if (value != nullptr) overrides[name] = value;
    };
    set("A7600_PORT", config->port);
    set("A7600_FLOW", config->flow);
    set("A7600_APN", config->apn);
    set("A7600_APN_USER", config->apn_user);
    set("A7600_APN_PASSWORD", config->apn_password);
    set("A7600_APN_AUTH", config->apn_auth);
    set("A7600_PIN", config->pin);
    set("A7600_RX", config->rx);
    set("A7600_MODE", config->mode);
    set("A7600_RESET", config->reset);
    set("A7600_BYPASS", config->bypass);
    set("A7600_ENGINE", config->engine);
    set("A7600_TRACE", config->trace);
    set("A7600_LOG", config->log);
    if (config->baud != 0) overrides["A7600_BAUD"] = std::to_string(config->baud);
    if (config->connect_timeout != 0) {
      overrides["A7600_CONNECT_TIMEOUT"] = std::to_string(config->connect_timeout);
    }
  }
  g_overrides = &overrides;
  ensure_set_up();
  g_overrides = nullptr;
  const auto loaded = client::Runtime::get().config();
  if (loaded) return 0;
  errno = loaded.error().posix;
  return -1;
}

A7600_API int a7600_shutdown_engine() {
  if (!g_set_up.load(std::memory_order_acquire)) return 0;
  client::Runtime::get().finish();
  client::Runtime::get().resume();
  return 0;
}

A7600_API int a7600_socket(int domain, int type, int protocol) {
  return either([&] { return client::traced::socket(domain, type, protocol); },
                [&] { return ::socket(domain, type, protocol); });
}

A7600_API int a7600_connect(int fd, const sockaddr* address, socklen_t length) {
  return either([&] { return client::traced::connect(fd, address, length); },
                [&] { return ::connect(fd, address, length); });
}

A7600_API int a7600_bind(int fd, const sockaddr* address, socklen_t length) {
  return either([&] { return client::traced::bind(fd, address, length); },
                [&] { return ::bind(fd, address, length); });
}

A7600_API int a7600_listen(int fd, int backlog) {
  return either([&] { return client::traced::listen(fd); }, [&] { return ::listen(fd, backlog); });
}

A7600_API int a7600_accept(int fd, sockaddr* address, socklen_t* length) {
  return either([&] { return client::traced::accept(fd, address, length, 0); },
                [&] { return ::accept(fd, address, length); });
}

A7600_API int a7600_accept4(int fd, sockaddr* address, socklen_t* length, int flags) {
  return either([&] { return client::traced::accept(fd, address, length, flags); },
                [&] { return ::accept4(fd, address, length, flags); });
}

A7600_API ssize_t a7600_send(int fd, const void* data, size_t size, int flags) {
  return either([&] { return client::send(fd, data, size, flags, nullptr, 0); },
                [&] { return ::send(fd, data, size, flags); });
}

A7600_API ssize_t a7600_sendto(int fd, const void* data, size_t size, int flags,
                               const sockaddr* address, socklen_t length) {
  return either([&] { return client::send(fd, data, size, flags, address, length); },
                [&] { return ::sendto(fd, data, size, flags, address, length); });
}

A7600_API ssize_t a7600_sendmsg(int fd, const msghdr* message, int flags) {
  return either([&] { return client::sendmsg(fd, message, flags); },
                [&] { return ::sendmsg(fd, message, flags); });
}

A7600_API ssize_t a7600_recv(int fd, void* data, size_t size, int flags) {
  return either([&] { return client::recv(fd, data, size, flags, nullptr, nullptr); },
                [&] { return ::recv(fd, data, size, flags); });
}

A7600_API ssize_t a7600_recvfrom(int fd, void* data, size_t size, int flags, sockaddr* address,
                                 socklen_t* length) {
  return either([&] { return client::recv(fd, data, size, flags, address, length); },
                [&] { return ::recvfrom(fd, data, size, flags, address, length); });
}

A7600_API ssize_t a7600_recvmsg(int fd, msghdr* message, int flags) {
  return either([&] { return client::recvmsg(fd, message, flags); },
                [&] { return ::recvmsg(fd, message, flags); });
}

A7600_API int a7600_shutdown(int fd, int how) {
  return either([&] { return client::traced::shutdown(fd, how); },
                [&] { return ::shutdown(fd, how); });
}

A7600_API int a7600_close(int fd) {
  return either([&] { return client::close(fd); }, [&] { return ::close(fd); });
}

A7600_API int a7600_getsockname(int fd, sockaddr* address, socklen_t* length) {
  return either([&] { return client::traced::getsockname(fd, address, length); },
                [&] { return ::getsockname(fd, address, length); });
}

A7600_API int a7600_getpeername(int fd, sockaddr* address, socklen_t* length) {
  return either([&] { return client::traced::getpeername(fd, address, length); },
                [&] { return ::getpeername(fd, address, length); });
}

A7600_API int a7600_getsockopt(int fd, int level, int name, void* value, socklen_t* length) {
  return either([&] { return client::traced::getsockopt(fd, level, name, value, length); },
                [&] { return ::getsockopt(fd, level, name, value, length); });
}

A7600_API int a7600_setsockopt(int fd, int level, int name, const void* value, socklen_t length) {
  return either([&] { return client::traced::setsockopt(fd, level, name, value, length); },
                [&] { return ::setsockopt(fd, level, name, value, length); });
}

A7600_API int a7600_getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                                addrinfo** result) {
  return either([&] { return client::traced::getaddrinfo(node, service, hints, result); },
                [&] { return ::getaddrinfo(node, service, hints, result); });
}

A7600_API void a7600_freeaddrinfo(addrinfo* list) { ::freeaddrinfo(list); }
