# SPDX-License-Identifier: MIT
"""`a7600 doctor`: for each of its steps something that makes it fail, and what it says then."""
import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import ADDRESS, Simulator, main, process, servers
from sharing.base import COMMAND, SharingTest

NAME = "www.example.test"
STEPS = ["port", "permission", "lock", "answers", "model", "profile", "SIM", "PIN", "signal",
         "registration", "APN", "NETOPEN", "address", "DNS", "TCP connect", "throughput"]
PAGE = b"page\n" * 2000


class DoctorTest(SharingTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.web = cls.start_for_all(servers.WebServer({"/": PAGE}))

    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def doctor(self, *words, timeout=60, url=None, prefix=(), port=None, patience=3,
               **settings):
        environment = self.tool_environment(**settings)
        if port is not None:
            environment["A7600_PORT"] = str(port)
        seen = process.run(
            [*prefix, COMMAND, "doctor", "--json", "--patience", str(patience),
             "--url", url or f"http://{NAME}:{self.web.port}/", *words], environment, timeout)
        self.assertEqual(seen.stderr, "", seen)
        return seen.status, json.loads(seen.stdout)

    def with_fault(self, *faults, options=(), **more):
        """The doctor's verdict on a module of its own, with these faults."""
        scratch = Path(tempfile.mkdtemp(dir=self.scratch))
        words = [word for fault in faults for word in ("--fault", fault)]
        modem = Simulator(scratch, *self.simulator_options, *options, *words)
        try:
            return self.doctor(port=modem.port, **more)
        finally:
            modem.stop()

    def assert_fails_at(self, verdict, step, *words):
        """The first step that failed is `step`; what it says holds `words`."""
        status, told = verdict
        self.assertEqual(told["failed"], step, told)
        self.assertEqual(status, STEPS.index(step) + 1)
        entry = told["steps"][STEPS.index(step)]
        self.assertEqual(entry["result"], "failed")
        self.assertTrue(entry["advice"], "no advice")
        for word in words:
            self.assertIn(word, entry["seen"] + " " + entry["advice"])

    def assert_well(self, verdict):
        status, told = verdict
        self.assertEqual((status, told["ok"], told["failed"]), (0, True, None), told)
        self.assertEqual([step["name"] for step in told["steps"]][:16], STEPS)


class Well(DoctorTest):
    def test_a_module_in_order_passes_every_step(self):
        verdict = self.doctor()
        self.assert_well(verdict)
        self.assertEqual({step["result"] for step in verdict[1]["steps"]}, {"ok"})
        self.assertIn(str(ADDRESS), verdict[1]["steps"][13]["seen"])

    def test_the_text_has_a_mark_for_each_step(self):
        seen = self.tool("doctor", "--url", f"http://{ADDRESS}:{self.web.port}/")
        self.assertEqual(seen.status, 0, seen)
        lines = seen.stdout.decode().splitlines()
        self.assertEqual([line[:1] for line in lines[:16]], ["✔"] * 16)
        self.assertEqual(lines[-1], "All is well.")

    def test_what_goes_on_is_shown_on_a_terminal_only(self):
        url = f"http://{ADDRESS}:{self.web.port}/"
        own, its = os.openpty()
        with subprocess.Popen([COMMAND, "doctor", "--url", url], env=self.tool_environment(),
                              stdin=subprocess.DEVNULL, stdout=its, stderr=its) as doctor:
            os.close(its)
            shown = b""
            with open(own, "rb", buffering=0) as terminal, contextlib.suppress(OSError):
                while piece := terminal.read(4096):  # EIO at its end
                    shown += piece
            self.assertEqual(doctor.wait(), 0)
        self.assertRegex(shown.decode(), r"… throughput +\[#+\.+\] \d+ bytes\r\x1b\[K✔ throughput")
        plain = self.tool("doctor", "--url", url)
        self.assertNotRegex(plain.stdout.decode(), r"[\r\x1b…]|\[#")

    def test_the_json_has_one_form_whatever_was_found(self):
        for status, told in (self.doctor(), self.doctor(port="/dev/ttyNone9"),
                             self.with_fault("sim-missing")):
            self.assertEqual(list(told), ["ok", "failed", "engine", "steps"])
            self.assertEqual(told["ok"], status == 0)
            self.assertIn(told["failed"], [None, *STEPS])
            for number, step in enumerate(told["steps"], 1):
                self.assertEqual(list(step), ["number", "name", "result", "seen", "advice"])
                self.assertEqual((step["number"], step["name"]), (number, STEPS[number - 1]))
                self.assertIn(step["result"], ("ok", "warning", "failed", "skipped"))
                self.assertTrue(step["seen"])
                self.assertEqual(bool(step["advice"]), step["result"] in ("warning", "failed"))

    def test_the_module_is_left_as_it_was_found(self):
        self.assert_well(self.doctor())
        self.assertEqual(self.modem_commands()[-1], "ATE1")

    def test_a_program_out_of_reach_is_told(self):
        foreign = self.scratch / "foreign"
        data = bytearray(Path("/bin/true").read_bytes())
        data[18:20] = b"\xff\x7f"  # e_machine
        foreign.write_bytes(data)
        foreign.chmod(0o755)
        status, told = self.doctor(foreign)
        self.assertEqual((status, told["failed"]), (17, "program"))
        self.assertIn("another machine", told["steps"][16]["seen"])
        self.assert_well(self.doctor(shutil.which("curl")))

    def test_a_wrong_setting_and_a_wrong_url_are_100(self):
        for words, settings in ((("--url", "ftp://x/"), {}), ((), {"BAUD": "fast"})):
            seen = self.tool("doctor", *words, **settings)
            self.assertEqual(seen.status, 100, seen)
            self.assert_one_line(seen.stderr)


class Port(DoctorTest):
    def test_a_port_that_is_not_there(self):
        self.assert_fails_at(self.doctor(port="/dev/ttyNone9"), "port", "/dev/ttyNone9",
                             "A7600_PORT")

    def test_a_port_without_permission(self):
        os.chmod(self.modem.port, 0)
        self.addCleanup(os.chmod, self.modem.port, 0o620)
        # Root, too, obeys the mode without this capability.
        without = ["setpriv", "--bounding-set=-dac_override", "--inh-caps=-dac_override"]
        self.assert_fails_at(self.doctor(prefix=without), "permission", "dialout")

    def test_a_port_that_another_program_holds(self):
        with open(self.modem.port, "rb", buffering=0) as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.assert_fails_at(self.doctor(), "lock", f"pid {os.getpid()}", "a7600 serve")


class Module(DoctorTest):
    def test_a_module_that_is_silent(self):
        self.assert_fails_at(self.with_fault("deaf"), "answers", "powered")

    def test_something_that_is_no_such_module(self):
        self.assert_fails_at(self.with_fault("no-command=+CGMM"), "model", "AT+CGMM")

    def test_firmware_without_the_commands(self):
        self.assert_fails_at(self.with_fault("no-command=+CIPRXGET"), "profile", "CIPRXGET")

    def test_a_sim_that_is_missing_or_broken(self):
        self.assert_fails_at(self.with_fault("sim-missing"), "SIM", "none is inserted")
        self.assert_fails_at(self.with_fault("sim-failure"), "SIM", "has failed")

    def test_a_sim_that_is_busy_for_a_while_is_no_failure(self):
        self.assert_well(self.with_fault("sim-busy@100x2"))

    def test_a_pin_that_is_wanted_or_wrong(self):
        self.assert_fails_at(self.with_fault("sim-pin=1234"), "PIN", "A7600_PIN")
        self.assert_fails_at(self.with_fault("sim-pin=1234", PIN="9999"), "PIN", "not tried again")
        self.assert_fails_at(self.with_fault("sim-puk"), "PIN", "PUK")

    def test_the_right_pin_opens_the_sim(self):
        self.assert_well(self.with_fault("sim-pin=1234", PIN="1234"))

    def test_no_signal(self):
        self.assert_fails_at(self.with_fault("no-signal"), "signal", "antenna")

    def test_no_network_or_one_that_says_no(self):
        self.assert_fails_at(self.with_fault("not-registered"), "registration", "searching")
        self.assert_fails_at(self.with_fault("denied"), "registration", "denied")

    def test_a_slow_or_foreign_network_is_no_failure(self):
        self.assert_well(self.with_fault("slow-registration=1500"))
        status, told = self.with_fault("roaming")
        self.assertEqual(status, 0, told)
        self.assertIn("roaming", told["steps"][9]["seen"])

    def test_a_rate_that_is_not_the_modules(self):
        self.assert_well(self.with_fault("check-baud=57600", timeout=90))


class Network(DoctorTest):
    def test_a_module_that_tells_no_context(self):
        self.assert_fails_at(self.with_fault("no-command=+CGDCONT"), "APN", "CGDCONT")

    def test_a_network_that_does_not_open(self):
        self.assert_fails_at(self.with_fault("net-error=1@100x9"), "NETOPEN", "A7600_APN")

    def test_a_network_that_wants_a_login(self):
        self.assert_fails_at(self.with_fault("login=joe:secret"), "NETOPEN", "A7600_APN_USER")
        self.assert_well(self.with_fault("login=joe:secret", APN="internet", APN_USER="joe",
                                         APN_PASSWORD="secret"))

    def test_a_network_without_an_address(self):
        self.assert_fails_at(self.with_fault("no-command=+IPADDR", patience=30), "address",
                             "AT+IPADDR")

    def test_a_name_without_an_address(self):
        self.assert_fails_at(self.with_fault("dns-error@100"), "DNS", NAME)

    def test_a_server_that_refuses(self):
        closed = self.start(servers.RefusingPort())
        self.assert_fails_at(self.doctor(url=f"http://{ADDRESS}:{closed.port}/"),
                             "TCP connect", "refused")

    def test_a_server_that_closes_without_an_answer(self):
        closing = self.start(servers.TcpServer(lambda connection: connection.recv(1)))
        self.assert_fails_at(self.doctor(url=f"http://{ADDRESS}:{closing.port}/"), "throughput")


TALK = """
import socket, sys
peer = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for line in sys.stdin:
    peer.sendall(line.encode())
    print(peer.recv(100).decode(), end="", flush=True)
"""


class Shared(DoctorTest):
    def test_a_running_engine_is_gone_through_and_not_disturbed(self):
        self.serve()
        echo = self.start(servers.TcpServer(servers.echo))
        with subprocess.Popen(["/usr/bin/python3", "-c", TALK, ADDRESS, str(echo.port)],
                              env=self.client_environment(), text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as talk:
            def says_back(line):
                talk.stdin.write(line)
                talk.stdin.flush()
                return talk.stdout.readline()
            self.assertEqual(says_back("before\n"), "before\n")
            status, told = self.doctor()
            self.assertEqual(status, 0, told)
            self.assertIn("shared engine", told["steps"][0]["seen"])
            self.assertIsNotNone(told["engine"])
            self.assertEqual(says_back("after\n"), "after\n")


if __name__ == "__main__":
    main()
