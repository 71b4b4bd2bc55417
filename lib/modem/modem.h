// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "chat/chat.h"
#include "modem/bringup.h"
#include "modem/connection.h"
#include "modem/data_mode.h"
#include "modem/early_pushes.h"
#include "modem/ended_links.h"
#include "modem/foreign_commands.h"
#include "modem/host.h"
#include "modem/links.h"
#include "modem/lookups.h"
#include "modem/pace.h"
#include "modem/reset_ladder.h"
#include "modem/rx_mode.h"
#include "modem/schedule.h"
#include "modem/servers.h"
#include "modem/side_channel.h"
#include "modem/transfer.h"

namespace a7600::modem {

struct Counters {
  std::uint64_t commands = 0;
  std::uint64_t errors = 0;    // commands answered by ERROR or not at all
  std::uint64_t retries = 0;   // commands sent again, because the module was busy or the link taken
  std::uint64_t resets = 0;    // connections given up because an answer was lost or ambiguous
  std::uint64_t checks = 0;    // the module was looked at again, after silence or another oddity
  std::uint64_t restarts = 0;  // of the module, by itself or told to
  std::uint64_t networks_lost = 0;    // it has lost its network
  std::uint64_t lines_lost = 0;       // the port failed
  std::uint64_t failed_bringups = 0;  // the module did not come up
  std::uint64_t module_resets = 0;    // it was restarted from here (reset_ladder.h)
};

// The module as the rest of the library sees it: connections and look-ups on one side, bytes of
// the AT line on the other. It owns no descriptor, starts no thread and reads no clock: bytes and
// the time are fed to it, bytes to write and the next deadline are asked of it.
//
// Theory. A channel has one command in flight. Whenever the first falls free, next() looks for the
// most urgent thing to do: a step of the bring-up; opening and closing links; look-ups; then, in
// turn, a chunk of a link that has something to read or to send. A connection is never served by
// timers while it is idle, except for the safety poll of links whose data announcement, or whose
// end, may have been missed (MODEM-NOTES, Framing).
//
// Phases: kOff (nothing wanted yet, or the line fell silent) -> kBringup -> kUp. A timeout or a
// restart of the module leads from kUp to kCheck, which is a bring-up that keeps the connections
// if the network is found still open.
//
// Where the host has the line to a second AT port, transfers pass over that as well
// (side_channel.h), at any time for another link than those that the first channel serves: the
// order of a link's bytes is never in doubt. All else stays on the first channel.
//
// With BringupConfig::transparent there is one connection at a time, and while it is open the line
// is its own (data_mode.h): commands wait, and what can't wait is refused.
class Modem final : private chat::Listener, private SideChannel::User {
 public:
  Modem(Host& host, BringupConfig config);
  ~Modem() override;

  // ---- The program's side. Every id is the caller's choice, unused before.

  // Opens a TCP connection to `to`; brings the module up first if need be and waits for a free
  // link, until `deadline`. Answered by Host::opened or Host::open_failed. ETIMEDOUT at the
  // deadline, or ENETDOWN if the module was not up by then.
  void open(ConnectionId id, const Endpoint& to, std::optional<std::uint16_t> local_port,
            chat::TimePoint deadline, chat::TimePoint now);
  // Opens a UDP socket on `local_port`, with the same answers.
  void open_udp(ConnectionId id, std::uint16_t local_port, chat::TimePoint deadline,
                chat::TimePoint now);
  // The program has written something; Host::take() will be asked for it, until close().
  void set_writable(ConnectionId id, chat::TimePoint now);
  // There is room for a chunk again after Host::give() said that there was none.
  void set_room(ConnectionId id, chat::TimePoint now);
  // The program is done with it. Answered by Host::closed, at once or later; nothing else is
  // reported for this id any more. What Host::take() has given before is still sent. A TCP peer is
  // given until `linger_until` to acknowledge it, before the link is closed.
  void close(ConnectionId id, chat::TimePoint now,
             std::optional<chat::TimePoint> linger_until = std::nullopt);
  // How much of what was sent the peer has acknowledged; Host::acknowledged answers, when the
  // module has been asked. At once for a connection that is not open, and in data mode.
  void ask_acknowledged(ConnectionId id, chat::TimePoint now);
  // Bytes that Host::take() has given and the module has not confirmed.
  std::size_t unconfirmed(ConnectionId id) const;

  // Listens on `port` until stop(); Host::listening or Host::listen_failed answers, by `deadline`.
  // EADDRINUSE if the port, or all of the module's four servers, are in use. Started again by
  // itself after the network was lost.
  void listen(ServerId id, std::uint16_t port, chat::TimePoint deadline, chat::TimePoint now);
  void stop(ServerId id, chat::TimePoint now);

  // Host::resolved answers, at once where the name was asked for a short while ago (lookups.h).
  void resolve(QueryId id, const at::HostName& name, chat::TimePoint deadline, chat::TimePoint now);

  // Sends an AT command for somebody else, when its turn comes; before the module is up, too.
  // Host::command_answered tells the answer, also when `timeout` has passed or the line has failed.
  // REQUIRES: one line of printable characters, and one that at::upsets_engine() lets pass or that
  // somebody takes the blame for.
  void send_command(CommandId id, std::string text, std::chrono::milliseconds timeout,
                    chat::TimePoint now);

  // Puts the module back as it was found (echo, read mode); the network stays open. To be called
  // again until left(), as a check of the module is waited for. REQUIRES: all connections closed.
  void leave(chat::TimePoint now);
  bool left() const {
    return leaving_ && bringup_ == nullptr && leave_commands_.empty() && !leave_result_due_ &&
           chat_.idle() && side_.left();
  }

  // What the line is good for. Before the first connection.
  void set_push_policy(PushPolicy policy) { rx_mode_.set_policy(policy); }
  // How fast it is at least. For transparent mode, which has to know when the line is silent.
  void set_line_rate(unsigned bits_per_second) { data_mode_.set_rate(bits_per_second); }

  // Whoever had the line before was killed: the module may be in the middle of a CIPSEND.
  void suspect_leftovers();
  // Whether it may be now, or in data mode, so that whoever has the line next should be told.
  bool has_leftovers() const;

  // The line itself has failed (unplugged, closed): everything ends with `error`.
  void line_failed(const Error& error, chat::TimePoint now);

  // ---- The line's side.
  void feed(std::span<const std::byte> bytes, chat::TimePoint now);
  void take_output(std::string& into, chat::TimePoint now);
  bool has_output() const { return chat_.has_output(); }
  // False while what comes has nowhere to go: in data mode, with a reader that has fallen behind.
  // A line that can push back should then be left unread.
  bool wants_input() const;

  void on_time(chat::TimePoint now);
  std::optional<chat::TimePoint> deadline() const;

  // ---- The side of the second line, between Host::open_side_line() and close_side_line().
  void feed_side(std::span<const std::byte> bytes, chat::TimePoint now);
  void take_side_output(std::string& into) { side_.take_output(into); }
  bool has_side_output() const { return side_.has_output(); }
  void side_line_failed(std::string_view why, chat::TimePoint now);

  // Who sees what passes over an AT channel, or null.
  void observe(Via via, chat::Observer* observer) {
    via == Via::kFirst ? chat_.observe(observer) : side_.observe(observer);
  }

  // ---- What is known.
  bool up() const { return phase_ == Phase::kUp; }
  Ipv4 address() const { return address_; }
  // The connection or server that the command in flight is for; 0 for none.
  ConnectionId served_connection(Via via) const {
    if (via == Via::kSide) return side_.carries() ? side_.carries()->id : 0;
    return task_ == Task::kBringup ? 0 : task_id_;
  }
  // The link that a connection has; -1: none (yet, or any more).
  int link_of(ConnectionId id) const;
  const Counters& counters() const { return counters_; }
  // The line belongs to a connection, or is being taken back from it.
  bool in_data_mode() const { return data_mode_.active(); }
  // Which of the module's four servers it is; -1: none (yet).
  int server_index(ServerId id) const;
  // What the module is waited for, as a sentence; empty when it is up, or not wanted.
  std::string obstacle() const;
  // For the next bring-up, and for connections from now on. The mode stays that of the latest
  // bring-up, since the module counts it at AT+NETOPEN only.
  void configure(BringupConfig config);
  // Connections that close() has yet to end, and servers that stop() has. One whose opening nobody
  // waits for does not count: the module alone decides when that is over.
  std::size_t unfinished() const;
  // Closed by the host before the module has said whether it opens.
  bool is_abandoned(ConnectionId id) const;

 private:
  enum class Phase { kOff, kBringup, kUp, kCheck };
  // What the command in flight is for.
  enum class Task {
    kNone,
    kBringup,
    kOpen,
    kClose,
    kCloseStray,
    kWhyRefused,
    kStartServer,
    kStopServer,
    kResolve,
    kRxMode,
    kUnread,  // of a link that a host before had
    kStillOpen,
    kResume,
    kSend,
    kRead,
    kAcknowledged,
    kLeave,
    kForeign,  // a command of somebody else's
  };
  // A command in flight when the module restarts has no answer.
  static constexpr std::chrono::seconds kRestartWait{2};

  // From one leftover push (push.cc) to the next; a payload takes 130 ms at 115200 baud.
  static constexpr std::chrono::milliseconds kLeftoverPause{300};
  // Ten links' buffers of 64 KB, at 115200 baud.
  static constexpr std::chrono::seconds kLeftoversLast{60};

  // Every public function opens one: it sets the time, and the outermost looks for the next
  // command when it ends. So callbacks may call back in without a command being sent below them.
  class Entry;

  // chat::Listener
  void on_unsolicited(const at::Reply& reply, std::string_view line) override;
  void on_line(const at::Reply& reply, std::string_view line) override;
  void on_answer(const chat::Answer& answer) override;
  void on_pushed(int link, const std::optional<Endpoint>& from,
                 std::span<const std::byte> bytes) override;
  void on_push_cut(int link) override;
  void on_data(std::span<const std::byte> bytes) override;

  // SideChannel::User (side.cc)
  void on_side_ready() override;
  void on_side_answer(const SideChannel::Transfer& transfer, const chat::Answer& answer) override;
  void on_side_unsolicited(const at::Reply& reply, std::string_view line) override;
  void on_side_pushed(int link, const std::optional<Endpoint>& from,
                      std::span<const std::byte> bytes) override;
  void on_side_push_cut(int link) override;
  void on_side_silent() override;

  // The channel falls free (modem.cc). Each next_… says whether it has found something to do.
  void next();
  void list_leave_commands();
  bool next_leave();
  bool next_foreign();
  bool next_resolve();
  void command(Task task, ConnectionId id, chat::Command command);

  // What the module says (answers.cc) and what it doesn't (deadlines.cc).
  void skip(std::string_view line);
  void handle_result(const at::Reply& reply);
  void expire();
  std::string why_not_dialled(const Connection& connection) const;
  std::string why_busy() const;

  // Phases (phases.cc).
  void next_bringup();
  bool wanted() const;
  void start_bringup(Bringup::Start start);
  void drop_bringup();
  void start_check(std::string_view why);
  void after_bringup_answer();
  void bringup_up();
  void bringup_failed();
  bool climb(Trouble trouble);
  void on_boot(std::string_view line);
  bool has_just_booted() const;
  void postpone_retry();
  void network_lost(std::string_view why);
  void lose_connections(int posix, std::string_view why);
  void fail_waiting(const Error& error);
  // Why something that has waited for the module has waited in vain.
  Error not_up() const;

  // Connections: opening.cc, closing.cc.
  std::optional<int> free_link() const;
  bool is_port_held(const Connection& wanting) const;
  bool next_open();
  bool next_reclaim();
  void on_open_answer(Connection& connection, const chat::Answer& answer);
  void on_open_result(const at::OpenResult& result);
  void on_opened(Connection& connection);
  void retry_open(Connection& connection, std::chrono::milliseconds pause);
  void open_failed(Connection& connection, int posix, int err, std::string text);
  bool next_refused();
  void on_refused_answer(Connection& connection, const chat::Answer& answer);
  std::optional<chat::TimePoint> farewell(const Connection& connection);
  bool waits_for_farewell(const Connection& connection) const;
  bool next_close();
  bool next_stray();
  void on_close_answer(Connection& connection, const chat::Answer& answer);
  void on_link_closed(const at::LinkClosed& closed);

  // From a link that can't be sent on to another (moving.cc).
  bool may_move(const Connection& connection) const;
  void move(Connection& connection);
  void dial_again(Connection& connection);
  void end_moving(Connection& connection, const End& end);
  // A connection in kWaiting that has waited for long enough.
  void give_up_waiting(ConnectionId id, const Error& error);

  // Acknowledgements (acknowledgement.cc).
  bool next_acknowledged();
  bool can_ask_acknowledged(const Connection& connection) const;
  bool lingers(const Connection& connection) const;
  bool is_ahead(const Connection& connection) const;
  bool waits_for_peer(const Connection& connection) const;
  void answer_unaskable();
  void on_acknowledged_answer(Connection& connection, const chat::Answer& answer);
  void note_acknowledged(Connection& connection, const std::optional<at::Ack>& ack);
  void answer_acknowledged(Connection& connection, const std::optional<at::Ack>& ack);

  // Servers (listening.cc).
  bool next_server();
  bool has_connections(int server_index) const;
  void on_start_server_answer(Server& server, const chat::Answer& answer);
  void on_stop_server_answer(Server& server, const chat::Answer& answer);
  void listen_failed(const Server& server, const Error& error);
  void on_server_stop(const at::ServerStop& stopped);
  void withhold_payload(int link);
  void displace(Connection& connection);
  void settle_doubts(bool answered);
  void distrust_new_owner(Task task, ConnectionId id, const chat::Answer& answer,
                          const Chunk& chunk);
  void on_client(const at::ClientAccepted& client);

  // Transparent mode (transparent.cc).
  void enter_data_mode();
  void on_connect_line();
  void send_data();
  void refuse_commands();
  void next_in_data_mode();
  bool next_resume();
  void on_resume_answer(const chat::Answer& answer);
  void on_data_mode_time();
  void on_command_mode();
  void give_before_notice(Connection& connection);
  void break_spilt();
  void refuse_all_but_one();

  // Data (transfer.cc).
  bool next_transfer();
  bool is_receivable(const Connection& connection, Via via) const;
  bool is_sendable(const Connection& connection) const;
  bool begin_transfer(Via via);
  void begin(Via via, Direction direction, const Connection& connection, chat::Command transfer);
  bool is_line_slow() const;
  std::size_t chunk_limit(int link, Direction direction, Via via) const;
  bool send_chunk(Connection& connection, Via via);
  void must_be_read(Connection& connection);
  void read_chunk(Connection& connection, Via via);
  void on_send_answer(Connection& connection, const chat::Answer& answer, const Chunk& chunk);
  void on_read_answer(Connection& connection, const chat::Answer& answer, Via via);
  void give(Connection& connection, const Endpoint& from, std::span<const std::byte> bytes);
  void on_data_ready(int link);
  bool reads(const Connection& connection) const;
  // Gives the connection up. What the module still holds for it is read first, unless a part of
  // the stream before that is lost.
  enum class Drain { kYes, kNo };
  void break_connection(Connection& connection, int posix, std::string_view why, Drain drain);
  void drained(Connection& connection);

  // What may have been missed (safety_poll.cc).
  void expect_first_data(Connection& connection);
  void expect_data(Connection& connection);
  void expect_answer(Connection& connection, bool bulk);
  void safety_poll(Connection& connection);
  bool next_still_open();
  void on_still_open_answer(const chat::Answer& answer);

  // The second AT channel (side.cc).
  void start_side();
  void next_on_side();
  void drop_side();
  bool is_served(const Connection& connection, Via by) const;
  bool is_in_doubt(int link) const;
  bool is_link_in_use() const;
  void on_data_ready_aside(int link);
  bool is_news(const at::ClientAccepted& client) const;
  void check_hints();
  void forget_hints();

  // Direct push mode (push.cc).
  bool next_rx_mode();
  bool next_unread();
  bool reads_by_command() const;
  bool everyone_keeps_up() const;
  bool is_owner_certain() const;
  bool has_stream() const;
  void on_rx_mode_answer(const chat::Answer& answer);
  void take_pushed(Via via, int link, const std::optional<Endpoint>& from,
                   std::span<const std::byte> bytes);
  void on_push_missing();
  void break_cut(int link);
  void on_leftover_push();
  bool may_be_leftover() const;
  bool leftovers_flow() const;
  void mind_typing();
  Connection* pushed_without_link(const std::optional<Endpoint>& from);

  Connection* find(ConnectionId id);
  Connection* by_link(int link);
  const Connection* by_link(int link) const;
  // The link number is free again: forgets the connection if the host is done with it.
  void release_link(Connection& connection);
  // Likewise, with no AT+CIPCLOSE before it: the module may keep the link (ended_links.h).
  void release_ended(Connection& connection);
  void close_kept();
  void forget(ConnectionId id);
  void log(log::Level level, std::string_view text) { host_.log(level, text); }

  Host& host_;
  BringupConfig config_;
  bool next_transparent_ = false;  // the mode that the next bring-up is for
  chat::Chat chat_;
  Phase phase_ = Phase::kOff;
  std::unique_ptr<Bringup> bringup_;
  std::optional<Found> found_;
  bool turned_echo_off_ = false;  // by a bring-up that did not get further
  bool undo_owed_ = false;        // the module has our settings, and answers
  bool network_lost_ = false;
  ResetLadder reset_ladder_;
  bool was_silent_ = false;  // the latest bring-up has heard nothing
  std::optional<chat::TimePoint> boot_word_at_;
  Ipv4 address_;
  chat::TimePoint now_{};

  Task task_ = Task::kNone;
  ConnectionId task_id_ = 0;
  int closing_link_ = -1;  // of the latest AT+CIPCLOSE
  bool close_result_seen_ = false;

  Links links_;
  EndedLinks ended_links_;
  chat::TimePoint reclaim_not_before_{};
  // Links that opened though nobody waits for them: a host before us asked and left.
  std::deque<int> strays_;
  std::map<ConnectionId, Connection> connections_;
  Servers servers_;
  bool server_stopped_ = false;  // "+SERVERSTOP:" came before its OK
  // Data announced on links that nobody has: "+CLIENT:" may follow.
  std::array<bool, at::kLinks> early_data_{};
  EarlyPushes early_pushes_;  // likewise, in direct push mode
  // What the links of a host before us have left in the module is being pushed, to nobody. Until
  // something of ours has been open, or it has had the time for all of it.
  std::optional<chat::TimePoint> leftover_push_at_;
  std::optional<chat::TimePoint> leftovers_until_;
  bool hidden_leftovers_ = false;  // of links that were closed before we came
  // A failed bring-up is repeated for servers alone, and less and less often.
  chat::TimePoint retry_at_{};
  std::chrono::seconds retry_pause_{0};
  Lookups lookups_;
  ForeignCommands foreign_commands_;
  std::optional<bool> network_open_;     // what "AT+NETOPEN?" has just said
  std::optional<at::Ack> acknowledged_;  // what "AT+CIPACK" has
  bool acks_wanted_ = false;             // some connection may have ack_wanted
  bool asked_acknowledged_ = false;      // the latest command was AT+CIPACK
  bool ask_still_open_ = false;          // which links are open
  OpenLinks still_open_;                 // what "AT+CIPOPEN?" has said

  RxMode rx_mode_;
  std::optional<std::string> rx_command_;  // of a change, for when the second channel has been read
  DataMode data_mode_;
  int data_mode_end_ = 1;  // <close_reason> of a link that is found closed after data mode
  Pace pace_;
  Schedule schedule_;
  Chunk chunk_;
  // What the module may still be in, though nobody here has anything of it.
  std::size_t unfinished_ = 0;  // a payload of this size
  bool leftover_data_mode_ = false;

  SideChannel side_;
  Chunk side_chunk_;
  bool first_announces_ = false;  // the first channel has announced data
  std::string side_trouble_;      // why it is to be dropped; empty: it isn't
  // What the second channel alone may have told of links, for the first one to confirm; and what
  // it is being asked about.
  using Hint = std::variant<at::LinkClosed, at::ClientAccepted>;
  std::vector<Hint> hints_;
  std::vector<Hint> asked_hints_;
  std::vector<int> ready_in_doubt_;  // links whose data it has announced behind a hint

  int depth_ = 0;
  bool asked_ = false;  // next() has to look again, since a public function was called, say
  bool leaving_ = false;
  bool leave_listed_ = false;
  std::deque<std::string> leave_commands_;
  std::optional<chat::TimePoint> leave_result_due_;  // of AT+NETCLOSE
  Counters counters_;
};

}  // namespace a7600::modem
