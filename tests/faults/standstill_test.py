# SPDX-License-Identifier: MIT
"""Clocks that jump, machines that stand still, programs that are stopped: nothing is torn that need
not be, nothing hangs, and others go on."""
import os
import random
import signal
import struct
import subprocess
import threading
import time

from harness import ADDRESS, ModemTest, build_tree, eventually, main, servers, small_program
from sharing.base import SharingTest

CLOCK_SHIFT = build_tree.BUILD / "tests" / "faults" / "libclock_shift.so"
HOUR = 3600 * 10**9
PIECE = 2500
CONTENT = random.Random(5).randbytes(2_000_000)


class Clock:
    """The wall clock and the monotonic clock of a program (clock_shift.c)."""

    def __init__(self, path):
        self.path, self.wall, self.monotonic = path, 0, 0
        self.shift()

    def shift(self, wall=0, monotonic=0):
        self.wall += wall
        self.monotonic += monotonic
        # In place: it is mapped.
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:
            file.write(struct.pack("qq", self.wall, self.monotonic))


class Clocks(ModemTest):
    """A program with an engine of its own, over a module that takes a while for every answer."""

    simulator_options = ("--latency-ms", "60")

    def setUp(self):
        super().setUp()
        self.clock = Clock(self.scratch / f"{self._testMethodName}.clock")
        self.echo = self.start(servers.TcpServer(servers.echo))

    def begin(self, awaited="AT+CIPSEND", **settings):
        """A program that has something echoed, in the middle of it: it gets its input in pieces, so
        that it can't end before the test has done what it is to do."""
        size = 15_000
        environment = self.modem_environment(**settings)
        words = environment["LD_PRELOAD"].split()
        environment["LD_PRELOAD"] = " ".join([*words[:-1], str(CLOCK_SHIFT), words[-1]])
        environment["CLOCK_SHIFT"] = str(self.clock.path)
        data = CONTENT[:size]
        start = self.modem.log_size()
        program = self.beside(small_program("exchange"), ADDRESS, str(self.echo.port), str(size),
                              env=environment, stdin=subprocess.PIPE)
        self.input, self.left = program.process.stdin, data
        self.feed(PIECE)
        eventually(lambda: awaited in self.modem.log(start), what=f"no {awaited}")
        return program, data

    def feed(self, size):
        piece, self.left = self.left[:size], self.left[size:]
        self.input.write(piece)

    def ends_well(self, program, data):
        self.feed(len(self.left))
        self.input.close()
        self.assertEqual(program.process.wait(60), 0, program.output())
        self.assert_same_bytes(program.output_path.read_bytes(), data)

    def await_traffic(self, size=3000):
        """Until so much more has passed the line, in the middle of the next piece."""
        start = self.modem.log_size()
        self.feed(PIECE)
        eventually(lambda: self.modem.log_size() > start + size, what="nothing moves")

    def test_the_wall_clock_does_not_matter(self):
        program, data = self.begin()
        for hours in (90_000, -180_000, 1):
            self.await_traffic()
            self.clock.shift(wall=hours * HOUR)
        self.ends_well(program, data)

    def test_a_monotonic_clock_that_jumps_hours_ahead_during_commands_tears_nothing(self):
        for rx in ("buffer", "push"):
            with self.subTest(rx=rx):
                program, data = self.begin(RX=rx)
                for _ in range(4):
                    self.await_traffic()
                    self.clock.shift(monotonic=3 * HOUR)
                self.ends_well(program, data)

    def test_a_program_that_is_stopped_for_hours_during_commands_finds_its_data(self):
        for rx in ("buffer", "push"):
            with self.subTest(rx=rx):
                program, data = self.begin(RX=rx)
                for _ in range(3):
                    self.await_traffic()
                    os.kill(program.process.pid, signal.SIGSTOP)
                    # What the module can say without being asked, it says.
                    self.modem.settle()
                    self.clock.shift(wall=3 * HOUR, monotonic=3 * HOUR)
                    os.kill(program.process.pid, signal.SIGCONT)
                self.ends_well(program, data)

    def test_a_machine_that_was_suspended_finds_its_data(self):
        # CLOCK_MONOTONIC stands still then, the wall clock and the module go on.
        program, data = self.begin()
        for _ in range(3):
            self.await_traffic()
            os.kill(program.process.pid, signal.SIGSTOP)
            stopped = time.monotonic_ns()
            self.modem.settle()
            self.clock.shift(wall=3 * HOUR, monotonic=stopped - time.monotonic_ns())
            os.kill(program.process.pid, signal.SIGCONT)
        self.ends_well(program, data)

    def test_a_silent_module_is_still_found_out(self):
        self.modem.tell("silence 0")
        self.addCleanup(self.modem.ask, "silence off")
        program, _ = self.begin(awaited="ATE0", CONNECT_TIMEOUT=3)
        self.clock.shift(monotonic=3 * HOUR)
        self.assertNotEqual(program.process.wait(15), 0)
        self.assertIn("connect ENETDOWN", program.output())


class Stopped(SharingTest):
    """A program that is stopped with more coming than its socket holds."""

    def test_others_work_meanwhile_and_it_goes_on_where_it_was(self):
        echo = self.start_for_all(servers.TcpServer(servers.echo))
        for rx in ("buffer", "push"):
            with self.subTest(rx=rx):
                stopped = threading.Event()

                def send(connection, stopped=stopped):
                    connection.sendall(CONTENT[:1])
                    stopped.wait(60)
                    connection.sendall(CONTENT[1:])
                flood = self.start(servers.TcpServer(send))
                serving = self.serve(RX=rx)
                program = self.start_client(small_program("exchange"), ADDRESS, str(flood.port),
                                            str(len(CONTENT)), name=rx)
                eventually(lambda: self.links() and self.links()[0]["rx_bytes"] > 0)
                os.kill(program.process.pid, signal.SIGSTOP)
                stopped.set()
                self.await_full()
                for _ in range(5):
                    self.succeeds(self.client(small_program("exchange"), ADDRESS, str(echo.port),
                                              "0"))
                link, = (link for link in self.links() if link["peer"] == f"{ADDRESS}:{flood.port}")
                self.assertLess(link["rx_bytes"], len(CONTENT))
                os.kill(program.process.pid, signal.SIGCONT)
                self.assertEqual(program.process.wait(60), 0)
                self.assert_same_bytes(program.output_path.read_bytes(), CONTENT)
                serving.stop()

    def await_full(self):
        """Until more was received, and then nothing any more."""
        seen = 1
        eventually(lambda: self.links()[0]["rx_bytes"] > seen)
        while (now := self.links()[0]["rx_bytes"]) != seen:
            seen = now


if __name__ == "__main__":
    main()
