// SPDX-License-Identifier: MIT
#include "base/program_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

namespace a7600 {
namespace {

// A file that is removed at the end.
class Scratch {
 public:
  explicit Scratch(const std::string& bytes) {
    const int fd = ::mkstemp(path_.data());
    REQUIRE(fd >= 0);
    REQUIRE(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    ::close(fd);
  }
  ~Scratch() { ::unlink(path_.c_str()); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/program_file_test.XXXXXX";
};

std::string this_program() {
  std::ifstream file("/proc/self/exe", std::ios::binary);
  std::ostringstream out;
  out << file.rdbuf();
  return out.str();
}

ProgramKind kind_of(const std::string& bytes) {
  return program_kind(Scratch(bytes).path().c_str());
}

TEST_CASE("a dynamic program has a dynamic linker") {
  CHECK(program_kind("/proc/self/exe") == ProgramKind::kDynamic);
}

TEST_CASE("a script is what its interpreter is") {
  CHECK(kind_of("#!/proc/self/exe\n") == ProgramKind::kDynamic);
  CHECK(kind_of("#! \t/proc/self/exe -x\n") == ProgramKind::kDynamic);
  CHECK(kind_of("#!/no/such/program\n") == ProgramKind::kUnknown);
  const Scratch script("#!/proc/self/exe -x");
  CHECK(interpreter_of(script.path()) == "/proc/self/exe");
  CHECK(interpreter_of("/no/such/program") == "/no/such/program");
}

TEST_CASE("scripts that run each other for ever are nothing") {
  const Scratch script("#!/proc/self/exe\n");
  std::ofstream(script.path()) << "#!" << script.path() << '\n';
  CHECK(program_kind(script.path().c_str()) == ProgramKind::kUnknown);
}

TEST_CASE("what is no program is unknown") {
  CHECK(kind_of("") == ProgramKind::kUnknown);
  CHECK(kind_of("#") == ProgramKind::kUnknown);
  CHECK(kind_of("\x7f"
                "ELF") == ProgramKind::kUnknown);
  CHECK(kind_of(std::string(100, 'x')) == ProgramKind::kUnknown);
  CHECK(program_kind("/no/such/program") == ProgramKind::kUnknown);
}

TEST_CASE("a program of another machine is foreign, and one cut short is unknown") {
  std::string program = this_program();
  CHECK(kind_of(program.substr(0, 100)) == ProgramKind::kUnknown);
  program[18] = '\x7f';  // e_machine
  CHECK(kind_of(program.substr(0, 100)) == ProgramKind::kForeign);
}

TEST_CASE("a file may be run if it is one, and its mode says so") {
  const Scratch file("");
  CHECK_FALSE(is_executable_file(file.path().c_str()));
  REQUIRE(::chmod(file.path().c_str(), 0700) == 0);
  CHECK(is_executable_file(file.path().c_str()));
  CHECK_FALSE(is_executable_file("/tmp"));
  CHECK_FALSE(is_executable_file("/no/such/program"));
}

TEST_CASE("a program gains nothing by rights that its user has") {
  const Scratch file("");
  CHECK(gain_of(file.path().c_str()) == Gain::kNone);
  REQUIRE(::chmod(file.path().c_str(), 06755) == 0);
  CHECK(gain_of(file.path().c_str()) == Gain::kNone);
  CHECK(gain_of("/no/such/program") == Gain::kNone);
}

TEST_CASE("a program gains the rights of another user or group, and capabilities") {
  if (::geteuid() != 0) {
    WARN("not tested: only root can give files away");
    return;
  }
  constexpr uid_t kOther = 65534;
  const Scratch file("");
  const char* const path = file.path().c_str();
  REQUIRE(::chown(path, kOther, kOther) == 0);
  REQUIRE(::chmod(path, 04755) == 0);
  CHECK(gain_of(path) == Gain::kUser);
  // What the interpreter gains counts; the kernel takes no rights from a script.
  const Scratch script("#!" + file.path() + '\n');
  CHECK(gain_of(script.path().c_str()) == Gain::kUser);
  REQUIRE(::chmod(path, 02755) == 0);
  CHECK(gain_of(path) == Gain::kGroup);
  // Without the group's x it marks a file for locks.
  REQUIRE(::chmod(path, 02745) == 0);
  CHECK(gain_of(path) == Gain::kNone);

  // As setcap(8) writes it: CAP_NET_BIND_SERVICE, permitted and effective.
  const std::uint32_t capability[5] = {0x02000001, 1 << 10, 0, 0, 0};
  REQUIRE(::setxattr(path, "security.capability", capability, sizeof(capability), 0) == 0);
  CHECK(gain_of(path) == Gain::kNone);  // root has them all
  REQUIRE(::chmod(path, 0755) == 0);
  REQUIRE(::seteuid(kOther) == 0);
  const Gain gain = gain_of(path);
  REQUIRE(::seteuid(0) == 0);
  CHECK(gain == Gain::kCapabilities);
}

}  // namespace
}  // namespace a7600
