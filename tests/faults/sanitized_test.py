# SPDX-License-Identifier: MIT
"""Programs that are themselves built with a sanitizer, and the library that is not."""
import re
import subprocess
import unittest

from harness import ADDRESS, SANITIZE, ModemTest, build_tree, main, process, servers

NAME = "peer.test"
COMMAND = build_tree.BUILD / "tools" / "a7600"
PROGRAMS = build_tree.BUILD / "tests" / "faults"


def runtime(program):
    """The sanitizer's library that a program is linked with."""
    linked = subprocess.run(["ldd", PROGRAMS / program], check=True, capture_output=True, text=True)
    return re.search(r"san\S*\.so\S* => (\S+)", linked.stdout)[1]


@unittest.skipIf(SANITIZE, "the library is built with a sanitizer itself")
class Sanitized(ModemTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.echo = cls.start_for_all(servers.TcpServer(servers.echo))

    def run_it(self, program, *before, words=(), tsan=""):
        environment = self.modem_environment()
        environment["LD_PRELOAD"] = " ".join([*before, environment["LD_PRELOAD"]])
        environment["ASAN_OPTIONS"] = "detect_leaks=1:detect_stack_use_after_return=1"
        environment["TSAN_OPTIONS"] = tsan
        environment["XDG_RUNTIME_DIR"] = str(self.scratch)
        if words:
            del environment["LD_PRELOAD"]
        return process.run([*words, PROGRAMS / program, NAME, self.echo.port], environment, 60,
                           cwd=self.scratch)

    def assert_clean(self, seen):
        self.assertEqual((seen.status, seen.stdout, seen.stderr), (0, b"5\n", ""))

    def suppressions(self):
        """ThreadSanitizer takes descriptors of the engine's own table for the program's of the same
        number."""
        file = self.scratch / "suppressions"
        file.write_text("called_from_lib:liba7600sock.so\n")
        return f"halt_on_error=1:suppressions={file}"

    def test_address_with_its_runtime_in_the_program(self):
        self.assert_clean(self.run_it("sanitized_address_static"))

    def test_address_with_its_runtime_first_in_ld_preload(self):
        self.assert_clean(self.run_it("sanitized_address", runtime("sanitized_address")))

    def test_address_without_that_says_what_is_missing(self):
        seen = self.run_it("sanitized_address")
        self.assertNotEqual(seen.status, 0)
        self.assertIn("ASan runtime does not come first", seen.stderr)

    def test_thread_with_its_runtime_in_the_program(self):
        self.assert_clean(self.run_it("sanitized_thread_static", tsan=self.suppressions()))

    @unittest.skipUnless((PROGRAMS / "sanitized_thread").exists(),
                         "clang has no library of ThreadSanitizer's")
    def test_thread_with_its_runtime_first_in_ld_preload(self):
        self.assert_clean(self.run_it("sanitized_thread", runtime("sanitized_thread"),
                                      tsan=self.suppressions()))

    def test_either_under_run_where_the_engine_is_another_process(self):
        for program in ("sanitized_address_static", "sanitized_thread_static"):
            with self.subTest(program=program):
                self.assert_clean(self.run_it(program, words=(COMMAND, "run", "--"),
                                              tsan="halt_on_error=1"))


if __name__ == "__main__":
    main()
