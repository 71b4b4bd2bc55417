# SPDX-License-Identifier: MIT
"""What can't be served: kernels that are too old, a second watcher, programs that gain rights or
hide. Each is told in a sentence, or left alone."""
import os
import shutil
import struct

from harness import ADDRESS, main, process, servers
from seccomp.base import NOBODY, SeccompTest, confined, go, static
from sharing.base import COMMAND, eventually, is_root

OTHER = 65533


class Refused(SeccompTest):
    # An engine that waits for its last connection to be closed keeps its port.
    fresh_modem = True

    def confined(self, how, *words):
        seen = process.run([*confined(how), "run", *words], self.tool_environment(), 30,
                           cwd=self.scratch)
        eventually(lambda: not self.sockets(), what="the engine did not end")
        return seen

    def test_a_kernel_that_is_too_old_is_told_in_one_sentence(self):
        deeper = f"{static('probe')} connect 127.0.0.1 9; exit $?"
        for name, words in (("static_probe", ("--", static("probe"))),
                            ("true", ("--via", "seccomp", "--", "true")),
                            ("go_http", ("--", go("http"))),
                            ("static_probe", ("--", "sh", "-c", deeper))):
            seen = self.confined("5.5", *words)
            self.assertEqual((seen.status, seen.stdout), (126, b""), seen)
            self.assert_one_line(seen.stderr, name, "too old", "pidfd_getfd")

    def test_dynamic_programs_need_no_such_kernel(self):
        for how in ("5.5", "watched"):
            self.assertEqual(self.succeeds(self.confined(how, "--", "echo", "x")).stdout, b"x\n")

    def test_a_second_watcher_is_told_in_one_sentence(self):
        for words in (("--", static("probe")), ("--via", "seccomp", "--", "true"),
                      ("--", "sh", "-c", f"{static('probe')}; exit $?")):
            seen = self.confined("watched", *words)
            self.assertEqual(seen.status, 126, seen)
            self.assert_one_line(seen.stderr, "watches its system calls already")

    def test_a_run_inside_a_run_is_served_by_the_outer_one(self):
        server = self.start(servers.TcpServer(servers.echo))
        self.succeeds(self.run_via("seccomp", COMMAND, "run", "--", static("probe"), "connect",
                                   ADDRESS, server.port))

    # ---- Rights

    def setuid_program(self):
        """One that belongs to another user, whose rights it gives to all who start it."""
        if not is_root():
            self.skipTest("only root can make a program of another user's setuid")
        program = self.scratch / "rights"
        shutil.copyfile(static("rights"), program)
        os.chown(program, OTHER, OTHER)
        program.chmod(0o4755)
        return program

    def test_a_setuid_program_is_told_that_it_would_not_get_its_rights(self):
        program = self.setuid_program()
        for via in ("seccomp", "auto"):
            seen = self.as_ordinary_user("--via", via, "--", program)
            self.assertEqual((seen.status, seen.stdout), (126, b""), seen)
            self.assert_one_line(seen.stderr, "rights can't be intercepted", "setuid")

    def test_a_setuid_program_deeper_in_the_tree_is_left_alone(self):
        program = self.setuid_program()
        seen = self.succeeds(self.as_ordinary_user("--", "sh", "-c", f"{program}; {static('rights')}"))
        self.assertEqual(seen.stdout.decode(), f"user {OTHER}, not filtered, socket 0\n"
                                               f"user {NOBODY}, filtered, socket 0\n")
        self.assertEqual(seen.stderr, "")

    def test_a_program_with_capabilities_of_its_own_is_left_alone(self):
        program = self.setuid_program()
        program.chmod(0o755)
        # As setcap(8) writes it: CAP_NET_BIND_SERVICE, permitted and effective.
        os.setxattr(program, "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))
        seen = self.as_ordinary_user("--", program)
        self.assertEqual((seen.status, seen.stdout), (126, b""), seen)
        self.assert_one_line(seen.stderr, "capabilities")
        seen = self.succeeds(self.as_ordinary_user("--", "sh", "-c", f"{program}; exit $?"))
        self.assertEqual(seen.stdout.decode(), f"user {NOBODY}, not filtered, socket 0\n")

    def test_under_a_filter_a_setuid_program_runs_without_its_rights(self):
        program = self.setuid_program()
        seen = self.succeeds(self.as_ordinary_user("--via", "seccomp", "--", "sh", "-c", program))
        self.assertEqual(seen.stdout.decode(), f"user {NOBODY}, filtered, socket 0\n")

    def test_roots_programs_gain_rights_and_are_served_all_the_same(self):
        program = self.setuid_program()
        seen = self.succeeds(self.run_via("seccomp", program))
        self.assertEqual(seen.stdout.decode(), f"user {OTHER}, filtered, socket 0\n")

    # ---- What may not be looked into

    def test_a_program_that_may_not_be_looked_into_is_told_so(self):
        if not is_root():
            self.skipTest("only root can become the ordinary user of this test")
        seen = self.succeeds(self.as_ordinary_user("--", static("undumpable")))
        self.assertEqual(seen.stdout, b"socket ENETDOWN\n")
        self.assert_one_line(seen.stderr, "undumpable", "can't use the modem")

    def test_a_program_that_hides_later_keeps_its_connections(self):
        if not is_root():
            self.skipTest("only root can become the ordinary user of this test")
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.as_ordinary_user("--", static("undumpable"), ADDRESS,
                                                   server.port))
        self.assertEqual(seen.stdout, b"echoed 5\nsocket ENETDOWN\n")

    def test_root_looks_into_all(self):
        if not is_root():
            self.skipTest("needs root")
        self.assertEqual(self.succeeds(self.run_tool(static("undumpable"))).stdout, b"socket 0\n")


if __name__ == "__main__":
    main()
