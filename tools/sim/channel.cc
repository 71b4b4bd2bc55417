// SPDX-License-Identifier: MIT
#include "channel.h"

#include <algorithm>
#include <utility>

#include "modem.h"
#include "text.h"

namespace a7600::sim {

Channel::Channel(Modem& its_modem, const ChannelSetup& setup)
    : modem(its_modem),
      loop(modem.loop),
      profile(modem.profile),
      router(modem.router),
      device(modem.device),
      stack(modem.stack),
      faults(setup.faults),
      log(modem.log),
      pty(setup.pty),
      line(loop, pty, log, faults, *this, setup.baud, setup.marks),
      out(line, profile),
      host(line, out, *this),
      outlet{line, out},
      data(loop, stack),
      mischief(loop, faults, line, out),
      latency_(setup.latency),
      step_timer_(loop, [this] { std::exchange(step_, nullptr)(); }),
      replug_timer_(loop, [this] {
        pty.open();
        line.start();
        if (on_new_port) on_new_port();
      }) {
  data.on_escape = [this] { leave_data("OK"); };
}

void Channel::turn_around(std::function<void()> step) {
  Clock::duration delay = latency_;
  if (faults.happens(Fault::kLateAnswer)) {
    delay += Milliseconds(faults.value(Fault::kLateAnswer));
  }
  later(delay, std::move(step));
}

void Channel::later(Clock::duration delay, std::function<void()> step) {
  step_ = std::move(step);
  step_timer_.after(delay);
}

void Channel::on_command_line(std::string_view body) {
  rest_of_line_ = body;
  joined_ = false;
  if (faults.any()) misbehave_at_command();
  if (hangs_) return;
  if (latency_.count() == 0 && !faults.any()) {
    run_line();
  } else {
    turn_around([this] { run_line(); });
  }
}

void Channel::on_long_line() {
  turn_around([this] { error(); });
}

// Whether the firmware doesn't have it, or has it no more.
bool Channel::lacks(std::string_view command, bool of_stack) {
  if (of_stack && faults.happens(Fault::kNoStack)) modem.stack_stopped = true;
  return (of_stack && modem.stack_stopped) ||
         (faults.on(Fault::kNoCommand) && command == faults.text(Fault::kNoCommand));
}

void Channel::run_line() {
  do {
    next_ = false;
    if (rest_of_line_.empty()) return ok();
    const auto command = take_command(rest_of_line_);
    if (!command) {
      modem.count_unknown();
      return error();
    }
    Modem::Count* found = modem.find(command->name);
    if (found != nullptr && lacks(command->name, found->alone)) found = nullptr;
    joined_ = joined_ || !rest_of_line_.empty();
    if (found == nullptr) modem.count_unknown();
    if (found == nullptr || (found->alone && joined_)) return error();
    ++found->times;
    const Parameters parameters(command->form == Form::kWrite ? command->parameters : "");
    if (!parameters.ok()) return error();
    found->entry.run(*this, *command, parameters);
  } while (next_);
}

void Channel::ok() {
  if (!rest_of_line_.empty()) {
    next_ = true;
    return;
  }
  out.final(Final::kOk);
  host.ready();
}

void Channel::error() { final_text("ERROR", Final::kError); }

void Channel::final_text(std::string_view text, Final numeric) {
  rest_of_line_ = {};
  out.final_text(text, numeric);
  host.ready();
}

void Channel::cme_error(int code, std::string_view words) {
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

void Channel::ip_error(ErrInfo info) {
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

bool Channel::spoil_with_ip_error() {
  if (!faults.happens(Fault::kIpError)) return false;
  const long most = static_cast<long>(ErrInfo::kNoData);
  ip_error(static_cast<ErrInfo>(std::min(faults.value(Fault::kIpError), most)));
  return true;
}

void Channel::cip_error(Err err) {
  Text text;
  text << "+CIPERROR: " << static_cast<int>(err);
  out.info(text);
  error();
}

Order Channel::order(Order usual) {
  if (!faults.happens(Fault::kSwapOrder)) return usual;
  return usual == Order::kResultThenOk ? Order::kOkThenResult : Order::kResultThenOk;
}

void Channel::finish(Order order, std::string_view result, bool succeeded) {
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

void Channel::answer(Order usual, std::string_view result, bool succeeded) {
  Order wanted = order(usual);
  if (wanted == Order::kOkAtOnce) wanted = Order::kOkThenResult;
  finish(wanted, result, succeeded);
}

void Channel::await_payload(int link, std::optional<std::size_t> length, Endpoint to) {
  sending_link_ = link;
  sending_to_ = to;
  stack.await_payload(stack.link(link), true);
  if (faults.happens(Fault::kRebootInPayload)) {
    reboot_after_ = 1 + faults.random(length.value_or(10) - 1);
  }
  if (faults.happens(Fault::kLatePrompt)) {
    later(Milliseconds(faults.value(Fault::kLatePrompt)), [this, length] { give_prompt(length); });
  } else {
    give_prompt(length);
  }
}

void Channel::give_prompt(std::optional<std::size_t> length) {
  out.prompt();
  out.hold_urcs(true);
  // An echo would be torn.
  outlet.payload_awaited = !host.echo;
  if (length) {
    host.expect_payload(*length);
  } else {
    host.expect_text();
  }
}

void Channel::release_urcs() {
  out.hold_urcs(false);
  outlet.payload_awaited = false;
  stack.delivery().pump();
}

void Channel::on_payload(std::string_view bytes) {
  release_urcs();
  if (latency_.count() == 0 && !faults.any()) return finish_send(bytes);
  delayed_payload_ = bytes;
  turn_around([this] { finish_send(delayed_payload_); });
}

void Channel::finish_send(std::string_view payload) {
  Link& link = stack.link(sending_link_);
  stack.await_payload(link, false);
  if (faults.happens(Fault::kNoSendAnswer)) {
    if (link.open() && faults.random(1) == 0) stack.send_data(link, payload, sending_to_);
    return host.ready();
  }
  const bool result_first = order(Order::kOkThenResult) == Order::kResultThenOk;
  if (!result_first) out.final(Final::kOk);
  stack.send(link, payload, sending_to_, out);
  if (result_first) out.final(Final::kOk);
  host.ready();
}

void Channel::connect(Link& link) {
  Text text;
  text << "CONNECT";
  if (device.connect_text) text << ' ' << (line.rate() != 0 ? line.rate() : 115200);
  final_text(text, Final::kConnect);
  client_waiting_ = false;
  out.hold_urcs(true);
  host.data();
  data.start(link);
  stack.on_data_room = [this](Link& with_room) {
    if (data.on() && with_room.number() == 0) host.data_room();
  };
  stack.delivery().on_data_ended = [this] { leave_data("CLOSED"); };
  stack.delivery().start_data(link, outlet);
}

void Channel::go_on() {
  host.resume();
  if (client_waiting_ && host.idle()) connect_waiting_client();
}

void Channel::connect_waiting_client() {
  client_waiting_ = false;
  if (stack.link(0).open()) connect(stack.link(0));
}

void Channel::leave_data(std::string_view word) {
  data.stop();
  stack.delivery().stop_data();
  host.ready();
  out.info(word);
  release_urcs();
}

void Channel::dtr_dropped() {
  if (hangs_) return modem.reboot();
  if (!data.on() || device.dtr_mode == 0) return;
  if (device.dtr_mode == 1) return leave_data("OK");
  leave_data("CLOSED");
  stack.close_link(stack.link(0), CloseReason::kSendTimeoutOrDtr);
}

void Channel::on_payload_cancelled(bool too_long) {
  release_urcs();
  stack.await_payload(stack.link(sending_link_), false);
  turn_around([this, too_long] {
    if (too_long) {
      cip_error(Err::kWrongParameter);
    } else {
      error();
    }
  });
}

void Channel::on_input(std::string_view bytes) {
  if (faults.on(Fault::kDeaf)) return;
  if (!reboot_after_ && faults.happens(Fault::kReboot)) {
    reboot_after_ = static_cast<std::size_t>(faults.value(Fault::kReboot));
  }
  if (!reboot_after_) return host.input(bytes);
  const std::size_t before = std::min(bytes.size(), *reboot_after_);
  *reboot_after_ -= before;
  host.input(bytes.substr(0, before));
  if (*reboot_after_ == 0) modem.reboot();
}

void Channel::call_off_reboot() {
  reboot_after_.reset();
  line.set_fuse(0, nullptr);
}

void Channel::misbehave_at_command() {
  if (faults.happens(Fault::kEchoBack)) host.echo = true;
  if (faults.happens(Fault::kSilence)) {
    const long how_long = faults.value(Fault::kSilence);
    line.hold_output(how_long == 0 ? Time::max() : loop.now() + Milliseconds(how_long));
  }
  if (faults.happens(Fault::kRebootOut)) {
    line.set_fuse(static_cast<std::size_t>(faults.value(Fault::kRebootOut)),
                  [this] { modem.reboot(); });
  }
  if (faults.happens(Fault::kHang)) {
    hangs_ = true;
    line.hold_output(Time::max());
    host.off();
  }
  if (faults.happens(Fault::kUnplug)) unplug(Milliseconds(faults.value(Fault::kUnplug)));
}

// The module has lost its power; its line stays as it is set.
void Channel::power_down() {
  data.stop();
  out.reset();
  host.off();
  line.drop_output();
  line.close_gate(false);
  line.hold_output(Time{});
  outlet.payload_awaited = false;
  call_off_reboot();
  step_timer_.cancel();
  step_ = nullptr;
  rest_of_line_ = {};
  client_waiting_ = false;
  hangs_ = false;
}

void Channel::unplug(Clock::duration how_long) {
  log.event("the port is unplugged");
  line.stop();
  pty.close();
  replug_timer_.after(how_long);
}

}  // namespace a7600::sim
