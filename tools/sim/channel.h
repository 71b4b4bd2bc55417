// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "command.h"
#include "data_mode.h"
#include "device.h"
#include "errors.h"
#include "faults.h"
#include "interpreter.h"
#include "line.h"
#include "log.h"
#include "loop.h"
#include "mischief.h"
#include "outlets.h"
#include "output.h"
#include "profile.h"
#include "pty.h"
#include "router.h"
#include "stack.h"

namespace a7600::sim {

class Channel;
class Modem;

// A command's meaning. It ends with ok(), error() or one of their relatives, now or by way of
// later(); after that it touches nothing.
using Handler = void (*)(Channel&, const Command&, const Parameters&);

struct Entry {
  std::string_view name;
  Handler run;
};

// What one port has for itself.
struct ChannelSetup {
  Pty& pty;
  Faults& faults;
  std::uint32_t baud;
  Milliseconds latency;
  Line::Marks marks;
};

// One of the module's AT ports: its line, its echo, its faults, the command in progress there, and
// data mode. All that the command handlers work on; what the ports have in common is the modem's.
class Channel final : public LineUser, public InterpreterUser {
 public:
  Channel(Modem& its_modem, const ChannelSetup& setup);

  // In common.
  Modem& modem;
  Loop& loop;
  const Profile& profile;
  Router& router;
  Device& device;
  Stack& stack;

  Faults& faults;
  Log& log;
  Pty& pty;
  Line line;
  Output out;
  Interpreter host;
  Outlet outlet;
  DataMode data;
  Mischief mischief;

  // The command in progress has succeeded: OK, unless more commands follow on its line.
  void ok();
  void error();
  // "+CME ERROR: ..." as AT+CMEE asks for it.
  void cme_error(int code, std::string_view words);
  // "+IP ERROR: <err_info>" and ERROR.
  void ip_error(ErrInfo info);
  // An opportunity for Fault::kIpError; true if it happened and the command has ended.
  bool spoil_with_ip_error();
  // "+CIPERROR: <err>" and ERROR.
  void cip_error(Err err);
  // A final result that isn't OK or ERROR; ends the command.
  void final_text(std::string_view text, Final numeric);
  // Goes on with the command in progress after a while.
  void later(Clock::duration delay, std::function<void()> step);
  // Gives the prompt. The payload, of `length` bytes or up to its Ctrl-Z, is for `link`, and goes
  // to `to` if that is a UDP link.
  void await_payload(int link, std::optional<std::size_t> length, Endpoint to);
  // Ends the command in progress with CONNECT and goes into data mode on the link.
  void connect(Link& link);
  // A client of transparent mode has come; this port connects when its host says nothing.
  void client_has_come() { client_waiting_ = true; }
  // The order of a command's OK and result; the faults may turn it round.
  Order order(Order usual);
  // A command's result in an order of which kOkAtOnce's OK has been said: `line`, and what else is
  // due. Ends the command, unless that OK has.
  void finish(Order order, std::string_view line, bool succeeded);
  // The same for a command whose result is known at once.
  void answer(Order usual, std::string_view line, bool succeeded);
  // The host's DTR line has dropped: what that means is AT&D's to say. A module that hangs is
  // restarted by it, as on a board that has it wired to the reset.
  void dtr_dropped();

  // A reboot that counts down its bytes does not come.
  void call_off_reboot();
  void power_down();
  // The port vanishes and comes back under another name; on_new_port is called then.
  void unplug(Clock::duration how_long);
  std::function<void()> on_new_port;
  // Takes what the host has said meanwhile. Called at the end of each turn.
  void go_on();

  void on_input(std::string_view bytes) override;
  void on_room() override { stack.delivery().pump(); }
  void on_command_line(std::string_view body) override;
  void on_long_line() override;
  void on_payload(std::string_view bytes) override;
  void on_payload_cancelled(bool too_long) override;
  bool on_data(std::string_view bytes) override { return data.input(bytes); }

 private:
  // Does a step after the turnaround time.
  void turn_around(std::function<void()> step);
  void run_line();
  void finish_send(std::string_view payload);
  void release_urcs();
  void leave_data(std::string_view word);
  void connect_waiting_client();
  void give_prompt(std::optional<std::size_t> length);
  void misbehave_at_command();
  bool lacks(std::string_view command, bool of_stack);

  Milliseconds latency_;
  Timer step_timer_;
  std::function<void()> step_;
  std::string_view rest_of_line_;
  bool joined_ = false;  // the line has more than one command
  bool next_ = false;    // the command has ended well and another one follows
  int sending_link_ = 0;
  Endpoint sending_to_;
  bool client_waiting_ = false;  // transparent mode's client has come while the host was busy
  std::string delayed_payload_;
  Timer replug_timer_;
  std::optional<std::size_t> reboot_after_;  // bytes from the host
  bool hangs_ = false;
};

// The commands, by file: V.250's, 3GPP's and the module's own, and the manual's.
std::span<const Entry> basic_commands();
std::span<const Entry> device_commands();
std::span<const Entry> network_commands();
std::span<const Entry> socket_commands();
std::span<const Entry> setting_commands();
std::span<const Entry> server_commands();

}  // namespace a7600::sim
