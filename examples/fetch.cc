// SPDX-License-Identifier: MIT
// fetch PORT HOST:SERVICE/PATH...
//
// An example of linking liba7600 directly, in C++: fetches several pages at once through the modem
// on the serial device PORT, in one thread, with non-blocking sockets and poll(2). Each page's size
// is printed as it ends.
#include <a7600/socket.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace {

struct Page {
  std::string name;  // as on the command line
  std::string request;
  int fd = -1;
  bool connected = false;
  std::size_t sent = 0;
  std::size_t received = 0;
  std::string trouble;  // what it has ended by; empty: in order

  void end(const std::string& why = {}) {
    trouble = why;
    a7600_close(fd);
    fd = -1;
    std::printf("%s: %zu bytes%s%s\n", name.c_str(), received, why.empty() ? "" : ", then ",
                why.c_str());
  }
};

// Looks the host up and begins to connect. False when that fails at once.
bool start(Page& page) {
  const std::size_t colon = page.name.find(':');
  const std::size_t slash = std::min(page.name.find('/'), page.name.size());
  if (colon == page.name.npos || colon > slash) return false;
  const std::string host = page.name.substr(0, colon);
  const std::string service = page.name.substr(colon + 1, slash - colon - 1);
  page.request = "GET " + (slash < page.name.size() ? page.name.substr(slash) : "/") +
                 " HTTP/1.0\r\nHost: " + host + "\r\n\r\n";
  addrinfo hints{};
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  if (const int failed = a7600_getaddrinfo(host.c_str(), service.c_str(), &hints, &list)) {
    std::fprintf(stderr, "fetch: %s: %s\n", host.c_str(), gai_strerror(failed));
    return false;
  }
  page.fd = a7600_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const bool begun =
      page.fd >= 0 &&
      (a7600_connect(page.fd, list->ai_addr, list->ai_addrlen) == 0 || errno == EINPROGRESS);
  if (!begun) std::perror(("fetch: " + page.name).c_str());
  a7600_freeaddrinfo(list);
  return begun;
}

void on_event(Page& page, short events) {
  if (!page.connected) {
    int error = 0;
    socklen_t size = sizeof(error);
    a7600_getsockopt(page.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return page.end(std::strerror(error));
    page.connected = true;
  }
  if ((events & POLLOUT) != 0 && page.sent < page.request.size()) {
    const ssize_t put =
        write(page.fd, page.request.data() + page.sent, page.request.size() - page.sent);
    if (put < 0 && errno != EAGAIN) return page.end(std::strerror(errno));
    if (put > 0) page.sent += static_cast<std::size_t>(put);
  }
  if ((events & (POLLIN | POLLHUP)) != 0) {
    char piece[4096];
    const ssize_t got = read(page.fd, piece, sizeof(piece));
    if (got > 0) page.received += static_cast<std::size_t>(got);
    if (got == 0) return page.end();
    if (got < 0 && errno != EAGAIN) return page.end(std::strerror(errno));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: fetch PORT HOST:SERVICE/PATH...\n");
    return 2;
  }
  a7600_config config{};
  config.port = argv[1];
  if (a7600_open(&config) != 0) return 1;
  std::vector<Page> pages;
  for (int i = 2; i < argc; ++i) {
    Page page;
    page.name = argv[i];
    if (!start(page)) return 1;
    pages.push_back(page);
  }
  for (;;) {
    std::vector<pollfd> waiting;
    std::vector<Page*> whose;
    for (Page& page : pages) {
      if (page.fd < 0) continue;
      const bool to_send = page.sent < page.request.size();
      waiting.push_back({page.fd, static_cast<short>(to_send ? POLLIN | POLLOUT : POLLIN), 0});
      whose.push_back(&page);
    }
    if (waiting.empty()) break;
    if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) return 1;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].revents != 0) on_event(*whose[i], waiting[i].revents);
    }
  }
  for (const Page& page : pages) {
    if (!page.trouble.empty()) return 1;
  }
  return 0;
}
