# SPDX-License-Identifier: MIT
"""The last rungs of the recovery ladder: a module that only a restart brings back (A7600_RESET)."""
from harness import ADDRESS, build_tree, main, servers, small_program
from sharing.base import SharingTest

DTR_WIRE = build_tree.BUILD / "tests" / "faults" / "libdtr_wire.so"
NAME = "peer.test"


class RecoveryTest(SharingTest):
    fresh_modem = True
    simulator_options = ("--fault", "boot-ms=50", "--dns", f"{NAME}={ADDRESS}")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.echo = cls.start_for_all(servers.TcpServer(servers.echo))

    def exchange(self, **settings):
        return self.client(small_program("exchange"), ADDRESS, str(self.echo.port), "0", **settings)

    def counters(self):
        return self.status()["counters"]

    def warnings(self):
        """What the engine logged at warn, without what it says of single connections."""
        return [line.split("warn: ", 1)[1] for line in self.engine_log().splitlines()
                if "warn: " in line]

    def engine_log(self):
        return "".join(log.read_text() for log in self._library_logs if log.exists())


class Cfun(RecoveryTest):
    def test_a_module_without_tcp_ip_is_restarted_by_cfun(self):
        self.serve(RESET="cfun")
        self.modem.tell("fault no-stack@100x1")
        self.succeeds(self.exchange())
        counters = self.counters()
        self.assertEqual((counters["module_resets"], counters["restarts"]), (1, 1), counters)
        self.assertEqual(self.modem_commands().count("AT+CFUN=1,1"), 1)
        self.assertEqual(self.warnings().count("restarting the module by AT+CFUN=1,1"), 1)

    def test_a_module_that_loses_its_tcp_ip_while_it_is_up_is_restarted(self):
        self.serve(RESET="cfun")
        self.succeeds(self.exchange())
        self.modem.tell("fault no-stack@100x1")
        self.succeeds(self.exchange())
        self.assertEqual(self.counters()["module_resets"], 1)

    def test_a_look_up_outlives_the_restart(self):
        self.serve(RESET="cfun")
        self.succeeds(self.exchange())
        self.modem.tell("fault no-stack@100x1")
        seen = self.succeeds(self.client(small_program("probe"), "resolve", NAME))
        self.assertEqual(seen.stdout.decode().split()[-1], ADDRESS)
        self.assertEqual(self.counters()["module_resets"], 1)

    def test_nothing_is_restarted_unless_it_is_configured(self):
        self.serve()
        self.modem.tell("fault no-stack@100x1")
        seen = self.exchange()
        self.assertNotEqual(seen.status, 0)
        self.assertEqual(self.counters()["module_resets"], 0)
        self.assertNotIn("CFUN", self.modem_log())

    def test_a_module_that_stays_dead_is_not_restarted_again_and_again(self):
        self.serve(RESET="cfun")
        self.modem.tell("fault no-stack@100x1000")
        for _ in range(4):
            self.assertNotEqual(self.exchange(CONNECT_TIMEOUT=5).status, 0)
        self.assertEqual(self.counters()["module_resets"], 1)
        self.assertEqual(self.modem_commands().count("AT+CFUN=1,1"), 1)

    def test_a_pseudo_terminal_has_no_dtr_and_that_is_said(self):
        self.serve(RESET="dtr")
        self.modem.tell("fault no-stack@100x1")
        self.assertNotEqual(self.exchange().status, 0)
        self.assertIn("this line has no DTR", self.engine_log())


class Dtr(RecoveryTest):
    """The same on a line that has DTR wired to the module's reset: dtr_wire.c."""

    def tool_environment(self, **settings):
        environment = super().tool_environment(**settings)
        environment["LD_PRELOAD"] = " ".join([environment.get("LD_PRELOAD", ""), str(DTR_WIRE)])
        environment["DTR_WIRE"] = self.modem.control
        return environment

    def test_a_module_that_hangs_is_restarted_by_dtr(self):
        self.serve(RESET="cfun,dtr", CONNECT_TIMEOUT=30)
        self.modem.tell("fault hang@100x1")
        self.succeeds(self.exchange(CONNECT_TIMEOUT=30))
        self.assertEqual(self.counters()["module_resets"], 1)
        self.assertEqual(self.warnings().count("restarting the module by DTR"), 1)
        self.assertNotIn("CFUN", self.modem_log())


if __name__ == "__main__":
    main()
