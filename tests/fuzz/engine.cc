// SPDX-License-Identifier: MIT
//
// The whole engine, with its real sockets, between programs that do anything and a module that
// answers as a module does, until the script has it fail, lie or fall silent. The engine runs in
// the fuzzer's own thread: where it would wait, the script goes on, and where nothing is left to
// do, the clock jumps, so that a time-out costs nothing. What has to hold is in ledger.h (whose
// bytes come out where), module.cc (what may be on the line) and program.cc (calls are answered);
// and here: the engine never spins, ends, and leaves no descriptor behind.
#include "engine/engine.h"

#include <dirent.h>
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "engine/line.h"
#include "engine/module.h"
#include "engine/program.h"
#include "input.h"

namespace a7600::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr int kMostTurns = 50'000;  // of the loop while no time passes and nobody does anything
constexpr int kMostSteps = 600;
constexpr int kMostPauses = 20'000;  // from the end of the script to that of the engine

std::size_t open_descriptors() {
  std::size_t count = 0;
  DIR* directory = ::opendir("/proc/self/fd");
  while (::readdir(directory) != nullptr) ++count;
  ::closedir(directory);
  return count;
}

class World final : public engine::Waiting {
 public:
  World(Input& input, Line& line)
      : input_(input),
        line_(line),
        config_(config(input, line)),
        module_(ledger_),
        program_(ledger_, address(), config_.connect_timeout) {
    const unsigned kind = input.byte();
    const bool shown = std::getenv("A7600_LOG") != nullptr;
    if ((kind & 1) != 0 || shown) {
      log_.reset(::open(shown ? "/dev/stderr" : "/dev/null", O_WRONLY | O_APPEND | O_CLOEXEC));
    }
    const log::Logger logger = log_ ? log::Logger(log::Level::kDebug, log_.get()) : log::Logger();
    engine::Sharing sharing;
    sharing.address = address();
    auto made = (kind & 2) != 0
                    ? engine::Engine::create_shared(config_, std::move(sharing), logger, *this)
                    : engine::Engine::create(config_, address(), {}, logger, *this);
    require(static_cast<bool>(made), "an engine needs no more than its address");
    engine_ = std::move(made.value());
    if ((kind & 6) == 6) engine_->finish_when_idle(20s);
    may_end_ = (kind & 6) == 6;
  }

  void run() {
    engine_->run();
    engine_.reset();
    program_.take_answers();
    program_.end();
  }

  chat::TimePoint now() override { return now_; }

  int wait(int epoll, std::span<epoll_event> events, int milliseconds) override {
    for (;;) {
      exchange();
      const int count = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), 0);
      require(++turns_ < kMostTurns, "the engine comes to rest");
      if (count > 0 || milliseconds == 0) return count;
      if (exchange() || program_.take_answers()) continue;
      if (!line_.is_quiet()) {
        ::sched_yield();
        continue;
      }
      turns_ = 0;
      program_.check_calls(served_, !may_end_);
      if (!input_.empty() && ++steps_ < kMostSteps) {
        if (const auto pause = step()) return pass(milliseconds, *pause);
        continue;
      }
      return wind_up(milliseconds);
    }
  }

 private:
  static config::Config config(Input& input, const Line& line) {
    config::Config config;
    const unsigned kind = input.byte();
    config.port = line.port();
    config.rx = static_cast<config::Rx>(kind % 3);
    config.connect_timeout = (kind & 0x10) == 0 ? 5s : 120s;
    config.reset.cfun = (kind & 0x20) != 0;
    if ((kind & 0xc0) == 0xc0) config.mode = config::Mode::kTransparent;
    return config;
  }
  static std::string address() { return "@a7600." + std::to_string(::getpid()) + ".fuzz"; }

  // What is under way between the engine and the module. Whether there was anything.
  bool exchange() {
    if (line_.look()) module_.forget_line();
    const std::string_view heard = line_.read();
    module_.hear(heard);
    if (answers_ && module_.owes()) say(module_.answer({}));
    const bool speaks = !unsaid_.empty() && line_.is_open();
    if (speaks) {
      const std::size_t size = fragment_ == 0 ? unsaid_.size() : fragment_;
      line_.write(std::string_view(unsaid_).substr(0, size));
      unsaid_.erase(0, size);
      // A piece of an answer is no turn of its own.
      if (!unsaid_.empty()) --turns_;
    }
    return speaks || !heard.empty();
  }

  void say(std::string_view bytes) {
    if (line_.is_open()) unsaid_ += bytes;
  }

  // One step of the script; if it is a pause, how long.
  std::optional<std::chrono::milliseconds> step() {
    const unsigned choice = input_.byte();
    if (choice < 0x80) {
      program_.step(choice, input_, served_);
      return std::nullopt;
    }
    switch (choice % 16) {
      case 0:
        answers_ = !answers_;
        break;
      case 1:
      case 2:
        say(module_.answer(outcome()));
        break;
      case 3:
        say(module_.cut(module_.answer(outcome()), input_.byte()));
        break;
      case 4:
      case 5: {
        const unsigned link = input_.number(10);
        const unsigned size = input_.byte();
        say(module_.peer_sends(link, 1 + 20U * size, size % 8 != 0));
        break;
      }
      case 6:
        say(module_.peer_closes(input_.number(10), 1 + static_cast<int>(input_.number(5) / 4)));
        break;
      case 7:
        say(module_.client_comes(input_.number(4), {{0xc6336401}, ++last_client_}));
        break;
      case 8:
        happen();
        break;
      case 9:
        if (module_.speaks_lines()) say(noise());
        break;
      case 10:
        fragment_ = input_.byte();
        break;
      case 11:
        return std::chrono::milliseconds(1 + 20 * input_.byte());
      case 12:
      case 13:
        return std::chrono::hours(1);  // to the next deadline
      case 14:
        // As after SIGSTOP.
        stands_still_ = true;
        return std::chrono::seconds(input_.byte());
      default:
        reconfigure();
    }
    return std::nullopt;
  }

  Module::Outcome outcome() {
    const unsigned kind = input_.byte();
    return {.code = kind < 0x80 ? 0 : kind % 13, .result_first = kind % 2 == 1};
  }

  void happen() {
    switch (input_.number(4)) {
      case 0:
        line_.hang_up();
        unsaid_.clear();
        break;
      case 1:
        say(module_.network_closes());
        break;
      case 2:
        say(module_.restarts());
        break;
      default:
        // Says nothing more of what it was asked.
        module_.cut(module_.answer({}), 0);
    }
  }

  // Lines and bytes that are nobody's answer. Those that might be one are lies.
  std::string noise() {
    constexpr std::array<std::string_view, 6> kHarmless{"",
                                                        "+CREG: 1",
                                                        "*ISIMAID: A",
                                                        "+CGEV: ME PDN ACT 1",
                                                        "RECV FROM:192.0.2.1:80",
                                                        "+CMTI: \"SM\""};
    constexpr std::array<std::string_view, 12> kLies{"OK",
                                                     "ERROR",
                                                     ">",
                                                     "CONNECT",
                                                     "CLOSED",
                                                     "+CIPERROR: 8",
                                                     "+IP ERROR: No data",
                                                     "+CIPOPEN: 9,0",
                                                     "+CIPSEND: 9,10,10",
                                                     "+CIPCLOSE: 9,0",
                                                     "+CLIENT: 9,0,192.0.2.9:5",
                                                     "+NETOPEN: 0"};
    const unsigned kind = input_.byte();
    if (kind < 0x80) return Module::say({std::string(kHarmless[kind % kHarmless.size()])});
    if (kind < 0xe0) {
      ledger_.lose_track();
      const std::string_view lie = kLies[kind % kLies.size()];
      if (lie == "CONNECT") module_.lie_about_connecting();
      return Module::say({std::string(lie)});
    }
    // No digits, as a header made of them would make data of what follows, and no CONNECT.
    std::string bytes(input_.text(40));
    for (char& byte : bytes) {
      byte = static_cast<char>(byte & 0x7f);
      if ((byte >= '0' && byte <= '9') || byte == 'N') byte = '!';
    }
    if (bytes.find_first_of("KRT>") != std::string::npos) ledger_.lose_track();
    return bytes;
  }

  void reconfigure() {
    config::Config changed = config_;
    const unsigned kind = input_.number(4);
    // Nobody is there.
    if (kind == 0) changed.port = "tcp:127.0.0.1:1";
    if (kind == 1) changed.rx = static_cast<config::Rx>(input_.number(3));
    engine_->reconfigure(changed);
  }

  // The engine waits for as long as it wants to at most, or longer than it has planned.
  int pass(int planned, std::chrono::milliseconds wanted) {
    const std::chrono::milliseconds most(planned < 0 ? 3'600'000 : planned);
    if (std::exchange(stands_still_, false) && planned >= 0) {
      now_ += most + wanted;
      if (wanted <= 1s) served_ += most + wanted;
      return 0;
    }
    now_ += std::min(most, wanted);
    served_ += std::min(most, wanted);
    return 0;
  }

  // The script is over. Nobody does anything any more, but the module goes on as it was; who waits
  // gets an answer, and then the engine is told to end.
  int wind_up(int planned) {
    require(++pauses_ < kMostPauses, "the engine ends");
    if (program_.waits() && !finishing_ && pauses_ < kMostPauses / 2) {
      require(planned > 0, "whoever waits for an answer has a deadline");
      return pass(planned, 1h);
    }
    if (!std::exchange(finishing_, true)) {
      program_.finish(served_);
      engine_->finish();
      may_end_ = true;
      return 0;
    }
    return pass(planned, 1h);
  }

  Input& input_;
  Line& line_;
  Ledger ledger_;
  config::Config config_;
  Module module_;
  Program program_;
  UniqueFd log_;
  std::unique_ptr<engine::Engine> engine_;
  chat::TimePoint now_{1h};
  // The time that counts for the engine: without what it has stood still.
  std::chrono::nanoseconds served_{};

  bool answers_ = true;
  std::string unsaid_;
  std::size_t fragment_ = 0;
  bool stands_still_ = false;
  bool may_end_ = false;
  bool finishing_ = false;
  int turns_ = 0;
  int steps_ = 0;
  int pauses_ = 0;
  std::uint16_t last_client_ = 2000;
};

}  // namespace
}  // namespace a7600::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace a7600::fuzz;
  static Line line;
  line.hang_up();
  const std::size_t before = open_descriptors();
  {
    Input input(data, size);
    World world(input, line);
    world.run();
    line.look();
    line.hang_up();
  }
  require(open_descriptors() == before, "no descriptor is left open");
  return 0;
}
