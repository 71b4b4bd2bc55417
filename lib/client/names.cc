// SPDX-License-Identifier: MIT
//
// Name look-ups. The modem gives the addresses; libc's own getaddrinfo builds the result from each
// as a number, so hints, service names and freeaddrinfo() are libc's.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "at/host_name.h"
#include "base/unique_fd.h"
#include "client/call.h"
#include "client/client.h"
#include "client/runtime.h"

namespace a7600::client {
namespace {

bool equal_names(std::string_view a, std::string_view b) {
  if (a.ends_with('.')) a.remove_suffix(1);
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(a[i])) !=
        std::tolower(static_cast<unsigned char>(b[i]))) {
      return false;
    }
  }
  return true;
}

bool is_number(const char* name) {
  unsigned char address[sizeof(in6_addr)];
  in_addr old_style{};
  const std::string_view text = name;
  if (text.find(':') != std::string_view::npos) return true;  // IPv6, perhaps with a scope
  return ::inet_pton(AF_INET, name, address) == 1 || ::inet_aton(name, &old_style) != 0;
}

bool is_local_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  constexpr std::string_view kLocalhost = "localhost";
  if (name.size() >= kLocalhost.size() &&
      equal_names(name.substr(name.size() - kLocalhost.size()), kLocalhost)) {
    return name.size() == kLocalhost.size() || name[name.size() - kLocalhost.size() - 1] == '.';
  }
  char own[256] = {};
  return ::gethostname(own, sizeof(own) - 1) == 0 && equal_names(name, own);
}

bool is_in_hosts_file(std::string_view name) {
  const UniqueFd file(::open("/etc/hosts", O_RDONLY | O_CLOEXEC));
  if (!file) return false;
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = ::read(file.get(), buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  std::string_view rest = text;
  constexpr std::string_view kBlanks = " \t\r";
  while (!rest.empty()) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    line = line.substr(0, line.find('#'));
    bool first = true;  // the address
    while (!line.empty()) {
      const std::size_t start = line.find_first_not_of(kBlanks);
      if (start == std::string_view::npos) break;
      line.remove_prefix(start);
      const std::size_t size = std::min(line.find_first_of(kBlanks), line.size());
      if (!first && equal_names(name, line.substr(0, size))) return true;
      first = false;
      line.remove_prefix(size);
    }
  }
  return false;
}

// Asks the modem. 0 and the addresses, or an errno: ENOENT for a name without an address, ETIMEDOUT
// or ENETDOWN while the module is not up, EAGAIN while it takes no commands, or what is wrong with
// the port or the configuration.
int look_up(const char* name, std::vector<in_addr>& out) {
  // Checked here too, so that a wrong name costs no engine.
  const auto host = at::HostName::parse(name);
  if (!host) return ENOENT;
  Runtime& runtime = Runtime::get();
  auto engine = runtime.engine({});
  if (!engine) return engine.error().posix;
  Call call;
  call.request.op = wire::Op::kResolve;
  call.request.size = static_cast<std::uint16_t>(host->text().size());
  std::memcpy(call.request.data.data(), host->text().data(), host->text().size());
  int error = call.run(engine.value());
  if (error == ECONNREFUSED || (error == ENETDOWN && !call.replied)) {
    engine = runtime.engine(engine.value().text());
    if (!engine) return engine.error().posix;
    error = call.run(engine.value());
  }
  if (error != 0) return ENETDOWN;
  if (call.reply.error != 0) return call.reply.error;
  for (std::size_t at = 0; at + sizeof(std::uint32_t) <= call.reply.size;
       at += sizeof(std::uint32_t)) {
    std::uint32_t ip = 0;
    std::memcpy(&ip, call.reply.data.data() + at, sizeof(ip));
    out.push_back({htonl(ip)});
  }
  return out.empty() ? ENOENT : 0;
}

int eai_of(int posix) {
  switch (posix) {
    case ENOENT:
      return EAI_NONAME;
    case ENETDOWN:
    case ETIMEDOUT:
    case EAGAIN:  // the line is a connection's own (transparent mode)
      return EAI_AGAIN;
    default:
      errno = posix;
      return EAI_SYSTEM;
  }
}

// The number that libc is given for one address: plain, or mapped for a caller that wants IPv6.
std::string number_for(const in_addr& address, int family) {
  char text[INET_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET, &address, text, sizeof(text));
  return family == AF_INET6 ? std::string("::ffff:") + text : std::string(text);
}

}  // namespace

bool is_the_c_librarys(const char* name) {
  return name == nullptr || *name == '\0' || is_number(name) || is_local_name(name) ||
         is_in_hosts_file(name);
}

std::optional<int> getaddrinfo(const char* node, const char* service, const addrinfo* hints,
                               addrinfo** out) {
  if (is_the_c_librarys(node)) return std::nullopt;
  addrinfo wanted{};
  if (hints != nullptr) wanted = *hints;
  if ((wanted.ai_flags & AI_NUMERICHOST) != 0) return std::nullopt;
  if (wanted.ai_family != AF_UNSPEC && wanted.ai_family != AF_INET &&
      wanted.ai_family != AF_INET6) {
    return EAI_FAMILY;
  }
  std::vector<in_addr> addresses;
  if (const int error = look_up(node, addresses)) return eai_of(error);
  // There is no AAAA: a caller that takes nothing but true IPv6 finds nothing.
  const bool wants_ipv6 = wanted.ai_family == AF_INET6;
  if (wants_ipv6 && (wanted.ai_flags & AI_V4MAPPED) == 0) return EAI_NODATA;

  // As Linux shows them in the result.
  const int shown_flags = hints != nullptr ? hints->ai_flags : AI_V4MAPPED | AI_ADDRCONFIG;
  const bool wants_name = (wanted.ai_flags & AI_CANONNAME) != 0;
  // AI_ADDRCONFIG would hide the modem's IPv4 on a machine that has no other.
  wanted.ai_flags &= ~(AI_ADDRCONFIG | AI_CANONNAME | AI_V4MAPPED | AI_ALL);
  wanted.ai_flags |= AI_NUMERICHOST;
  wanted.ai_family = wants_ipv6 ? AF_INET6 : AF_INET;
  const Libc& libc = Runtime::get().libc();
  addrinfo* list = nullptr;
  addrinfo** tail = &list;
  for (const in_addr& address : addresses) {
    const std::string number = number_for(address, wanted.ai_family);
    const int error = libc.getaddrinfo(number.c_str(), service, &wanted, tail);
    if (error != 0) {
      const int saved = errno;
      if (list != nullptr) libc.freeaddrinfo(list);
      errno = saved;
      return error;
    }
    for (; *tail != nullptr; tail = &(*tail)->ai_next) (*tail)->ai_flags = shown_flags;
  }
  if (wants_name) list->ai_canonname = ::strdup(node);
  *out = list;
  return 0;
}

std::optional<int> gethostbyname2_r(const char* name, int family, hostent* out, char* buffer,
                                    size_t size, hostent** result, int* error) {
  if (is_the_c_librarys(name)) return std::nullopt;
  *result = nullptr;
  std::vector<in_addr> addresses;
  const int failed = look_up(name, addresses);
  if (failed == 0 && family != AF_INET) {
    *error = NO_DATA;
    return 0;
  }
  if (failed != 0) {
    *error = HOST_NOT_FOUND;
    if (failed == ENOENT) return 0;
    *error = TRY_AGAIN;
    return failed == ENETDOWN || failed == ETIMEDOUT ? EAGAIN : failed;
  }

  // In the caller's buffer: pointers (aliases' end; addresses and their end), addresses, name.
  const std::size_t count = addresses.size();
  const std::size_t misaligned = reinterpret_cast<std::uintptr_t>(buffer) % alignof(char*);
  const std::size_t skipped = misaligned == 0 ? 0 : alignof(char*) - misaligned;
  const std::size_t name_size = std::strlen(name) + 1;
  const std::size_t needed =
      skipped + (count + 2) * sizeof(char*) + count * sizeof(in_addr) + name_size;
  if (size < needed) {
    *error = NETDB_INTERNAL;
    return ERANGE;
  }
  char** pointers = reinterpret_cast<char**>(buffer + skipped);
  char* at = reinterpret_cast<char*>(pointers + count + 2);
  pointers[0] = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    pointers[1 + i] = at;
    std::memcpy(at, &addresses[i], sizeof(in_addr));
    at += sizeof(in_addr);
  }
  pointers[1 + count] = nullptr;
  std::memcpy(at, name, name_size);
  out->h_name = at;
  out->h_aliases = pointers;
  out->h_addrtype = AF_INET;
  out->h_length = sizeof(in_addr);
  out->h_addr_list = pointers + 1;
  *result = out;
  return 0;
}

}  // namespace a7600::client
