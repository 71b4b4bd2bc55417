# SPDX-License-Identifier: MIT
"""What programs under the filter can do to those who serve them, and what becomes of programs when
these are gone."""
import os
import random
import signal
import sys

from harness import ADDRESS, main, servers
from seccomp.base import BUSYBOX, SeccompTest, static
from sharing.base import children_of, eventually, named

SECONDS = 3


def serving_threads(pid):
    """How many threads of a supervisor serve calls; a sanitizer has some of its own."""
    return sum(named(thread) == "a7600-calls" for thread in os.listdir(f"/proc/{pid}/task"))


class Hostile(SeccompTest):
    # An engine that waits for its last connection to be closed keeps its port.
    fresh_modem = True

    def start_run(self, *words, name="run", **settings):
        return self.start_tool("run", "--", *words, name=name, **settings)

    def supervisor_of(self, running):
        return eventually(lambda: [pid for pid in children_of(running.process.pid)
                                   if named(pid) == "a7600-run"])[0]

    def still_serves(self):
        """Whether a program beside the hostile one gets its connection."""
        server = servers.TcpServer(servers.echo)
        try:
            self.succeeds(self.run_tool(static("probe"), "connect", ADDRESS, server.port))
        finally:
            server.stop()

    def test_bad_pointers_and_lengths_are_the_programs_errors(self):
        seen = self.succeeds(self.run_tool(static("hostile"), "pointers", timeout=60))
        self.assertEqual(seen.stdout, b"done\n")

    def test_random_pointers_and_lengths_harm_nobody(self):
        seed = random.randrange(1 << 32)
        running = [self.start_run(static("random"), SECONDS, seed + number, name=f"random{number}")
                   for number in range(2)]
        for each in running:
            eventually(lambda: each.output() != "" or not each.running(), 20)
            while each.running():
                self.still_serves()
            self.assertEqual(each.process.wait(), 0, f"seed {seed}: {each.output()}")
            self.assertIn("done", each.output(), f"seed {seed}")

    def leaves_nothing(self, *words):
        """Of a program that ends with "done", beside another one that goes on."""
        words = " ".join(str(word) for word in words)
        # The module gives a connect that nobody waits for up when its time is over.
        running = self.start_run("sh", "-c", f"{words}; exec sleep 60", CONNECT_TIMEOUT=3)
        supervisor = self.supervisor_of(running)
        eventually(lambda: "done" in running.output() or not running.running(), 40)
        self.assertIn("done", running.output())
        self.still_serves()
        self.assertTrue(running.running(), running.output())
        eventually(lambda: serving_threads(supervisor) == 0, 20, "threads are left")
        eventually(lambda: self.status()["links"] == [], 20, "sockets are left")

    def test_programs_that_die_in_many_calls_at_once_leave_nothing_behind(self):
        server = self.start(servers.TcpServer(servers.echo))
        self.leaves_nothing(static("hostile"), "vanish", ADDRESS, server.port)

    def test_programs_that_die_in_a_call_of_any_kind_leave_nothing_behind(self):
        silent = self.start(servers.SilentPort())
        self.leaves_nothing(static("dying"), ADDRESS, silent.port)

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
        self.still_serves()
        self.assertTrue(running.running(), running.output())

    def test_a_signal_ends_a_connect_that_waits(self):
        silent = self.start(servers.SilentPort())
        for signal_number, status in ((signal.SIGTERM, 143), (signal.SIGALRM, 142)):
            before = self.modem_log().count("CIPOPEN=")
            running = self.start_run(BUSYBOX, "sh", "-c", "echo ready; exec"
                                     f" {static('probe')} connect {ADDRESS} {silent.port}")
            # Once or more: the module may still dial for the one before on the link it is asked for.
            eventually(lambda: self.modem_log().count("CIPOPEN=") > before)
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

    def test_calls_that_sleep_end_when_the_supervisor_is_killed(self):
        silent = self.start(servers.SilentPort())
        running = self.start_run(static("orphans"), ADDRESS, silent.port)
        eventually(lambda: "waiting" in running.output() and "CIPOPEN=" in self.modem_log())
        os.kill(self.supervisor_of(running), signal.SIGKILL)
        self.assertEqual(running.process.wait(10), 0, running.output())
        self.assertEqual(running.output().split()[:5], ["waiting", *["ENOSYS"] * 4])


if __name__ == "__main__":
    main()
