// SPDX-License-Identifier: MIT
#include "modem.h"

#include <algorithm>
#include <utility>

#include "text.h"

namespace a7600::sim {
Modem::Modem(Loop& modem_loop, const Options& modem_options, const Profile& modem_profile,
             Router& modem_router, Pty& modem_pty, Faults& modem_faults, Log& modem_log)
    : loop(modem_loop),
      options(modem_options),
      profile(modem_profile),
      router(modem_router),
      pty(modem_pty),
      faults(modem_faults),
      log(modem_log),
      line(loop, pty, log, faults, *this, options.baud),
      out(line, profile),
      host(line, out, *this),
      stack(loop, options, profile, router, line, out, faults, log),
      data(loop, stack),
      mischief(loop, faults, line, out),
      step_timer_(loop, [this] { std::exchange(step_, nullptr)(); }),
      boot_timer_(loop, [this] { say_boot_lines(boot_line_); }),
      registration_timer_(loop, [this] { look_for_network(); }),
      replug_timer_(loop, [this] {
        pty.open();
        line.start();
        if (on_new_port) on_new_port();
      }) {
  // The commands of the manual come first: they are the ones in a hurry.
  for (const auto& table :
       {socket_commands(), network_commands(), setting_commands(), server_commands()}) {
    for (const Entry& entry : table) commands_.push_back({entry, true, 0});
  }
  for (const auto& table : {basic_commands(), device_commands()}) {
    for (const Entry& entry : table) commands_.push_back({entry, false, 0});
  }
  data.on_escape = [this] { leave_data("OK"); };
  stack.delivery().on_data_ended = [this] { leave_data("CLOSED"); };
  stack.on_data_room = [this](Link& link) {
    if (data.on() && link.number() == 0) host.data_room();
  };
  stack.on_data_client = [this](Link&) { client_waiting_ = true; };
  loop.at_end_of_turn([this] {
    host.resume();
    if (client_waiting_ && host.idle()) connect_waiting_client();
  });
  loop.at_end_of_turn([this] { line.flush(); });
  // The links go on while the host is busy with its answer; what that makes them say leaves at once
  // as well.
  loop.at_end_of_turn([this] { stack.go_on(); });
  loop.at_end_of_turn([this] { line.flush(); });
  start_up();
}

Modem::Count* Modem::find(std::string_view name) {
  for (Count& count : commands_) {
    if (same_name(count.entry.name, name)) return &count;
  }
  return nullptr;
}

void Modem::turn_around(std::function<void()> step) {
  Clock::duration delay = options.latency;
  if (faults.happens(Fault::kLateAnswer)) {
    delay += Milliseconds(faults.value(Fault::kLateAnswer));
  }
  later(delay, std::move(step));
}

void Modem::later(Clock::duration delay, std::function<void()> step) {
  step_ = std::move(step);
  step_timer_.after(delay);
}

void Modem::on_command_line(std::string_view body) {
  rest_of_line_ = body;
  joined_ = false;
  if (faults.any()) misbehave_at_command();
  if (hangs_) return;
  if (options.latency.count() == 0 && !faults.any()) {
    run_line();
  } else {
    turn_around([this] { run_line(); });
  }
}

void Modem::on_long_line() {
  turn_around([this] { error(); });
}

// Whether the firmware doesn't have it, or has it no more.
bool Modem::lacks(const Count& count) {
  const bool of_stack = count.alone;
  if (of_stack && faults.happens(Fault::kNoStack)) stack_stopped_ = true;
  return (of_stack && stack_stopped_) ||
         (faults.on(Fault::kNoCommand) &&
          same_name(count.entry.name, faults.text(Fault::kNoCommand)));
}

void Modem::run_line() {
  do {
    next_ = false;
    if (rest_of_line_.empty()) return ok();
    const auto command = take_command(rest_of_line_);
    if (!command) {
      ++unknown_;
      return error();
    }
    Count* found = find(command->name);
    if (found != nullptr && lacks(*found)) found = nullptr;
    joined_ = joined_ || !rest_of_line_.empty();
    if (found == nullptr) ++unknown_;
    if (found == nullptr || (found->alone && joined_)) return error();
    ++found->times;
    const Parameters parameters(command->form == Form::kWrite ? command->parameters : "");
    if (!parameters.ok()) return error();
    found->entry.run(*this, *command, parameters);
  } while (next_);
}

void Modem::ok() {
  if (!rest_of_line_.empty()) {
    next_ = true;
    return;
  }
  out.final(Final::kOk);
  host.ready();
}

void Modem::error() { final_text("ERROR", Final::kError); }

void Modem::final_text(std::string_view text, Final numeric) {
  rest_of_line_ = {};
  out.final_text(text, numeric);
  host.ready();
}

void Modem::cme_error(int code, std::string_view words) {
  if (device.cmee == 0) return error();
  Text text;
  text << "+CME ERROR: ";
  if (device.cmee == 1) {
    text << code;
  } else {
    text << words;
  }
  final_text(text, Final::kError);
}

void Modem::ip_error(ErrInfo info) {
  Text text;
  text << "+IP ERROR: ";
  if (stack.settings.err_mode == 0) {
    text << static_cast<int>(info);
  } else {
    text << words(info);
  }
  out.info(text);
  error();
}

bool Modem::spoil_with_ip_error() {
  if (!faults.happens(Fault::kIpError)) return false;
  const long most = static_cast<long>(ErrInfo::kNoData);
  ip_error(static_cast<ErrInfo>(std::min(faults.value(Fault::kIpError), most)));
  return true;
}

void Modem::cip_error(Err err) {
  Text text;
  text << "+CIPERROR: " << static_cast<int>(err);
  out.info(text);
  error();
}

Order Modem::order(Order usual) {
  if (!faults.happens(Fault::kSwapOrder)) return usual;
  return usual == Order::kResultThenOk ? Order::kOkThenResult : Order::kResultThenOk;
}

void Modem::finish(Order order, std::string_view result, bool succeeded) {
  if (order == Order::kOkAtOnce) return out.urc(result);
  if (succeeded && order == Order::kOkThenResult) {
    ok();
    return out.urc(result);
  }
  out.info(result);
  if (succeeded) {
    ok();
  } else {
    error();
  }
}

void Modem::answer(Order usual, std::string_view result, bool succeeded) {
  Order wanted = order(usual);
  if (wanted == Order::kOkAtOnce) wanted = Order::kOkThenResult;
  finish(wanted, result, succeeded);
}

void Modem::await_payload(int link, std::optional<std::size_t> length, Endpoint to) {
  sending_link_ = link;
  sending_to_ = to;
  if (faults.happens(Fault::kRebootInPayload)) {
    reboot_after_ = 1 + faults.random(length.value_or(10) - 1);
  }
  if (faults.happens(Fault::kLatePrompt)) {
    later(Milliseconds(faults.value(Fault::kLatePrompt)), [this, length] { give_prompt(length); });
  } else {
    give_prompt(length);
  }
}

void Modem::give_prompt(std::optional<std::size_t> length) {
  out.prompt();
  out.hold_urcs(true);
  // An echo would be torn.
  stack.delivery().await_payload(!host.echo);
  if (length) {
    host.expect_payload(*length);
  } else {
    host.expect_text();
  }
}

void Modem::release_urcs() {
  out.hold_urcs(false);
  stack.delivery().await_payload(false);
  stack.delivery().pump();
}

void Modem::on_payload(std::string_view bytes) {
  release_urcs();
  if (options.latency.count() == 0 && !faults.any()) return finish_send(bytes);
  delayed_payload_ = bytes;
  turn_around([this] { finish_send(delayed_payload_); });
}

void Modem::finish_send(std::string_view payload) {
  Link& link = stack.link(sending_link_);
  if (faults.happens(Fault::kNoSendAnswer)) {
    if (link.open() && faults.random(1) == 0) stack.send_data(link, payload, sending_to_);
    return host.ready();
  }
  const bool result_first = order(Order::kOkThenResult) == Order::kResultThenOk;
  if (!result_first) out.final(Final::kOk);
  stack.send(link, payload, sending_to_);
  if (result_first) out.final(Final::kOk);
  host.ready();
}

void Modem::connect(Link& link) {
  Text text;
  text << "CONNECT";
  if (device.connect_text) text << ' ' << (line.rate() != 0 ? line.rate() : 115200);
  final_text(text, Final::kConnect);
  client_waiting_ = false;
  out.hold_urcs(true);
  host.data();
  data.start(link);
  stack.delivery().start_data(link);
}

void Modem::connect_waiting_client() {
  client_waiting_ = false;
  if (stack.link(0).open()) connect(stack.link(0));
}

void Modem::leave_data(std::string_view word) {
  data.stop();
  stack.delivery().stop_data();
  host.ready();
  out.info(word);
  release_urcs();
}

void Modem::dtr_dropped() {
  if (hangs_) return reboot();
  if (!data.on() || device.dtr_mode == 0) return;
  if (device.dtr_mode == 1) return leave_data("OK");
  leave_data("CLOSED");
  stack.close_link(stack.link(0), CloseReason::kSendTimeoutOrDtr);
}

void Modem::on_payload_cancelled(bool too_long) {
  release_urcs();
  turn_around([this, too_long] {
    if (too_long) {
      cip_error(Err::kWrongParameter);
    } else {
      error();
    }
  });
}

}  // namespace a7600::sim
