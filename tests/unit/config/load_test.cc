// SPDX-License-Identifier: MIT
#include <catch2/catch.hpp>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include "config/config.h"

namespace a7600::config {
namespace {

using Environment = std::map<std::string, std::string, std::less<>>;

Result<Config> load_from(const Environment& environment) {
  return load([&](std::string_view name) -> std::optional<std::string> {
    const auto at = environment.find(name);
    if (at == environment.end()) return std::nullopt;
    return at->second;
  });
}

std::string error_from(const Environment& environment) {
  Result<Config> config = load_from(environment);
  REQUIRE_FALSE(config.ok());
  CHECK(config.error().posix == EINVAL);
  return config.error().text;
}

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/a7600-config-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~Directory() { std::filesystem::remove_all(path_); }

  std::string path() const { return path_; }
  std::string file(const std::string& name, const std::string& text) const {
    const std::filesystem::path file = std::filesystem::path(path_) / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
    return file;
  }

 private:
  std::string path_;
};

TEST_CASE("with nothing set, the defaults are the documented ones") {
  Result<Config> loaded = load_from({{"A7600_CONFIG", "/dev/null"}});
  REQUIRE(loaded.ok());
  const Config& config = loaded.value();
  CHECK(config.port == "auto");
  CHECK(config.baud == 115200);
  CHECK(config.flow == Flow::kAuto);
  CHECK(config.apn == "");
  CHECK(config.pin == "");
  CHECK(config.rx == Rx::kAuto);
  CHECK(config.mode == Mode::kCommand);
  REQUIRE(config.bypass.size() == 1);
  CHECK(config.bypass[0].network.to_string() == "127.0.0.0");
  CHECK(config.bypass[0].prefix == 8);
  CHECK(config.engine == EngineChoice::kAuto);
  CHECK(config.trace == "");
  CHECK(config.log_level == log::Level::kError);
  CHECK(config.log_file == "");
  CHECK(config.connect_timeout == std::chrono::seconds(120));
}

TEST_CASE("a file takes long and short keys") {
  const Directory directory;
  const std::string file = directory.file(
      "c",
      "A7600_PORT = /dev/ttyUSB2\nbaud = 921600\nflow=rtscts\napn=internet\npin=1234\n"
      "rx=push\nmode=transparent\nbypass=\nengine=@shared\ntrace=/tmp/t\nlog=info:/tmp/l\n"
      "connect_timeout=30\n");
  Result<Config> loaded = load_from({{"A7600_CONFIG", file}});
  REQUIRE(loaded.ok());
  const Config& config = loaded.value();
  CHECK(config.port == "/dev/ttyUSB2");
  CHECK(config.baud == 921600);
  CHECK(config.flow == Flow::kRtsCts);
  CHECK(config.apn == "internet");
  CHECK(config.pin == "1234");
  CHECK(config.rx == Rx::kPush);
  CHECK(config.mode == Mode::kTransparent);
  CHECK(config.bypass.empty());
  CHECK(config.engine == EngineChoice::kSocket);
  CHECK(config.engine_socket == "@shared");
  CHECK(config.trace == "/tmp/t");
  CHECK(config.log_level == log::Level::kInfo);
  CHECK(config.log_file == "/tmp/l");
  CHECK(config.connect_timeout == std::chrono::seconds(30));
}

TEST_CASE("the environment overrides the file, an empty value too") {
  const Directory directory;
  const std::string file = directory.file("c", "baud = 921600\napn = internet\nport = /dev/a\n");
  Result<Config> config =
      load_from({{"A7600_CONFIG", file}, {"A7600_BAUD", "9600"}, {"A7600_APN", ""}});
  REQUIRE(config.ok());
  CHECK(config.value().baud == 9600);
  CHECK(config.value().apn == "");
  CHECK(config.value().port == "/dev/a");
}

TEST_CASE("a wrong value in the environment names the variable") {
  CHECK(error_from({{"A7600_CONFIG", "/dev/null"}, {"A7600_BAUD", "fast"}}) ==
        "A7600_BAUD: \"fast\" is not a rate; allowed: 300 to 4000000");
}

TEST_CASE("a wrong value in a file names file, line and key, even when it is overridden") {
  const Directory directory;
  const std::string file = directory.file("c", "# speed\nbaud = fast\n");
  CHECK(error_from({{"A7600_CONFIG", file}, {"A7600_BAUD", "9600"}}) ==
        file + ":2 baud: \"fast\" is not a rate; allowed: 300 to 4000000");
}

TEST_CASE("an unknown key in a file is an error that names the known ones") {
  const Directory directory;
  const std::string file = directory.file("c", "A7600_BUAD = 9600\n");
  CHECK(error_from({{"A7600_CONFIG", file}}) ==
        file +
            ":1: \"A7600_BUAD\" is not a key; allowed: port, baud, flow, apn, apn_user, "
            "apn_password, apn_auth, pin, rx, mode, "
            "reset, bypass, engine, trace, log, connect_timeout");
  const std::string nested = directory.file("d", "config = /etc/other\n");
  CHECK(error_from({{"A7600_CONFIG", nested}}).find(":1: \"config\" is not a key") !=
        std::string::npos);
}

TEST_CASE("a key given twice is an error, whichever way it is spelt") {
  const Directory directory;
  const std::string file = directory.file("c", "baud = 9600\n\nA7600_BAUD = 19200\n");
  CHECK(error_from({{"A7600_CONFIG", file}}) ==
        file + ":3 A7600_BAUD: \"19200\" is a second value, line 1 has the first; allowed: one");
}

TEST_CASE("a file named by A7600_CONFIG must be there") {
  CHECK(error_from({{"A7600_CONFIG", "/nonexistent.conf"}}) ==
        "A7600_CONFIG: \"/nonexistent.conf\" can't be read: No such file or directory; allowed: a "
        "readable file of up to 64 KiB");
  CHECK(error_from({{"A7600_CONFIG", ""}}).find("A7600_CONFIG: \"\" can't be read") == 0);
}

TEST_CASE("the user's own file is found by XDG_CONFIG_HOME, else by HOME") {
  const Directory directory;
  directory.file("xdg/a7600.conf", "baud = 9600\n");
  directory.file("home/.config/a7600.conf", "baud = 19200\n");
  const std::string xdg = directory.path() + "/xdg";
  const std::string home = directory.path() + "/home";
  CHECK(load_from({{"XDG_CONFIG_HOME", xdg}, {"HOME", home}}).value().baud == 9600);
  CHECK(load_from({{"HOME", home}}).value().baud == 19200);
  CHECK(load_from({{"XDG_CONFIG_HOME", ""}, {"HOME", home}}).value().baud == 19200);
  CHECK(load_from({{"XDG_CONFIG_HOME", "relative"}, {"HOME", home}}).value().baud == 19200);
}

TEST_CASE("A7600_CONFIG comes before the user's own file") {
  const Directory directory;
  directory.file("a7600.conf", "baud = 9600\n");
  Result<Config> config =
      load_from({{"A7600_CONFIG", "/dev/null"}, {"XDG_CONFIG_HOME", directory.path()}});
  REQUIRE(config.ok());
  CHECK(config.value().baud == 115200);
}

TEST_CASE("other variables are left alone") {
  CHECK(load_from({{"A7600_CONFIG", "/dev/null"}, {"A7600_BUAD", "fast"}}).ok());
}

}  // namespace
}  // namespace a7600::config
