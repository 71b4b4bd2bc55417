// SPDX-License-Identifier: MIT
#include "doctor.h"

#include <cerrno>
#include <cstring>

#include "at/host_name.h"
#include "doctor_report.h"
#include "doctor_steps.h"
#include "options.h"
#include "wire/status.h"

namespace a7600::tool {
namespace {

using namespace std::chrono_literals;

constexpr int kWrongConfiguration = 100;

constexpr Step kSteps[] = {
    {1, "port", examine_port, true},
    {2, "permission", examine_permission, true},
    {3, "lock", examine_lock, true},
    {4, "answers", examine_answers, true},
    {5, "model", examine_model, false},
    {6, "profile", examine_profile, false},
    {7, "SIM", examine_sim, true},
    {8, "PIN", examine_pin, true},
    {9, "signal", examine_signal, false},
    {10, "registration", examine_registration, true},
    {11, "APN", examine_apn, false},
    {12, "NETOPEN", examine_netopen, true},
    {13, "address", examine_address, true},
    {14, "DNS", examine_dns, true},
    {15, "TCP connect", examine_connect, true},
    {16, "throughput", examine_throughput, true},
};
// It is not in the way of the others, nor they in its.
constexpr Step kProgram = {17, "program", examine_program, false};

}  // namespace

std::span<const Step> steps() { return kSteps; }

ModuleAnswer ask_module(const Patient& patient, const std::string& command,
                        std::chrono::seconds timeout) {
  wire::Request request;
  request.op = wire::Op::kCommand;
  request.level = static_cast<std::int32_t>(timeout.count());
  // In an engine of our own nobody is upset.
  if (!patient.shared) request.flags |= wire::kForce;
  request.size = static_cast<std::uint16_t>(command.size());
  std::memcpy(request.data.data(), command.data(), command.size());
  ModuleAnswer out;
  auto answer = call(patient.engine, request, timeout + patient.options.patience);
  if (!answer) {
    out.why = answer.error().text;
    return out;
  }
  const wire::Reply& reply = answer.value().reply;
  if (reply.error != 0) {
    out.why = reply.notice[0] != '\0' ? reply.notice.data() : strerror(reply.error);
    return out;
  }
  const auto text = wire::read_text(answer.value().file.get());
  if (!text) {
    out.why = text.error().text;
    return out;
  }
  for (std::string_view rest = text.value(); !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) out.lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  switch (static_cast<wire::CommandResult>(reply.value)) {
    case wire::CommandResult::kOk:
      out.kind = ModuleAnswer::Kind::kOk;
      break;
    case wire::CommandResult::kError:
      out.kind = ModuleAnswer::Kind::kError;
      break;
    case wire::CommandResult::kNoAnswer:
      out.kind = ModuleAnswer::Kind::kSilent;
      break;
  }
  return out;
}

std::optional<std::string> ModuleAnswer::value(const std::string& name) const {
  const std::string head = name + ":";
  for (const std::string& line : lines) {
    if (!line.starts_with(head)) continue;
    const std::size_t begin = line.find_first_not_of(' ', head.size());
    return begin == line.npos ? std::string() : line.substr(begin);
  }
  return std::nullopt;
}

std::string ModuleAnswer::text() const {
  if (kind == Kind::kSilent) return "no answer";
  if (kind == Kind::kNotAsked) return why;
  return lines.empty() ? "nothing" : lines.front();
}

int examine(const Result<config::Config>& config, const DoctorOptions& options) {
  if (!config) return complain(config.error().text, kWrongConfiguration);
  if (!parse_url(options.url)) {
    return complain("\"" + options.url + "\" is not http://HOST[:PORT]/PATH", kWrongConfiguration);
  }
  Report report(options.json);
  Patient patient(config.value(), options, report);
  const Step* failed = nullptr;
  const Step* in_the_way = nullptr;
  auto look_at = [&](const Step& step) {
    report.begin(step);
    const Finding finding =
        in_the_way == nullptr
            ? step.examine(patient)
            : skipped("not looked at, because of " + std::string(in_the_way->name));
    report.end(step, finding);
    if (finding.kind != Finding::Kind::kBad) return;
    if (failed == nullptr) failed = &step;
    if (step.vital) in_the_way = &step;
  };
  for (const Step& step : kSteps) look_at(step);
  in_the_way = nullptr;
  if (!options.program.empty()) look_at(kProgram);
  patient.socket.reset();
  patient.look_up.reset();
  if (!patient.shared && !patient.engine.empty()) {
    wire::Request finish;
    finish.op = wire::Op::kFinish;
    [[maybe_unused]] const auto finished = call(patient.engine, finish, 10s);
  }
  report.finish(failed, patient.shared ? patient.engine : std::string());
  return failed != nullptr ? failed->number : 0;
}

}  // namespace a7600::tool
