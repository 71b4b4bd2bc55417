# SPDX-License-Identifier: MIT
"""What programs under the filter can do to those who serve them, and what becomes of programs when
these are gone."""
import os
import signal
import sys

from harness import ADDRESS, main, process, servers
from harness.build_tree import BUILD
from seccomp.base import BUSYBOX, SeccompTest, go, static
from sharing.base import COMMAND, children_of, eventually, named

CONFINE = BUILD / "tests" / "seccomp" / "static_confine"


class Hostile(SeccompTest):
    # An engine that waits for its last connection to be closed keeps its port.
    fresh_modem = True

    def start_run(self, *words, **settings):
        return self.start_tool("run", "--", *words, name="run", **settings)

    def supervisor_of(self, running):
        return eventually(lambda: [pid for pid in children_of(running.process.pid)
                                   if named(pid) == "a7600-run"])[0]

    def still_serves(self, running):
        """Whether a program beside the hostile one gets its connection."""
        server = self.start(servers.TcpServer(servers.echo))
        self.succeeds(self.run_tool(static("probe"), "connect", ADDRESS, server.port))
        self.assertTrue(running.running(), running.output())

    def test_bad_pointers_and_lengths_are_the_programs_errors(self):
        seen = self.succeeds(self.run_tool(static("hostile"), "pointers", timeout=60))
        self.assertEqual(seen.stdout, b"done\n")

    def test_programs_that_die_in_a_call_leave_nothing_behind(self):
        server = self.start(servers.TcpServer(servers.echo))
        running = self.start_run("sh", "-c", f"{static('hostile')} vanish {ADDRESS} {server.port};"
                                 " exec sleep 60")
        supervisor = self.supervisor_of(running)
        eventually(lambda: "done" in running.output(), 40)
        self.still_serves(running)

        def threads():
            with open(f"/proc/{supervisor}/status") as status:
                return next(int(line.split()[1]) for line in status if line.startswith("Threads"))
        eventually(lambda: threads() == 1, 20, "threads are left")
        eventually(lambda: self.status()["links"] == [], 20, "sockets are left")

    def test_a_descriptor_that_changes_under_a_call_confuses_nobody(self):
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.run_tool(static("hostile"), "swap", "127.0.0.1", server.port,
                                           timeout=60))
        self.assertEqual(seen.stdout, b"done\n")

    def test_only_filters_are_taken_by_the_supervisor(self):
        script = ("import os, socket, sys, time\n"
                  "name = chr(0) + os.environ['A7600_SUPERVISOR'][1:]\n"
                  "def connection():\n"
                  "    one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
                  "    one.connect(name)\n"
                  "    return one\n"
                  "silent = [connection() for _ in range(100)]\n"
                  "greeting = (0x6137363073656363).to_bytes(8, sys.byteorder)\n"
                  "connection().send(b'nonsense' * 100)\n"
                  "socket.send_fds(connection(), [greeting], [0])\n"
                  "socket.send_fds(connection(), [greeting], [0, 1, 2])\n"
                  "print('sent', flush=True)\n"
                  "time.sleep(60)\n")
        running = self.start_run(sys.executable, "-c", script)
        eventually(lambda: "sent" in running.output())
        self.still_serves(running)

    def test_a_signal_ends_a_connect_that_waits(self):
        silent = self.start(servers.SilentPort())
        opened = 0
        for signal_number, status in ((signal.SIGTERM, 143), (signal.SIGALRM, 142)):
            running = self.start_run(BUSYBOX, "sh", "-c", "echo ready; exec"
                                     f" {static('probe')} connect {ADDRESS} {silent.port}")
            opened += 1
            eventually(lambda: self.modem_log().count("CIPOPEN=") == opened)
            running.process.send_signal(signal_number)
            self.assertEqual(running.process.wait(10), status, running.output())

    def test_a_handler_runs_while_a_call_waits(self):
        silent = self.start(servers.SilentPort())
        running = self.start_run(static("handler"), ADDRESS, silent.port)
        eventually(lambda: "CIPOPEN=" in self.modem_log())
        running.process.send_signal(signal.SIGUSR1)
        self.assertEqual(running.process.wait(10), 0, running.output())
        self.assertIn("handled, then EINTR", running.output())

    def test_a_program_whose_supervisor_was_killed_fails_and_does_not_hang(self):
        running = self.start_run(static("retry"), ADDRESS, 9)
        eventually(lambda: "socket 0" in running.output())
        os.kill(self.supervisor_of(running), signal.SIGKILL)
        self.assertEqual(running.process.wait(10), 0, running.output())
        self.assertIn("socket ENOSYS", running.output())

    # ---- Where it can't be done

    def confined(self, how, *words):
        seen = process.run([CONFINE, how, COMMAND, "run", *words], self.tool_environment(), 30,
                           cwd=self.scratch)
        eventually(lambda: not self.sockets(), what="the engine did not end")
        return seen

    def test_a_kernel_that_is_too_old_is_told_in_one_sentence(self):
        for words in (("--", static("probe")), ("--via", "seccomp", "--", "true"),
                      ("--", go("http"))):
            seen = self.confined("old", *words)
            self.assertEqual(seen.status, 126, seen)
            self.assert_one_line(seen.stderr, words[-1].name if words[-1] != "true" else "true",
                                 "too old", "pidfd_getfd")

    def test_dynamic_programs_need_no_such_kernel(self):
        for how in ("old", "watched"):
            self.assertEqual(self.succeeds(self.confined(how, "--", "echo", "x")).stdout, b"x\n")

    def test_a_second_watcher_is_told_in_one_sentence(self):
        seen = self.confined("watched", "--", static("probe"))
        self.assertEqual(seen.status, 126, seen)
        self.assert_one_line(seen.stderr, "static_probe", "watches its system calls already")

    def test_a_run_inside_a_run_is_served_by_the_outer_one(self):
        server = self.start(servers.TcpServer(servers.echo))
        self.succeeds(self.run_via("seccomp", COMMAND, "run", "--", static("probe"), "connect",
                                   ADDRESS, server.port))


if __name__ == "__main__":
    main()
