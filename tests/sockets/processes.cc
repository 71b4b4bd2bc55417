// SPDX-License-Identifier: MIT
//
// Sockets that go to other descriptors, processes, programs and threads, and calls that signals and
// cancellation meet.
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>
#include <vector>

#include "support/address.h"
#include "support/cancelled.h"
#include "support/case.h"
#include "support/connected.h"
#include "support/direct.h"
#include "support/far.h"
#include "support/look.h"

namespace {

using namespace sockets;

void show_child(pid_t child) {
  int status = 0;
  NEED(::waitpid(child, &status, 0));
  say("child: %d", WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status));
}

// ---- Descriptors

CASE(duplicates_are_the_same_socket) {
  Connected c;
  const int twins[] = {::dup(c.fd), ::dup2(c.fd, 100), ::dup3(c.fd, 101, O_CLOEXEC),
                       ::fcntl(c.fd, F_DUPFD, 102), ::fcntl(c.fd, F_DUPFD_CLOEXEC, 103)};
  close(c.fd);
  for (const int twin : twins) {
    SHOW(send_text(twin, "x"));
    show_peer(twin);
    say("NODELAY %s", get_int(twin, IPPROTO_TCP, 1).c_str());
    NEED(set_int(twin, IPPROTO_TCP, 1, 1));
  }
  say("far: %s", c.peer.take_all(5).c_str());
  for (const int twin : twins) close(twin);
  say("far: %s", c.peer.take().c_str());
}

CASE(the_last_duplicates_close_ends_the_connection) {
  Connected c;
  const int twin = ::dup(c.fd);
  close(c.fd);
  say("far: %s", c.peer.take(10, 100).c_str());
  close(twin);
  say("far: %s", c.peer.take().c_str());
}

CASE(dup2_over_a_socket_ends_it) {
  Connected c;
  const int null = NEED(::open("/dev/null", O_RDWR));
  NEED(::dup2(null, c.fd));
  say("far: %s", c.peer.take().c_str());
  SHOW(send_text(c.fd, "x"));
  Connected other;
  NEED(::dup2(other.fd, c.fd));
  SHOW(send_text(c.fd, "under an old number"));
  say("far: %s", other.peer.take_all(19).c_str());
}

CASE(close_range_closes_sockets) {
  Connected c;
  far::Listener listener;
  // Beside what this case needs itself.
  const int high = NEED(::fcntl(c.fd, F_DUPFD, 300));
  close(c.fd);
  NEED(::close_range(300, ~0U, 0));
  say("far: %s", c.peer.take().c_str());
  SHOW(send_text(high, "x"));
  const int fresh = tcp();
  SHOW(connect_to(fresh, listener.address()));
}

CASE(sockets_work_after_closefrom) {
  const pid_t child = NEED(::fork());
  if (child == 0) {
    ::closefrom(3);
    far::Listener listener;
    const int fd = tcp();
    SHOW(connect_to(fd, listener.address()));
    SHOW(send_text(fd, "after"));
    say("far: %s", listener.next().take_all(5).c_str());
    ::_exit(0);
  }
  show_child(child);
}

// ---- Processes

CASE(a_child_uses_its_parents_connection) {
  Connected c;
  const pid_t child = NEED(::fork());
  if (child == 0) {
    SHOW(send_text(c.fd, "from the child"));
    show_peer(c.fd);
    c.peer.give("to the child");
    await(c.fd, POLLIN);
    show_receive(c.fd);
    ::_exit(0);
  }
  show_child(child);
  say("far: %s", c.peer.take_all(14).c_str());
  SHOW(send_text(c.fd, "from the parent"));
  say("far: %s", c.peer.take_all(15).c_str());
  close(c.fd);
  say("far: %s", c.peer.take().c_str());
}

CASE(a_child_makes_its_own_sockets) {
  Connected c;
  const pid_t child = NEED(::fork());
  if (child == 0) {
    Connected own;
    SHOW(send_text(own.fd, "child"));
    say("far: %s", own.peer.take_all(5).c_str());
    ::_exit(0);
  }
  show_child(child);
  SHOW(send_text(c.fd, "parent"));
  say("far: %s", c.peer.take_all(6).c_str());
}

CASE(a_child_keeps_a_connection_that_its_parent_closed) {
  Connected c;
  int gate[2];
  NEED(::pipe(gate));
  const pid_t child = NEED(::fork());
  if (child == 0) {
    char byte = 0;
    NEED(static_cast<int>(::read(gate[0], &byte, 1)));
    SHOW(send_text(c.fd, "still here"));
    ::_exit(0);
  }
  close(c.fd);
  NEED(static_cast<int>(::write(gate[1], "x", 1)));
  show_child(child);
  say("far: %s", c.peer.take_all(10).c_str());
  say("far: %s", c.peer.take().c_str());
}

CASE(a_daemon_makes_sockets) {
  int done[2];
  NEED(::pipe(done));
  const pid_t child = NEED(::fork());
  if (child == 0) {
    NEED(::daemon(0, 1));
    Connected c;
    SHOW(send_text(c.fd, "daemon"));
    say("far: %s", c.peer.take_all(6).c_str());
    ::_exit(static_cast<int>(::write(done[1], "x", 1)) != 1);
  }
  char byte = 0;
  SHOW(::read(done[0], &byte, 1));
  show_child(child);
}

// ---- Programs

// Uses the connection with the descriptor in `argument`.
ROLE(user) {
  const int fd = std::atoi(argument);
  show_local(fd);
  show_peer(fd);
  SHOW(send_text(fd, "from the new program"));
  await(fd, POLLIN);
  show_receive(fd);
  return 0;
}

// Accepts at the descriptor in `argument`, as a program that was started by socket activation.
ROLE(server) {
  const int listener = std::atoi(argument);
  say("listens: %s", get_int(listener, SOL_SOCKET, SO_ACCEPTCONN).c_str());
  show_local(listener);
  const int fd = accept(listener, nullptr, nullptr);
  SHOW(send_text(fd, "served"));
  return 0;
}

std::vector<char*> words_of(const char* role, const std::string& argument) {
  return {::strdup("program"), ::strdup("--role"), ::strdup(role), ::strdup(argument.c_str()),
          nullptr};
}

// The far side of that, and the child's end; each prints only when the other is silent.
void show_user(const far::Stream& peer, pid_t child) {
  const std::string heard = peer.take_all(20);
  peer.give("to the new program");
  show_child(child);
  say("far: %s", heard.c_str());
}

CASE(a_connection_is_inherited_by_exec) {
  Connected c;
  const pid_t child = NEED(::fork());
  if (child == 0) {
    ::execv(own_path(), words_of("user", std::to_string(c.fd)).data());
    ::_exit(1);
  }
  show_user(c.peer, child);
  close(c.fd);
  say("far: %s", c.peer.take().c_str());
}

CASE(a_connection_is_inherited_by_vfork_and_exec) {
  Connected c;
  const std::vector<char*> words = words_of("user", std::to_string(c.fd));
  const pid_t child = ::vfork();
  if (child == 0) {
    ::execv(own_path(), words.data());
    ::_exit(1);
  }
  show_user(c.peer, child);
  SHOW(send_text(c.fd, "from the parent"));
  say("far: %s", c.peer.take_all(15).c_str());
}

CASE(a_connection_is_inherited_by_posix_spawn) {
  Connected c;
  pid_t child = 0;
  const std::vector<char*> words = words_of("user", "0");
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, c.fd, 0);
  const int result = ::posix_spawn(&child, own_path(), &actions, nullptr, words.data(), environ);
  show_user(c.peer, child);
  say("posix_spawn: %d", result);
}

CASE(a_listener_is_inherited_by_exec) {
  const Port port = server_port(0);
  const int listener = listen_on(port);
  const pid_t child = NEED(::fork());
  if (child == 0) {
    ::execv(own_path(), words_of("server", std::to_string(listener)).data());
    ::_exit(1);
  }
  const far::Stream client = far::connect_to(port);
  show_child(child);
  say("far: %s", client.take_all(6).c_str());
}

CASE(a_program_that_becomes_another_keeps_its_connection) {
  Connected c;
  if (NEED(::fork()) == 0) {
    c.peer.take_all(20);
    c.peer.give("to the new program");
    ::_exit(0);
  }
  ::execv(own_path(), words_of("user", std::to_string(c.fd)).data());
}

CASE(a_cloexec_connection_ends_with_exec) {
  Connected c;
  NEED(::fcntl(c.fd, F_SETFD, FD_CLOEXEC));
  const pid_t child = NEED(::fork());
  if (child == 0) {
    ::execl("/bin/sleep", "sleep", "30", nullptr);
    ::_exit(1);
  }
  close(c.fd);
  say("far: %s", c.peer.take().c_str());
  ::kill(child, SIGTERM);
  show_child(child);
}

CASE(an_exec_that_fails_changes_nothing) {
  Connected c;
  char* words[] = {nullptr, nullptr};
  SHOW(::execv("/nonexistent", words));
  SHOW(::execv("/etc/passwd", words));
  SHOW(::execv("/", words));
  // Executable, but no program of this machine's.
  char path[] = "/tmp/sockets-XXXXXX";
  const int file = NEED(::mkstemp(path));
  NEED(::fchmod(file, 0755));
  close(file);
  words[0] = path;
  SHOW(::execv(path, words));
  ::unlink(path);
  SHOW(send_text(c.fd, "still connected"));
  say("far: %s", c.peer.take_all(15).c_str());
}

void pass_descriptor(int channel, int fd) {
  char byte = 'x';
  iovec part{&byte, 1};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof(room);
  cmsghdr* control = CMSG_FIRSTHDR(&message);
  control->cmsg_level = SOL_SOCKET;
  control->cmsg_type = SCM_RIGHTS;
  control->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(control), &fd, sizeof(fd));
  NEED(static_cast<int>(sendmsg(channel, &message, 0)));
}

int take_descriptor(int channel) {
  char byte = 0;
  iovec part{&byte, 1};
  alignas(cmsghdr) char room[CMSG_SPACE(sizeof(int))] = {};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = room;
  message.msg_controllen = sizeof(room);
  NEED(static_cast<int>(recvmsg(channel, &message, 0)));
  int fd = -1;
  if (const cmsghdr* control = CMSG_FIRSTHDR(&message)) {
    std::memcpy(&fd, CMSG_DATA(control), sizeof(fd));
  }
  return fd;
}

// Receives a connection over the channel in `argument`.
ROLE(receiver) {
  const int fd = take_descriptor(std::atoi(argument));
  show_peer(fd);
  SHOW(send_text(fd, "passed on"));
  return 0;
}

CASE(a_connection_is_passed_to_another_program) {
  int channel[2];
  NEED(::socketpair(AF_UNIX, SOCK_STREAM, 0, channel));
  const pid_t child = NEED(::fork());
  if (child == 0) {
    ::execv(own_path(), words_of("receiver", std::to_string(channel[1])).data());
    ::_exit(1);
  }
  Connected c;
  pass_descriptor(channel[0], c.fd);
  show_child(child);
  say("far: %s", c.peer.take_all(9).c_str());
  close(c.fd);
  say("far: %s", c.peer.take().c_str());
}

// ---- Threads

CASE(a_hundred_threads_open_sockets_at_once) {
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 100; ++i) {
    threads.emplace_back([&] {
      const int fd = socket(AF_INET, SOCK_STREAM, 0);
      if (fd >= 0 && set_int(fd, IPPROTO_TCP, 1, 1) == 0) ++made;
    });
  }
  for (std::thread& thread : threads) thread.join();
  say("made %d", made.load());
}

CASE(eight_threads_connect_at_once) {
  far::Listener listener;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      const int fd = tcp();
      if (connect_to(fd, listener.address()) != 0) return;
      const std::string word = "thread " + std::to_string(i);
      send_text(fd, word);
      if (receive(fd) == "you too") ++good;
      close(fd);
    });
  }
  std::vector<far::Stream> peers;
  for (int i = 0; i < 8; ++i) {
    peers.push_back(listener.next());
    peers.back().take_all(8);
    peers.back().give("you too");
  }
  for (std::thread& thread : threads) thread.join();
  say("good %d", good.load());
}

// ---- Signals and cancellation

volatile sig_atomic_t g_alarms = 0;

// SIGUSR1 comes to this thread in a moment.
class Interruption {
 public:
  explicit Interruption(int flags) {
    struct sigaction action {};
    action.sa_handler = [](int) { g_alarms = g_alarms + 1; };
    action.sa_flags = flags;
    NEED(::sigaction(SIGUSR1, &action, nullptr));
    const pthread_t target = ::pthread_self();
    thread_ = std::thread([target] {
      pause_ms(60);
      ::pthread_kill(target, SIGUSR1);
    });
  }
  ~Interruption() { thread_.join(); }

 private:
  std::thread thread_;
};

CASE(signals_interrupt_blocking_calls) {
  far::SilentListener silent;
  Connected c;
  const int listener = listen_on(server_port(0));
  const int fd = tcp();
  char byte = 0;
  {
    const Interruption interruption(0);
    SHOW(connect_to(fd, silent.address()));
  }
  {
    const Interruption interruption(0);
    SHOW(accept(listener, nullptr, nullptr));
  }
  {
    const Interruption interruption(0);
    SHOW(recv(c.fd, &byte, 1, 0));
  }
  {
    const Interruption interruption(0);
    SHOW(read(c.fd, &byte, 1));
  }
  say("signals %d", g_alarms);
}

CASE(restarting_handlers_do_not) {
  Connected c;
  const Port port = server_port(0);
  const int listener = listen_on(port);
  char byte = 0;
  {
    const Interruption interruption(SA_RESTART);
    std::thread feeder([&] {
      pause_ms(150);
      c.peer.give("x");
    });
    SHOW(recv(c.fd, &byte, 1, 0));
    feeder.join();
  }
  {
    const Interruption interruption(SA_RESTART);
    far::Stream client;
    std::thread feeder([&] {
      pause_ms(150);
      client = far::connect_to(port);
    });
    const int fd = accept(listener, nullptr, nullptr);
    say("accepted %d", fd >= 0);
    feeder.join();
  }
  far::SilentListener silent;
  const int fd = tcp();
  {
    const Interruption interruption(SA_RESTART);
    std::thread feeder([&] {
      pause_ms(150);
      silent.room();
    });
    SHOW(connect_to(fd, silent.address()));
    feeder.join();
  }
  say("signals %d", g_alarms);
}

CASE(timeouts_are_interrupted_whatever_the_handler) {
  Connected c;
  const timeval timeout{5, 0};
  NEED(setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)));
  char byte = 0;
  const Interruption interruption(SA_RESTART);
  SHOW(recv(c.fd, &byte, 1, 0));
}

CASE(blocking_calls_are_cancelled) {
  far::SilentListener silent;
  Connected c;
  const int listener = listen_on(server_port(0));
  const int fd = tcp();
  char byte = 0;
  show_cancelled("connect", [&] { connect_to(fd, silent.address()); });
  show_cancelled("accept", [&] { accept(listener, nullptr, nullptr); });
  show_cancelled("recv", [&] { recv(c.fd, &byte, 1, 0); });
  show_cancelled("read", [&] { ::read(c.fd, &byte, 1); });
  SHOW(send_text(c.fd, "goes on"));
  say("far: %s", c.peer.take_all(7).c_str());
}

// ---- Before main

bool runs_the_early_case() {
  std::ifstream file("/proc/self/cmdline");
  std::string words((std::istreambuf_iterator<char>(file)), {});
  return words.find("sockets_are_used_by_constructors") != std::string::npos;
}

struct Early {
  Early() {
    if (runs_the_early_case()) connection = new Connected;
  }
  // Leaves its last words when the program ends.
  ~Early() {
    if (connection != nullptr) say("at the end: %ld", send_text(connection->fd, "last"));
  }
  Connected* connection = nullptr;
};
Early g_early;

CASE(sockets_are_used_by_constructors_and_destructors) {
  SHOW(send_text(g_early.connection->fd, "early"));
  say("far: %s", g_early.connection->peer.take_all(5).c_str());
}

}  // namespace
