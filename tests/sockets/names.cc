// SPDX-License-Identifier: MIT
//
// Host names, by every call that looks one up. Over the kernel a name server of the driver's
// answers, over the modem AT+CDNSGIP; both know the same names.
#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <resolv.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>

#include "support/address.h"
#include "support/cancelled.h"
#include "support/case.h"
#include "support/direct.h"
#include "support/look.h"

namespace {

using namespace sockets;

constexpr char kName[] = "www.example.test";
constexpr char kMissing[] = "missing.example.test";
constexpr char kInHosts[] = "printer.example.test";
constexpr char kUnanswered[] = "silent.example.test";  // for longer than the case waits

std::string eai_name(int error) {
  switch (error) {
    case 0:
      return "0";
    case EAI_NONAME:
      return "EAI_NONAME";
    case EAI_NODATA:
      return "EAI_NODATA";
    case EAI_AGAIN:
      return "EAI_AGAIN";
    case EAI_FAIL:
      return "EAI_FAIL";
    case EAI_FAMILY:
      return "EAI_FAMILY";
    case EAI_SOCKTYPE:
      return "EAI_SOCKTYPE";
    case EAI_SERVICE:
      return "EAI_SERVICE";
    case EAI_BADFLAGS:
      return "EAI_BADFLAGS";
    case EAI_ADDRFAMILY:
      return "EAI_ADDRFAMILY";
    default:
      return std::to_string(error);
  }
}

void show_list(const addrinfo* list) {
  for (; list != nullptr; list = list->ai_next) {
    say("  %s, family %d, type %d, protocol %d, flags %x, name %s",
        text(list->ai_addr, list->ai_addrlen).c_str(), list->ai_family, list->ai_socktype,
        list->ai_protocol, static_cast<unsigned>(list->ai_flags),
        list->ai_canonname != nullptr ? list->ai_canonname : "-");
  }
}

void look_up(const char* node, const char* service, const addrinfo* hints) {
  addrinfo* list = nullptr;
  const int error = getaddrinfo(node, service, hints, &list);
  say("%s %s: %s", node != nullptr ? node : "-", service != nullptr ? service : "-",
      eai_name(error).c_str());
  if (error != 0) return;
  show_list(list);
  freeaddrinfo(list);
}

addrinfo hints_of(int family, int type, int flags, int protocol = 0) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = type;
  hints.ai_flags = flags;
  hints.ai_protocol = protocol;
  return hints;
}

CASE(a_name_without_hints) {
  look_up(kName, nullptr, nullptr);
  look_up(kName, "80", nullptr);
  look_up("WWW.Example.TEST", "http", nullptr);
  look_up("www.example.test.", "http", nullptr);
}

CASE(a_name_with_every_kind_of_hint) {
  for (const int family : {AF_UNSPEC, AF_INET, AF_INET6}) {
    for (const int flags : {0, AI_PASSIVE, AI_CANONNAME, AI_V4MAPPED, AI_V4MAPPED | AI_ALL,
                            AI_NUMERICSERV, AI_NUMERICHOST}) {
      const addrinfo hints = hints_of(family, SOCK_STREAM, flags);
      say("family %d, flags %x", family, static_cast<unsigned>(flags));
      look_up(kName, "80", &hints);
    }
  }
}

CASE(types_and_protocols) {
  for (const int type : {0, int{SOCK_STREAM}, int{SOCK_DGRAM}, int{SOCK_RAW}, 77}) {
    const addrinfo hints = hints_of(AF_INET, type, 0);
    look_up(kName, type == SOCK_RAW ? nullptr : "80", &hints);
  }
  const addrinfo tcp_only = hints_of(AF_INET, 0, 0, IPPROTO_TCP);
  look_up(kName, "80", &tcp_only);
  const addrinfo wrong = hints_of(AF_INET, SOCK_STREAM, 0, IPPROTO_UDP);
  look_up(kName, "80", &wrong);
}

CASE(wrong_hints) {
  const addrinfo family = hints_of(77, SOCK_STREAM, 0);
  look_up(kName, "80", &family);
  const addrinfo flags = hints_of(AF_INET, SOCK_STREAM, 0x40000000);
  look_up(kName, "80", &flags);
  const addrinfo canonical = hints_of(AF_INET, SOCK_STREAM, AI_CANONNAME);
  look_up(nullptr, "80", &canonical);
  const addrinfo number = hints_of(AF_INET, SOCK_STREAM, AI_NUMERICSERV);
  look_up(kName, "http", &number);
}

CASE(services) {
  const addrinfo hints = hints_of(AF_INET, SOCK_STREAM, 0);
  for (const char* service : {"http", "https", "nonesuch", "0", "65535", "65536", "-1", ""}) {
    look_up(kName, service, &hints);
  }
}

CASE(nothing_to_look_up) {
  look_up(nullptr, nullptr, nullptr);
  const addrinfo passive = hints_of(AF_INET, SOCK_STREAM, AI_PASSIVE);
  look_up(nullptr, "80", &passive);
  const addrinfo active = hints_of(AF_INET, SOCK_STREAM, 0);
  look_up(nullptr, "80", &active);
  look_up("", "80", &active);
}

CASE(names_without_an_address) {
  look_up(kMissing, "80", nullptr);
  const addrinfo four = hints_of(AF_INET, SOCK_STREAM, 0);
  look_up(kMissing, "80", &four);
  const addrinfo six = hints_of(AF_INET6, SOCK_STREAM, 0);
  look_up(kMissing, "80", &six);
  const addrinfo mapped_six = hints_of(AF_INET6, SOCK_STREAM, AI_V4MAPPED);
  look_up(kMissing, "80", &mapped_six);
}

CASE(names_that_cannot_be) {
  const addrinfo hints = hints_of(AF_INET, SOCK_STREAM, 0);
  const std::string long_label(64, 'a');
  const std::string long_name = std::string(63, 'a') + "." + std::string(63, 'b') + "." +
                                std::string(63, 'c') + "." + std::string(63, 'd') + ".test";
  for (const std::string& name :
       {std::string("a..b"), std::string(".a.test"), long_label + ".test", long_name,
        std::string("quo\"te.test"), std::string("line\nbreak.test"),
        std::string("space here.test")}) {
    addrinfo* list = nullptr;
    const int error = getaddrinfo(name.c_str(), "80", &hints, &list);
    say("%zu bytes: %s", name.size(), eai_name(error).c_str());
    if (error == 0) freeaddrinfo(list);
  }
}

CASE(numbers_are_no_names) {
  const addrinfo hints = hints_of(AF_UNSPEC, SOCK_STREAM, 0);
  for (const char* node :
       {"192.0.2.1", "192.0.2", "0x7f.1", "::1", "::ffff:192.0.2.1", "fe80::1%1", "256.1.1.1"}) {
    look_up(node, "80", &hints);
  }
  const addrinfo four = hints_of(AF_INET, SOCK_STREAM, AI_NUMERICHOST);
  look_up("2001:db8::1", "80", &four);
  look_up(kName, "80", &four);
  const addrinfo six = hints_of(AF_INET6, SOCK_STREAM, AI_NUMERICHOST);
  look_up("192.0.2.1", "80", &six);
}

CASE(the_hosts_file_comes_first) {
  const addrinfo hints = hints_of(AF_UNSPEC, SOCK_STREAM, AI_CANONNAME);
  look_up(kInHosts, "80", &hints);
  look_up("PRINTER", "80", &hints);
  look_up("localhost", "80", &hints);
}

#ifndef A7600_LINKED  // liba7600 has getaddrinfo alone
void show_host(const char* what, const hostent* host, int error) {
  if (host == nullptr) return say("%s: none, h_errno %d", what, error);
  say("%s: %s, type %d, length %d", what, host->h_name, host->h_addrtype, host->h_length);
  for (char** alias = host->h_aliases; *alias != nullptr; ++alias) say("  alias %s", *alias);
  for (char** address = host->h_addr_list; *address != nullptr; ++address) {
    std::string hex;
    for (int i = 0; i < host->h_length; ++i) {
      char digits[3];
      std::snprintf(digits, sizeof(digits), "%02x", static_cast<unsigned char>((*address)[i]));
      hex += digits;
    }
    say("  %s", hex.c_str());
  }
}

CASE(the_older_calls) {
  for (const char* name : {kName, kMissing, kInHosts, "192.0.2.1"}) {
    const hostent* host = ::gethostbyname(name);
    show_host("gethostbyname", host, h_errno);
    host = ::gethostbyname2(name, AF_INET);
    show_host("gethostbyname2", host, h_errno);
    host = ::gethostbyname2(name, AF_INET6);
    show_host("gethostbyname2 for IPv6", host, h_errno);
  }
}

CASE(the_older_reentrant_calls) {
  char room[1024];
  hostent host{};
  for (const char* name : {kName, kMissing}) {
    hostent* result = nullptr;
    int error = 0;
    SHOW(::gethostbyname_r(name, &host, room, sizeof(room), &result, &error));
    show_host("gethostbyname_r", result, error);
    SHOW(::gethostbyname2_r(name, AF_INET, &host, room, sizeof(room), &result, &error));
    show_host("gethostbyname2_r", result, error);
  }
  hostent* result = nullptr;
  int error = 0;
  SHOW(::gethostbyname_r(kName, &host, room, 8, &result, &error) == ERANGE);
  say("h_errno %d, none %d", error, result == nullptr);
}

CASE(addresses_have_names_in_the_hosts_file) {
  in_addr address{};
  address.s_addr = htonl(0xc0000237);  // 192.0.2.55
  const hostent* host = ::gethostbyaddr(&address, sizeof(address), AF_INET);
  show_host("gethostbyaddr", host, h_errno);
  const Address to = ip4("192.0.2.55", 80);
  char name[100] = {};
  char service[20] = {};
  SHOW(::getnameinfo(to.get(), to.length, name, sizeof(name), service, sizeof(service), 0));
  say("%s %s", name, service);
  SHOW(::getnameinfo(to.get(), to.length, name, sizeof(name), service, sizeof(service),
                     NI_NUMERICHOST | NI_NUMERICSERV));
  say("%s %s", name, service);
}

CASE(addresses_without_a_name) {
  const Address to = ip4("192.0.2.99", 80);
  char name[100] = {};
  SHOW(::getnameinfo(to.get(), to.length, name, sizeof(name), nullptr, 0, 0));
  say("%s", name);
  say("%s",
      eai_name(::getnameinfo(to.get(), to.length, name, sizeof(name), nullptr, 0, NI_NAMEREQD))
          .c_str());
}

CASE(look_ups_in_the_background) {
  addrinfo hints = hints_of(AF_INET, SOCK_STREAM, 0);
  gaicb one{};
  one.ar_name = kName;
  one.ar_service = "80";
  one.ar_request = &hints;
  gaicb two = one;
  two.ar_name = kMissing;
  gaicb* all[] = {&one, &two};
  SHOW(::getaddrinfo_a(GAI_WAIT, all, 2, nullptr));
  say("%s", eai_name(::gai_error(&one)).c_str());
  if (::gai_error(&one) == 0) show_list(one.ar_result);
  say("%s", eai_name(::gai_error(&two)).c_str());
}
#endif

void show_records(const char* what, int size, const unsigned char* answer) {
  ns_msg message{};
  if (size < 0) return say("%s: none, h_errno %d", what, h_errno);
  if (::ns_initparse(answer, size, &message) != 0) return say("%s: no answer", what);
  for (int i = 0; i < ns_msg_count(message, ns_s_an); ++i) {
    ns_rr record{};
    if (::ns_parserr(&message, ns_s_an, i, &record) != 0 || ns_rr_rdlen(record) != 4) continue;
    const unsigned char* data = ns_rr_rdata(record);
    say("%s: %s, type %d, %u.%u.%u.%u", what, ns_rr_name(record), ns_rr_type(record), data[0],
        data[1], data[2], data[3]);
  }
}

CASE(the_resolvers_own_calls_ask_the_name_server) {
  unsigned char answer[512];
  const int size = sizeof(answer);
  for (const char* name : {kName, kMissing}) {
    show_records("res_query", ::res_query(name, ns_c_in, ns_t_a, answer, size), answer);
    show_records("res_search", ::res_search(name, ns_c_in, ns_t_a, answer, size), answer);
  }
  show_records("res_query of AAAA", ::res_query(kName, ns_c_in, ns_t_aaaa, answer, size), answer);
  show_records("res_querydomain",
               ::res_querydomain("www", "example.test", ns_c_in, ns_t_a, answer, size), answer);
  struct __res_state state {};
  SHOW(::res_ninit(&state));
  show_records("res_nquery", ::res_nquery(&state, kName, ns_c_in, ns_t_a, answer, size), answer);
  show_records("res_nsearch", ::res_nsearch(&state, kName, ns_c_in, ns_t_a, answer, size), answer);
  unsigned char query[512];
  const int length = ::res_nmkquery(&state, ns_o_query, kName, ns_c_in, ns_t_a, nullptr, 0, nullptr,
                                    query, sizeof(query));
  show_records("res_nsend", ::res_nsend(&state, query, length, answer, size), answer);
  ::res_nclose(&state);
}

CASE(a_thread_is_cancelled_in_a_look_up) {
  addrinfo* list = nullptr;
  show_cancelled("getaddrinfo", [&] { getaddrinfo(kUnanswered, "80", nullptr, &list); });
  look_up(kName, "80", nullptr);
}

CASE(a_look_up_again_gives_the_same) {
  const addrinfo hints = hints_of(AF_INET, SOCK_STREAM, 0);
  look_up(kName, "80", &hints);
  look_up(kName, "443", &hints);
  look_up(kMissing, "80", &hints);
  look_up(kMissing, "80", &hints);
}

}  // namespace
