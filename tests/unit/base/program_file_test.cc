// SPDX-License-Identifier: MIT
#include "base/program_file.h"

#include <stdlib.h>
#include <sys/stat.h>
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

}  // namespace
}  // namespace a7600
