# SPDX-License-Identifier: MIT
"""A module on USB: found by its ids and interfaces, asked, named by what stays the same, and not
shared with other serial programs."""
import contextlib
import json
import os
import unittest
from pathlib import Path

from harness import ADDRESS, Background, Simulator, eventually, main, process, servers
from harness.usb import UsbModem, may_mount
from sharing.base import COMMAND, SharingTest

PAGE = b"by way of USB\n" * 100


class UsbTest(SharingTest):
    @classmethod
    def setUpClass(cls):
        if not may_mount():
            raise unittest.SkipTest("no mount namespace can be had here, to plug a module into")
        super().setUpClass()
        cls.deaf = Simulator(cls.scratch, "--fault", "deaf", name="deaf")
        cls.addClassCleanup(cls.deaf.stop)
        cls.web = cls.start_for_all(servers.WebServer({"/": PAGE}))

    # As MODEM-NOTES' reports have them.
    interfaces = {"ttyUSB0": 2, "ttyUSB1": 3, "ttyUSB2": 4, "ttyUSB3": 5}
    answering = "ttyUSB2"
    product = "9011"

    def setUp(self):
        super().setUp()
        self.usb = UsbModem(self.scratch / "usb", self.interfaces, product=self.product)
        # Behind every other of its ports is somebody who doesn't speak AT.
        self.terminals = {name: self.modem.port if name == self.answering else self.deaf.port
                          for name in self.interfaces}

    def plugged_in(self, *words):
        return self.usb.command(*words, ports=self.terminals)

    def here(self, *words, timeout=30, preload=False, **settings):
        settings = {"PORT": "auto", **settings}
        environment = (self.client_environment if preload else self.tool_environment)(**settings)
        return process.run(self.plugged_in(*words), environment, timeout, cwd=self.scratch)

    def assert_fetches(self, **settings):
        page = self.succeeds(self.here("curl", "-sS", f"http://{ADDRESS}:{self.web.port}/",
                                       preload=True, **settings))
        self.assert_same_bytes(page.stdout, PAGE)

    def ports(self):
        return json.loads(self.succeeds(self.here(COMMAND, "ports", "--probe", "--json")).stdout)


class A7600(UsbTest):
    def test_the_port_for_at_commands_is_marked(self):
        found = self.ports()
        self.assertEqual([port["device"] for port in found],
                         [f"/dev/{name}" for name in self.interfaces])
        self.assertEqual([port["interface"] for port in found], list(self.interfaces.values()))
        self.assertEqual([port["device"] for port in found if port["likely_at"]], ["/dev/ttyUSB2"])
        self.assertEqual({port["usb"] for port in found}, {"1e0e:9011"})
        self.assertEqual(found[2]["by_id"], self.usb.by_id(4))
        self.assertEqual([port["answer"] for port in found],
                         ["silent", "silent", "answers AT", "silent"])

    def test_so_it_is_for_a_reader(self):
        lines = self.succeeds(self.here(COMMAND, "ports")).stdout.decode().splitlines()
        self.assertEqual([line[:2] for line in lines], ["  ", "  ", "* ", "  "])
        self.assertIn("/dev/ttyUSB2", lines[2])
        self.assertIn("USB 1e0e:9011 interface 4", lines[2])
        self.assertIn(self.usb.by_id(4), lines[2])
        self.assertTrue(lines[2].endswith("<- AT commands"), lines[2])

    def test_auto_is_that_port(self):
        self.assert_fetches()

    def test_its_lasting_name_does_as_well(self):
        self.assert_fetches(PORT=self.usb.by_id(4))

    def test_usb_has_no_rate_to_set(self):
        self.assert_fetches(BAUD="921600")
        self.assertEqual([command for command in self.modem_commands() if "+IPR" in command], [])

    def test_the_doctor_tells_the_name_to_keep(self):
        seen = self.succeeds(self.here(COMMAND, "doctor", "--json", "--url",
                                       f"http://{ADDRESS}:{self.web.port}/"))
        port = json.loads(seen.stdout)["steps"][0]
        self.assertIn("/dev/ttyUSB2", port["seen"])
        self.assertIn(f"always found as {self.usb.by_id(4)}", port["seen"])

    # ---- Other serial programs

    def lock_file(self):
        return self.usb.root / "run" / "lock" / "LCK..ttyUSB2"

    def serving(self):
        """An engine that has the port."""
        serving = self.start(Background(self.plugged_in(COMMAND, "serve"),
                                        self.tool_environment(PORT="auto"),
                                        self.scratch / "serve.out"))
        eventually(lambda: self.sockets() or not serving.running(), what="no control socket")
        eventually(lambda: self.here(COMMAND, "at", "AT").status == 0, what="no answer")
        return serving

    def test_a_lock_file_of_a_running_program_is_kept_to(self):
        with open("/proc/self/comm") as comm:
            own = comm.read().strip()
        self.lock_file().write_text(f"{os.getpid():10d}\n")
        seen = self.here("curl", "-sS", f"http://{ADDRESS}:{self.web.port}/", preload=True,
                         log=None)
        self.assertNotEqual(seen.status, 0)
        self.assertIn(f"/dev/ttyUSB2: in use by {own} (pid {os.getpid()})", seen.stderr)
        self.assertTrue(self.lock_file().exists())

    def test_a_lock_file_that_a_dead_program_left_is_not(self):
        dead = process.run(["sh", "-c", "echo $$"], self.kernel_environment(), 10).stdout
        self.lock_file().write_text(f"{int(dead):10d}\n")
        self.assert_fetches()
        self.assertFalse(self.lock_file().exists())

    # picocom goes by flock(2), minicom by the lock file.
    terminal_programs = {"picocom": ("--noreset", "/dev/ttyUSB2"),
                         "minicom": ("-D", "/dev/ttyUSB2")}

    @contextlib.contextmanager
    def on_a_terminal(self, name):
        """One of these programs."""
        screen, its = os.openpty()
        program = Background(self.plugged_in(name, *self.terminal_programs[name]),
                             {**self.kernel_environment(), "TERM": "vt100"},
                             self.scratch / f"{name}.out", stdin=its, stdout=its)
        try:
            yield program
        finally:
            program.stop()
            os.close(its)
            os.close(screen)

    def is_open_in(self, name):
        """Whether a program of that name has the terminal behind the port open."""
        terminal = os.stat(self.modem.port).st_rdev
        for comm in Path("/proc").glob("[0-9]*/comm"):
            with contextlib.suppress(OSError):
                if comm.read_text().strip() == name and any(
                        os.stat(each).st_rdev == terminal for each in comm.parent.glob("fd/*")):
                    return True
        return False

    def test_terminal_programs_are_kept_out_while_an_engine_has_the_port(self):
        self.serving()
        for name in self.terminal_programs:
            with self.subTest(program=name), self.on_a_terminal(name) as program:
                self.assertNotEqual(program.process.wait(10), 0)
                self.assertIn("lock", program.output())

    def test_the_doctor_names_the_terminal_program_that_has_the_port(self):
        for name in self.terminal_programs:
            with self.subTest(program=name), self.on_a_terminal(name):
                # Not the doctor's own lock: a program that finds it ends.
                eventually(lambda: self.is_open_in(name), what="it has not opened the port")
                eventually(lambda: self.here(COMMAND, "doctor", "--json").status == 3)
                told = json.loads(self.here(COMMAND, "doctor", "--json").stdout)
                self.assertEqual(told["failed"], "lock")
                self.assertIn(f"/dev/ttyUSB2: in use by {name} (pid ", told["steps"][2]["seen"])


class OtherPorts(UsbTest):
    """An A7600 with its AT commands behind another of its ports."""
    answering = "ttyUSB1"

    def test_where_the_likely_port_is_silent_the_others_are_asked(self):
        self.assert_fetches()
        self.assertEqual(self.ports()[1]["answer"], "answers AT")


class WithRndis(UsbTest):
    """With RNDIS on, the numbers of the interfaces are others."""
    interfaces = {"ttyUSB0": 5, "ttyUSB1": 6, "ttyUSB2": 7}

    def test_it_is_the_third_port(self):
        self.assertEqual([port["likely_at"] for port in self.ports()], [False, False, True])
        self.assert_fetches()


class Sim7600(UsbTest):
    interfaces = {"ttyUSB0": 0, "ttyUSB1": 1, "ttyUSB2": 2, "ttyUSB3": 3}
    product = "9001"

    def test_it_is_interface_2(self):
        self.assertEqual([port["likely_at"] for port in self.ports()], [False, False, True, False])
        self.assert_fetches()


if __name__ == "__main__":
    main()
