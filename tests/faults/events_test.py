# SPDX-License-Identifier: MIT
"""What goes wrong is told once: one line of the engine's log at `warn`, and a counter of `a7600
status`, for each event."""
import json
import random

from harness import ADDRESS, eventually, main, servers, small_program
from sharing.base import SharingTest

CONTENT = random.Random(3).randbytes(300_000)


class Events(SharingTest):
    fresh_modem = True
    simulator_options = ("--fault", "boot-ms=50")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.echo = cls.start_for_all(servers.TcpServer(servers.echo))

    def setUp(self):
        super().setUp()
        self.serving = self.serve(log="warn", CONNECT_TIMEOUT=5)
        self.before = {}

    def exchange(self, data=b"ping"):
        return self.client(small_program("exchange"), ADDRESS, str(self.echo.port), str(len(data)),
                           stdin=data, CONNECT_TIMEOUT=5, log=None)

    def warnings(self):
        return [line.split(": ", 2)[2] for line in self._library_logs[0].read_text().splitlines()
                if line.startswith("a7600: warn: ")]

    def works(self):
        """A connection that is over also for the module: what goes wrong next is not its end."""
        self.succeeds(self.exchange())
        eventually(lambda: not self.modem.open_links(), what="the link is still open")

    def begin(self):
        """A connection that has carried something, and is idle now."""
        program = self.start_client(small_program("exchange"), ADDRESS, str(self.echo.port), "8",
                                    stdin=None, log=None)
        eventually(lambda: self.links(), what="no link")
        return program

    def status(self):
        # By its socket, since the port may have another name.
        seen = self.succeeds(self.tool("status", "--json", ENGINE=str(self.sockets()[0])))
        return json.loads(seen.stdout)

    def told(self, counter, text, times=1):
        """That `counter` went up so many times, with as many lines that hold `text`."""
        counters = self.status()["counters"]
        self.assertEqual(counters[counter], times, counters)
        lines = [line for line in self.warnings() if text in line]
        self.assertEqual(len(lines), times, self.warnings())

    def only(self, *texts):
        """That the lines at warn are these and no others, each once."""
        lines = self.warnings()
        for text in texts:
            matching = [line for line in lines if text in line]
            self.assertEqual(len(matching), 1, lines)
            lines.remove(matching[0])
        self.assertEqual(lines, [])

    def test_nothing_wrong_nothing_told(self):
        self.succeeds(self.exchange(CONTENT))
        self.assertEqual(self.warnings(), [])
        counters = self.status()["counters"]
        for name in ("retries", "resets", "checks", "restarts", "networks_lost", "lines_lost",
                     "failed_bringups", "module_resets"):
            self.assertEqual(counters[name], 0, name)

    def test_a_restart(self):
        self.begin()
        self.modem.tell("reboot")
        eventually(lambda: not self.links())
        self.succeeds(self.exchange())
        self.told("restarts", "the module has restarted")
        self.told("networks_lost", "the module has lost its network")
        self.only("the module has restarted", "the module has lost its network")

    def test_a_restart_in_the_middle_of_a_command(self):
        self.works()
        self.modem.tell("fault reboot-in-open@100x1")
        self.succeeds(self.exchange())
        self.told("restarts", "the module has restarted")

    def test_a_network_that_is_lost(self):
        self.begin()
        self.modem.tell("net-drop")
        eventually(lambda: not self.links())
        self.told("networks_lost", "NETWORK CLOSED UNEXPECTEDLY")
        self.only("NETWORK CLOSED UNEXPECTEDLY")

    def test_a_network_whose_loss_was_not_told(self):
        self.works()
        self.modem.tell("net-drop")
        eventually(lambda: "NETWORK CLOSED" in self.modem_log())
        self.succeeds(self.exchange())
        self.told("networks_lost", "NETWORK CLOSED")

    def test_a_port_that_is_lost(self):
        self.begin()
        self.modem.tell("unplug 100")
        eventually(lambda: self.warnings())
        self.told("lines_lost", "the line to the module is gone")
        self.only("the line to the module is gone")

    def test_a_send_whose_result_is_missing_or_short(self):
        self.works()
        for count, fault in enumerate(("short-send=1", "send-zero", "send-failed"), 1):
            with self.subTest(fault=fault):
                self.modem.tell(f"fault {fault}@100x1")
                self.assertNotEqual(self.exchange(b"four" * 100).status, 0)
                self.told("resets", "the module sent only a part", count)

    def test_a_send_that_the_module_refuses(self):
        self.works()
        self.modem.tell("fault send-error=12@100x1")
        self.assertNotEqual(self.exchange().status, 0)
        self.told("resets", "the module refused to send")
        self.only("the module refused to send")

    def test_a_busy_module_is_counted_and_told_nobody(self):
        self.works()
        self.modem.tell("fault send-busy@100x2")
        self.succeeds(self.exchange())
        self.assertEqual(self.status()["counters"]["retries"], 2)
        self.assertEqual(self.warnings(), [])

    def test_a_link_that_is_taken_is_counted_and_told_nobody(self):
        self.works()
        self.modem.tell("fault link-collision@100x2")
        self.succeeds(self.exchange())
        self.assertEqual(self.status()["counters"]["retries"], 2)
        self.assertEqual(self.warnings(), [])

    def test_a_module_that_does_not_come_up(self):
        self.modem.tell("fault net-error=1@100x1")
        self.assertNotEqual(self.exchange().status, 0)
        self.told("failed_bringups", "could not open the network")

    def test_a_command_that_is_not_answered(self):
        self.works()
        # Its read is lost (10 s), and with it the connection.
        self.modem.tell("fault silence=11000@100x1")
        self.exchange()
        eventually(lambda: self.warnings(), seconds=20)
        self.told("checks", "checking the module: a command was not answered")


if __name__ == "__main__":
    main()
