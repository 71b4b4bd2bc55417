// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "config/config.h"
#include "engine/dns.h"
#include "engine/running_time.h"
#include "engine/sharing.h"
#include "engine/socket.h"
#include "engine/tracer.h"
#include "engine/waiting.h"
#include "modem/modem.h"
#include "serial/port.h"
#include "wire/channel.h"
#include "wire/message.h"
#include "wire/status.h"

namespace a7600::engine {

// The I/O side of the library: one epoll loop over the control socket, the pairs and the serial
// port, and between them the modem, which decides what happens on the line. Single-threaded: it
// is created and run by the thread that owns it.
//
// The port is opened when the first connection or look-up needs it, so that a program that only
// makes sockets never touches the modem; then it stays open as long as the engine lives.
class Engine final : private modem::Host {
 public:
  // `address`: where control calls connect to, "@…" for an abstract name. `pass`: see start_thread.
  // `logger`: a closed one means that errors are handed to the programs, as notices for their
  // stderr; see also Sharing::log_apart.
  static Result<std::unique_ptr<Engine>> create(const config::Config& config,
                                                const std::string& address, const Pass& pass,
                                                log::Logger logger,
                                                Waiting& waiting = Waiting::real());
  // One for many programs, with control sockets that the caller has made.
  static Result<std::unique_ptr<Engine>> create_shared(const config::Config& config,
                                                       Sharing sharing, log::Logger logger,
                                                       Waiting& waiting = Waiting::real());
  ~Engine() override;

  // Runs until a kFinish request, finish() or finish_when_idle() has been carried out.
  void run();

  // For the one who hosts a shared engine; all from its own thread, also from inside run().
  // Opens the port now, instead of when it is needed.
  Status open_port() { return ensure_port(); }
  std::string port_name() const { return port_ ? port_->name() : config_.port; }
  // Calls `ready` whenever `fd`, which stays the caller's, is readable.
  void watch_outside(int fd, std::function<void()> ready);
  // Sends what was written, closes the links and ends run(). The network stays up.
  void finish() { start_finishing(UniqueFd()); }
  // The same as soon as nobody has had a socket or a call waiting for `patience`. New calls are
  // then left to whoever listens next.
  void finish_when_idle(std::chrono::milliseconds patience);
  // What can change while programs are connected does so; the port and its rate with the next
  // opening.
  void reconfigure(const config::Config& config);

 private:
  using Clock = chat::Clock;
  using TimePoint = chat::TimePoint;

  Engine(const config::Config& config, std::string address, log::Logger logger, Waiting& waiting);

  // ---- The loop (engine.cc)
  Status listen();
  Status start_trace();
  // What an epoll registration is for; the value is a descriptor or a connection id.
  enum class Source : std::uint32_t {
    kListener,
    kPort,
    kSidePort,
    kCall,
    kSocket,
    kTrace,
    kOutside
  };
  void watch(int operation, int fd, unsigned events, Source source, std::uint32_t value);
  void handle(Source source, std::uint32_t value, unsigned events);
  int wait_time() const;
  void look_at_the_clock(int planned_wait);
  void check_finished();
  TimePoint finish_deadline() const;

  // ---- The port (port.cc)
  Status ensure_port();
  void read_port();
  void write_port();
  void watch_port();
  void port_failed(const Error& error);

  // ---- The second AT port (side_port.cc), with modem::Host's open_side_line()
  void read_side_port();
  void write_side_port();

  // ---- Pairs (pairs.cc)
  void on_pair(Socket& socket, unsigned events);
  void watch_pair(const Socket& socket, int operation);
  void show_finish(Socket& socket);
  void fail(Socket& socket, int posix, std::string_view notice);
  void begin_close(Socket& socket);
  void retire(Socket& socket);
  void remember(const Socket& socket);
  void destroy(modem::ConnectionId id);

  // ---- Local ports (local_port.cc)
  enum class For { kBind, kListen };
  // Ends the listeners and datagram sockets of a port that the program has closed already.
  void let_go_of(std::uint16_t port);
  bool is_port_taken(const Socket& socket, For what) const;
  // For bind(2). False if another socket has the port, and does not share it.
  bool take_port(Socket& socket);
  void give_port_up(Socket& socket);
  // The one whose link `socket` uses; mostly itself.
  Socket& link_keeper(Socket& socket);
  // Of those that share a link, the one that a datagram is for: the one that is connected to its
  // sender, else the latest that is not connected.
  Socket& hearer(Socket& keeper, const Endpoint& from);

  // ---- Datagram sockets (udp.cc)
  Result<Socket*> adopt_datagrams(int domain, bool nonblocking, UniqueFd& program_end);
  void open_udp(Socket& socket);
  std::optional<modem::Host::Datagram> take_of_one(Socket& socket, std::span<std::byte> into);
  void on_datagrams(Socket& socket);
  void answer_describers(Socket& socket);
  void open_peer(const UniqueFd& call, const wire::Request& request, Socket& socket);
  void maybe_closed(const UniqueFd& call, const wire::Request& request);
  void close_if_dead(modem::ConnectionId id);
  void look_for_dead();
  bool has_datagrams() const;

  // ---- The resolver (resolver.cc)
  void answer_questions(Socket& socket);
  // Whether it was one of those.
  bool answer_question(modem::QueryId id, const Result<std::vector<Ipv4>>& answer);

  // ---- modem::Host (host.cc; the line in port.cc, datagrams in udp.cc)
  void opened(modem::ConnectionId id) override;
  void open_failed(modem::ConnectionId id, const Error& error) override;
  std::size_t take(modem::ConnectionId id, std::span<std::byte> into) override;
  bool give(modem::ConnectionId id, std::span<const std::byte> bytes) override;
  std::optional<Datagram> take_datagram(modem::ConnectionId id, std::span<std::byte> into) override;
  bool give_datagram(modem::ConnectionId id, const Endpoint& from,
                     std::span<const std::byte> bytes) override;
  void ended(modem::ConnectionId id, const modem::End& end) override;
  void acknowledged(modem::ConnectionId id, const std::optional<at::Ack>& ack) override;
  void closed(modem::ConnectionId id) override;
  void listening(modem::ServerId id) override;
  void listen_failed(modem::ServerId id, const Error& error) override;
  std::optional<modem::ConnectionId> accepted(modem::ServerId id, const Endpoint& peer) override;
  void resolved(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) override;
  bool open_side_line() override;
  void close_side_line() override;
  bool line_is_drained() override;
  int line_rate() override;
  bool set_line_rate(int baud) override;
  void use_rtscts(bool on) override;
  bool hold_module(bool on) override;
  bool set_dtr(bool up) override;
  void reopen() override;
  void log(log::Level level, std::string_view text) override;
  void command_answered(modem::CommandId id, const modem::CommandAnswer& answer) override;

  // ---- Control calls (control.cc)
  void accept_calls(int listener);
  void serve(UniqueFd call);
  void dispatch(UniqueFd call, const wire::Request& request, UniqueFd descriptor);
  // Whether the caller was still there to be told.
  static bool reply(const UniqueFd& call, const wire::Reply& reply, int descriptor = -1);
  static bool reply_error(const UniqueFd& call, int posix, std::string_view notice = {});
  void describe(UniqueFd call, const wire::Request& request, Socket& socket);
  static wire::Reply description(const Socket& socket);
  void take_error(const UniqueFd& call, Socket& socket);
  void release(const UniqueFd& call, Socket& socket);
  void resolve(UniqueFd call, const wire::Request& request);
  void trace_to(UniqueFd call, const wire::Request& request, UniqueFd file);
  void start_finishing(UniqueFd call);
  Socket* by_descriptor(const UniqueFd& descriptor);

  // ---- A socket's place (connecting.cc)
  enum class Gate { kShut, kOpen };
  Result<Socket*> adopt_pair(int domain, int type, bool nonblocking, Gate gate,
                             UniqueFd& program_end);
  std::uint16_t made_up_port();
  void make_socket(const UniqueFd& call, const wire::Request& request);
  void bind(const UniqueFd& call, const wire::Request& request, Socket& socket);
  void listen(UniqueFd call, const wire::Request& request, Socket& socket);
  void shutdown(const UniqueFd& call, const wire::Request& request, Socket& socket);
  void connect(UniqueFd call, const wire::Request& request, Socket& socket);
  void start_connecting(const UniqueFd& call, const wire::Request& request, Socket& socket);
  void renew(const UniqueFd& call, const wire::Request& request, Socket& socket);
  void disconnect(const UniqueFd& call, const wire::Request& request, Socket& socket);
  void give_up(Socket& socket);

  // ---- Options (options.cc)
  void set_option(const UniqueFd& call, const wire::Request& request, Socket& socket);
  static void get_option(const UniqueFd& call, const wire::Request& request, const Socket& socket);

  // ---- What has arrived at the peer (linger.cc)
  void progress(UniqueFd call, Socket& socket);
  void answer_progress(Socket& socket, const std::optional<at::Ack>& ack);
  void linger(UniqueFd call, const Socket& socket);
  void on_closed_by_program(int call);
  template <typename Condition>
  void answer_closers_if(const Condition& condition);
  void answer_closers(modem::ConnectionId id);
  void expire_closers();
  std::optional<TimePoint> closers_deadline() const;
  void end_lingering();
  std::optional<TimePoint> lingering_deadline() const;

  // ---- Sharing (sharing.cc)
  bool may(const UniqueFd& call, wire::Op op, const Pass& pass) const;
  bool has_room_for_socket(const Owner& owner) const;
  void make_room_for_call(const UniqueFd& call);
  bool is_line_given_back(const Socket& wanting) const;
  bool may_take_link(const Socket& socket) const;
  void open_or_hold(Socket& socket);
  void open(Socket& socket);
  void release_held();
  void expire_held();
  std::optional<TimePoint> held_deadline() const;
  bool is_idle() const;
  void check_idle();

  // ---- Status and commands (report.cc)
  void report(UniqueFd call);
  void ask_facts();
  bool take_fact(modem::CommandId id, const modem::CommandAnswer& answer);
  void answer_reports();
  wire::Status status() const;
  void add_server(wire::Status& out, modem::ServerId id, const Socket& socket) const;
  void send_command(UniqueFd call, const wire::Request& request);

  Socket* find(modem::ConnectionId id);
  std::string notice_for(const Error& error, pid_t program);
  std::string notice_for(const Error& error, const UniqueFd& call);

  config::Config config_;
  std::string address_;
  Pass pass_;
  std::optional<Sharing> sharing_;
  log::Logger logger_;
  Tracer tracer_;  // before modem_, which has it as its host
  modem::Modem modem_;

  UniqueFd epoll_;
  std::vector<UniqueFd> listeners_;
  std::map<int, std::function<void()>> outside_;
  std::optional<serial::Port> port_;
  unsigned port_events_ = 0;
  std::string output_;
  std::size_t output_written_ = 0;
  struct SideLine {
    explicit SideLine(serial::Port opened) : port(std::move(opened)) {}
    serial::Port port;
    unsigned events = 0;  // that are watched for
    std::string output;
    std::size_t written = 0;
  };
  std::optional<SideLine> side_;
  bool side_refused_ = false;  // it could not be opened, since port_ was
  std::vector<std::byte> input_;
  Waiting& waiting_;
  RunningTime time_;
  TimePoint now_;
  UniqueFd trace_call_;  // of the one who asked for the trace

  std::map<modem::ConnectionId, std::unique_ptr<Socket>> sockets_;
  std::unordered_map<std::uint64_t, modem::ConnectionId> by_cookie_;
  std::deque<modem::ConnectionId> failed_;  // oldest first; bounds what is remembered of them
  modem::ConnectionId last_id_ = 0;
  std::uint16_t last_port_ = 0;

  struct SilentCall {
    UniqueFd connection;
    std::uint64_t number;  // in the order of their coming
  };
  std::map<int, SilentCall> calls_;  // accepted, their request not there yet
  std::uint64_t last_call_ = 0;
  std::map<modem::QueryId, UniqueFd> queries_;
  modem::QueryId last_query_ = 0;
  struct Question {
    modem::ConnectionId socket;
    Endpoint resolver;
    dns::Query query;
  };
  std::map<modem::QueryId, Question> questions_;
  std::map<modem::CommandId, UniqueFd> commands_;
  modem::CommandId last_command_ = 0;
  std::vector<UniqueFd> holders_;  // calls that only keep the engine alive
  // In close(2), with SO_LINGER; by their descriptors.
  struct Closer {
    UniqueFd call;
    modem::ConnectionId id = 0;
    TimePoint until;
  };
  std::map<int, Closer> closers_;
  std::vector<UniqueFd> finishers_;
  bool finishing_ = false;
  bool done_ = false;
  TimePoint last_progress_;

  std::deque<modem::ConnectionId> held_;
  std::optional<std::chrono::milliseconds> idle_patience_;
  std::optional<TimePoint> idle_since_;

  std::vector<UniqueFd> reports_;  // calls that wait for the facts
  Facts facts_;
  TimePoint started_;
  std::uint64_t refused_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t sent_ = 0;
  // Datagram sockets are looked after now and then: the kernel does not tell when one is closed.
  TimePoint next_census_{};
  std::chrono::seconds census_pause_{1};

  std::map<std::pair<pid_t, std::string>, TimePoint> notices_;  // of late, by program
};

}  // namespace a7600::engine
