// SPDX-License-Identifier: MIT
//
// The whole modem between a program that does anything and a module that says anything: often a
// plausible answer to the command in flight, with any result, so that the depths are reached; else
// whatever the bytes hold. What modem/host.h promises has to hold, nothing may hang, and what comes
// out of the line in a read is what a program gets.
#include "modem/modem.h"

#include <array>
#include <map>

#include "input.h"
#include "support/modem_contract.h"

namespace a7600::fuzz {
namespace {

using namespace std::chrono_literals;

class Host final : public modem::Host {
 public:
  test::ModemContract contract;
  std::map<modem::ConnectionId, std::size_t> to_send;
  std::map<modem::ServerId, bool> servers;
  std::map<modem::QueryId, bool> queries;
  std::size_t commands = 0;
  modem::ConnectionId next_accepted = 1000;
  bool room = true;
  bool dtr = true;

  void opened(modem::ConnectionId id) override { hold(contract.opened(id)); }
  void open_failed(modem::ConnectionId id, const Error& error) override {
    require(error.posix > 0, "a failure has an errno");
    hold(contract.open_failed(id));
  }
  std::size_t take(modem::ConnectionId id, std::span<std::byte> into) override {
    hold(contract.took(id));
    const std::size_t size = std::min(into.size(), to_send[id]);
    to_send[id] -= size;
    std::fill_n(into.begin(), size, std::byte{'x'});
    return size;
  }
  bool give(modem::ConnectionId id, std::span<const std::byte> bytes) override {
    hold(contract.gave(id));
    for (const std::byte byte : bytes) require(byte == std::byte{'d'}, "data is the peer's");
    return room;
  }
  std::optional<Datagram> take_datagram(modem::ConnectionId id,
                                        std::span<std::byte> into) override {
    const std::size_t size = take(id, into.first(std::min<std::size_t>(into.size(), 100)));
    if (size == 0) return std::nullopt;
    return Datagram{size, {Ipv4{0xc0000201}, 53}};
  }
  bool give_datagram(modem::ConnectionId id, const Endpoint&,
                     std::span<const std::byte> bytes) override {
    return give(id, bytes);
  }
  void ended(modem::ConnectionId id, const modem::End&) override { hold(contract.ended(id)); }
  void closed(modem::ConnectionId id) override { hold(contract.closed(id)); }
  void listening(modem::ServerId id) override {
    require(servers.count(id) > 0, "listening: unknown");
    servers[id] = true;
  }
  void listen_failed(modem::ServerId id, const Error& error) override {
    require(error.posix > 0 && servers.erase(id) > 0, "listen_failed: unknown");
  }
  std::optional<modem::ConnectionId> accepted(modem::ServerId, const Endpoint&) override {
    if (!room) return std::nullopt;
    hold(contract.accepted(next_accepted));
    return next_accepted++;
  }
  void resolved(modem::QueryId id, const Result<std::vector<Ipv4>>& answer) override {
    require(queries.erase(id) > 0, "resolved: unknown");
    require(!answer || !answer.value().empty(), "a name that is found has an address");
  }
  void command_answered(modem::CommandId, const modem::CommandAnswer&) override { --commands; }
  bool set_dtr(bool up) override {
    require(up != dtr, "DTR changes");
    dtr = up;
    return true;
  }
  void log(log::Level, std::string_view) override {}
  bool open_side_line() override { return side_open = has_second_port; }
  void close_side_line() override { side_open = false; }
  bool has_second_port = false;
  bool side_open = false;

 private:
  static void hold(const std::string& wrong) { require(wrong.empty(), wrong); }
};

// A module that answers the last command line it got, more or less.
class Module {
 public:
  void hear(std::string_view written) {
    for (const char c : written) {
      if (c != '\r') {
        line_ += c;
        continue;
      }
      if (line_.starts_with("AT")) {
        command_ = line_;
        owes_data_ = false;
        half_connected_ = false;
      }
      line_.clear();
    }
    if (line_.size() > 4096) line_.clear();
  }

  std::string answer(Input& input) {
    if (owes_data_ || half_connected_) return {};
    const auto at = [this](std::string_view name) { return command_.starts_with(name); };
    const std::string link(1, static_cast<char>('0' + input.number(10)));
    const std::string own = number_behind('=', link);
    const bool good = input.number(4) != 0;
    const std::string result = good ? "0" : std::to_string(input.number(15));
    if (at("AT+NETOPEN?")) return say({good ? "+NETOPEN: 1" : "+NETOPEN: 0", "OK"});
    if (at("AT+NETOPEN")) return say({"OK", "+NETOPEN: " + result});
    if (at("AT+CIPMODE?")) return say({"+CIPMODE: " + std::to_string(input.number(2)), "OK"});
    if (at("AT+CPIN?")) return say({good ? "+CPIN: READY" : "+CPIN: SIM PIN", "OK"});
    if (at("AT+CREG?")) return say({good ? "+CREG: 0,1" : "+CREG: 0,2", "OK"});
    if (at("AT+IPADDR")) return say({"+IPADDR: 10.0.0.1", "OK"});
    if (at("AT+CIPRXGET?")) return say({"+CIPRXGET: 1", "OK"});
    if (at("AT+CIPOPEN?")) {
      return say({"+CIPOPEN: " + link + ",\"TCP\",\"192.0.2.1\",80,-1", "OK"});
    }
    if (at("AT+CIPOPEN=")) {
      if (input.number(2) == 0) return say({"OK"});
      return say({"OK", "+CIPOPEN: " + own + "," + result});
    }
    if (at("AT+CIPSEND=")) {
      const std::string size = number_behind(',', "1");
      const std::string confirmed = good ? size : result;
      if (input.number(4) == 0) return say({"+CIPERROR: " + result, "ERROR"});
      return "\r\n>" + say({"OK", "+CIPSEND: " + own + "," + size + "," + confirmed});
    }
    if (at("AT+CIPRXGET=2")) {
      if (!good) return say({"+IP ERROR: No data", "ERROR"});
      const std::size_t size = 1 + input.number(200);
      return "\r\n+CIPRXGET: 2," + number_behind(',', link) + "," + std::to_string(size) + "," +
             std::to_string(input.number(3)) + "\r\n" + std::string(size, 'd') + say({"OK"});
    }
    if (at("AT+CIPCLOSE=")) return say({"OK", "+CIPCLOSE: " + own + "," + result});
    if (at("AT+SERVERSTART=")) return say({good ? "OK" : "ERROR"});
    if (at("AT+SERVERSTOP=")) return say({"+SERVERSTOP: " + own + "," + result, "OK"});
    if (at("AT+CDNSGIP=")) return say({"+CDNSGIP: 1,\"a.b\",\"192.0.2.1\"", "OK"});
    if (at("AT+CIPCCFG?")) return say({"+CIPCCFG: 10,0,0,1,1,0,500", "OK"});
    if (at("AT+CIPHEAD?")) return say({"+CIPHEAD: 1", "OK"});
    if (at("AT+CIPSRIP?")) return say({"+CIPSRIP: 1", "OK"});
    return say({good ? "OK" : "ERROR"});
  }

  // Only a part of it: the rest is never said, or some bytes of its data are lost on the line.
  std::string damaged_answer(Input& input) {
    std::string text = answer(input);
    const std::size_t where = input.byte();
    half_connected_ = command_ == "ATO";
    if (const std::size_t data = text.find("dd"); data != std::string::npos) {
      owes_data_ = true;
      if (where % 2 == 1) return text.erase(data, 1 + where / 2 % 8);
    }
    return text.substr(0, where);
  }

  bool owes_data() const { return owes_data_; }
  // A part of the answer to ATO was said: whatever line comes next may make data of the rest.
  bool half_connected() const { return half_connected_; }

  static std::string urc(Input& input) {
    const std::string link(1, static_cast<char>('0' + input.number(10)));
    switch (input.number(10)) {
      case 0:
        return say({"+CIPRXGET: 1," + link});
      case 1:
        return say({"+IPCLOSE: " + link + "," + std::to_string(1 + input.number(2))});
      case 2:
        return say({"+CLIENT: " + link + "," + std::to_string(input.number(4)) + ",192.0.2.9:5"});
      case 3:
        return say({"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY"});
      case 4:
        return say({"RDY"});
      case 5: {
        const std::size_t size = 1 + input.number(100);
        return "\r\n+RECEIVE," + link + "," + std::to_string(size) + "\r\n" +
               std::string(size, 'd');
      }
      case 6: {
        const std::size_t size = 1 + input.number(100);
        return "\r\nRECV FROM:192.0.2.1:80\r\n+IPD" + std::to_string(size) + "\r\n" +
               std::string(size, 'd');
      }
      case 7:
        return say({"+CIPOPEN: " + link + "," + std::to_string(input.number(12))});
      case 8:
        return say({"+CIPSEND: " + link + ",10,10"});
      default:
        return say({"+CIPCLOSE: " + link + ",0"});
    }
  }

 private:
  static std::string say(std::initializer_list<std::string> lines) {
    std::string text;
    for (const std::string& line : lines) text += "\r\n" + line + "\r\n";
    return text;
  }
  // The number behind the first `mark` of the command.
  std::string number_behind(char mark, const std::string& otherwise) const {
    const std::size_t at = command_.find(mark);
    if (at == std::string::npos) return otherwise;
    const std::size_t end = command_.find_first_not_of("0123456789", at + 1);
    const std::string digits = command_.substr(at + 1, end - at - 1);
    return digits.empty() ? otherwise : digits;
  }

  std::string line_;
  std::string command_;
  // Data that was promised has not come whole: an answer would be taken for the rest.
  bool owes_data_ = false;
  bool half_connected_ = false;
};

class World {
 public:
  explicit World(Input& input) : input_(input), modem_(host_, config(input.number(8))) {
    const std::size_t choice = input.number(6);
    modem_.set_push_policy(static_cast<modem::PushPolicy>(choice % 3));
    host_.has_second_port = choice >= 3;
  }

  void run() {
    while (!input_.empty()) {
      step();
      settle();
    }
    give_everything_up();
  }

 private:
  static modem::BringupConfig config(unsigned kind) {
    modem::BringupConfig config;
    config.connect_timeout = 5s;
    config.transparent = kind == 0;
    config.reset = {.command = kind == 1 || kind == 3, .dtr = kind == 2 || kind == 3};
    return config;
  }
  modem::ConnectionId some_id() { return 1 + input_.number(20); }

  void step() {
    switch (input_.number(16)) {
      case 0: {
        const auto id = static_cast<modem::ConnectionId>(1 + opened_++);
        host_.contract.opens(id);
        const Endpoint peer{Ipv4{0xc0000201}, 80};
        const auto deadline = now_ + std::chrono::seconds(1 + input_.number(60));
        if (input_.number(4) == 0) {
          modem_.open_udp(id, 4000, deadline, now_);
        } else {
          modem_.open(id, peer, std::nullopt, deadline, now_);
        }
        break;
      }
      case 1: {
        const auto id = some_id();
        if (!host_.contract.known(id) || host_.contract.closing(id)) break;
        host_.contract.closes(id);
        modem_.close(id, now_);
        break;
      }
      case 2: {
        const auto id = some_id();
        host_.to_send[id] += 50U * input_.byte();
        modem_.set_writable(id, now_);
        break;
      }
      case 3:
        host_.room = !host_.room;
        for (modem::ConnectionId id = 1; host_.room && id < 20; ++id) modem_.set_room(id, now_);
        break;
      case 4: {
        const auto id = static_cast<modem::ServerId>(5000 + opened_++);
        host_.servers[id] = false;
        modem_.listen(id, static_cast<std::uint16_t>(1 + input_.number(8)), now_ + 20s, now_);
        break;
      }
      case 5: {
        if (host_.servers.empty()) break;
        const auto id = host_.servers.begin()->first;
        host_.servers.erase(id);
        modem_.stop(id, now_);
        break;
      }
      case 6: {
        const auto id = static_cast<modem::QueryId>(9000 + opened_++);
        host_.queries[id] = true;
        modem_.resolve(id, *at::HostName::parse("a.b"), now_ + 10s, now_);
        break;
      }
      case 7:
        pass(std::chrono::milliseconds(20 * input_.byte()));
        break;
      case 8:
        if (const auto deadline = modem_.deadline()) pass_to(*deadline);
        break;
      case 9:
        if (input_.number(16) == 0) {
          modem_.line_failed(Error{EIO, -1, "unplugged"}, now_);
        } else {
          ++host_.commands;
          modem_.send_command(static_cast<modem::CommandId>(++opened_), "AT+CSQ", 2s, now_);
        }
        break;
      case 10: {
        const std::string urc = Module::urc(input_);
        if (host_.side_open && input_.number(2) == 0) {
          feed_side(urc);
        } else if (!module_.half_connected()) {
          feed(urc);
        }
        break;
      }
      case 11:
        feed(module_.damaged_answer(input_));
        break;
      case 12:
        // Not 'd's: they must never come out as data.
        if (input_.number(4) != 0 || module_.owes_data() || module_.half_connected()) break;
        feed(without_headers(input_.text()));
        break;
      case 13:
        if (!host_.side_open) {
          feed(module_.answer(input_));
        } else if (input_.number(32) == 0) {
          modem_.side_line_failed("unplugged", now_);
        } else {
          feed_side(side_module_.answer(input_));
        }
        break;
      default:
        feed(module_.answer(input_));
    }
  }

  // Raw bytes, but no digits and no CONNECT: a header made of them, or data mode, would make data
  // of what follows.
  static std::string without_headers(std::string_view bytes) {
    constexpr std::string_view kConnect = "CONNECT";
    std::string text(bytes);
    for (char& c : text) {
      if (c >= '0' && c <= '9') c = '!';
    }
    for (auto at = text.find(kConnect); at != text.npos; at = text.find(kConnect)) text[at] = '!';
    return text;
  }

  void feed(std::string_view bytes) {
    // In data mode everything is the peer's.
    if (!modem_.in_data_mode()) modem_.feed(bytes_of(bytes), now_);
  }

  void feed_side(std::string_view bytes) { modem_.feed_side(bytes_of(bytes), now_); }

  // Whether there was something.
  bool hear(std::string& output) {
    modem_.take_side_output(output);
    side_module_.hear(output);
    const bool said = !output.empty();
    modem_.take_output(output, now_);
    module_.hear(output);
    return said || !output.empty();
  }

  void settle() {
    std::string output;
    int rounds = 0;
    while (hear(output)) {
      require(++rounds < 10'000, "writing comes to an end");
    }
    int fired = 0;
    while (const auto deadline = modem_.deadline()) {
      if (*deadline > now_) break;
      modem_.on_time(now_);
      hear(output);
      require(++fired < 1000, "a deadline that has passed moves on");
    }
  }

  void pass(chat::Clock::duration time) { pass_to(now_ + time); }
  void pass_to(chat::TimePoint when) {
    now_ = std::max(now_, when);
    modem_.on_time(now_);
  }

  // With a module that says nothing any more, everybody still gets an answer.
  void give_everything_up() {
    for (modem::ConnectionId id = 1; id < host_.next_accepted; ++id) {
      if (!host_.contract.known(id) || host_.contract.closing(id)) continue;
      host_.contract.closes(id);
      modem_.close(id, now_);
    }
    for (int i = 0; i < 3000 && (host_.contract.owed() > 0 || !host_.queries.empty() || !host_.dtr);
         ++i) {
      settle();
      pass(1s);
    }
    require(host_.contract.owed() == 0, "everybody is answered in the end");
    require(host_.queries.empty(), "every look-up is answered in the end");
    require(host_.dtr, "DTR is up in the end");
  }

  Input& input_;
  Host host_;
  modem::Modem modem_;
  Module module_;
  Module side_module_;
  chat::TimePoint now_{};
  unsigned opened_ = 0;
};

}  // namespace
}  // namespace a7600::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  a7600::fuzz::Input input(data, size);
  a7600::fuzz::World(input).run();
  return 0;
}
