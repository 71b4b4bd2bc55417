// SPDX-License-Identifier: MIT
//
// Name look-ups. The C library's own resolver calls itself past the hooks, so each of its entrances
// is one here.
#include <cerrno>
#include <cstdlib>

#include "client/traced.h"
#include "hook.h"

using a7600::preload::passes;
using a7600::preload::real;
namespace client = a7600::client::traced;

namespace {

// What gethostbyname() returns stays valid until the next call in the same thread, which is more
// than the standard promises.
constexpr size_t kHostBuffer = 2048;
thread_local hostent t_host;
thread_local char t_host_buffer[kHostBuffer];

}  // namespace

A7600_HOOK int getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                           addrinfo** out) {
  const auto& libc = real();
  if (!passes()) {
    if (const auto result = client::getaddrinfo(node, service, hints, out)) return *result;
  }
  return libc.getaddrinfo(node, service, hints, out);
}

A7600_HOOK int gethostbyname2_r(const char* name, int family, hostent* out, char* buffer,
                                size_t size, hostent** result, int* error) {
  const auto& libc = real();
  if (!passes()) {
    const auto done = client::gethostbyname2_r(name, family, out, buffer, size, result, error);
    if (done) return *done;
  }
  return libc.gethostbyname2_r(name, family, out, buffer, size, result, error);
}

A7600_HOOK int gethostbyname_r(const char* name, hostent* out, char* buffer, size_t size,
                               hostent** result, int* error) {
  const auto& libc = real();
  if (!passes()) {
    const auto done = client::gethostbyname2_r(name, AF_INET, out, buffer, size, result, error);
    if (done) return *done;
  }
  return libc.gethostbyname_r(name, out, buffer, size, result, error);
}

A7600_HOOK hostent* gethostbyname2(const char* name, int family) {
  const auto& libc = real();
  if (!passes()) {
    hostent* result = nullptr;
    const auto done = client::gethostbyname2_r(name, family, &t_host, t_host_buffer, kHostBuffer,
                                               &result, &h_errno);
    if (done) {
      if (*done != 0) errno = *done;
      return result;
    }
  }
  return libc.gethostbyname2(name, family);
}

A7600_HOOK hostent* gethostbyname(const char* name) {
  const auto& libc = real();
  if (!passes()) {
    hostent* result = nullptr;
    const auto done = client::gethostbyname2_r(name, AF_INET, &t_host, t_host_buffer, kHostBuffer,
                                               &result, &h_errno);
    if (done) {
      if (*done != 0) errno = *done;
      return result;
    }
  }
  return libc.gethostbyname(name);
}
