# SPDX-License-Identifier: MIT
"""A module that can't give a connection: ENETDOWN, a line that says why, in time, and the next
program finds the port free."""
import os
import tty

from harness import ADDRESS, ModemTest, main, servers, small_program

PIN = "1234"


class ModuleTest(ModemTest):
    """Each class below is a module in another state."""

    timeout = 3

    def probe(self, *words, **settings):
        return self.over_modem(small_program("probe"), *words, **{
            "log": None, "CONNECT_TIMEOUT": self.timeout, **settings})

    def assert_network_down(self, *words, **settings):
        """connect and a look-up fail as a network that is down does, each with one line that holds
        `words`; and again for the next program, which a held port would give EBUSY."""
        for _ in range(2):
            seen = self.probe("connect", ADDRESS, "80", **settings)
            self.assertEqual(seen.stdout, b"connect ENETDOWN\n", seen)
            self.assert_one_line(seen.stderr, *words)
            self.assertLess(seen.seconds, self.timeout + 3)
        later = self.probe("connect-nb", ADDRESS, "80", **settings)
        self.assertEqual(later.stdout.split()[-1], b"ENETDOWN", later)
        self.assert_one_line(later.stderr, *words)
        look_up = self.probe("resolve", "www.example.test", **settings)
        self.assertEqual(look_up.stdout, b"getaddrinfo EAI_AGAIN\n", look_up)
        self.assert_one_line(look_up.stderr, *words)

    def assert_works(self, **settings):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        page = self.succeeds(self.over_modem(
            "curl", "-sS", f"http://{ADDRESS}:{web.port}/", **settings))
        self.assertEqual(page.stdout, b"page\n")


class Silent(ModuleTest):
    def setUp(self):
        super().setUp()
        self._module, self._host = os.openpty()
        tty.setraw(self._host)
        self.addCleanup(os.close, self._module)
        self.addCleanup(os.close, self._host)
        self.silent = os.ttyname(self._host)

    def test_a_module_that_never_answers_is_enetdown(self):
        self.assert_network_down(self.silent, PORT=self.silent)

    def test_the_modem_works_after_a_silent_one(self):
        self.probe("connect", ADDRESS, "80", PORT=self.silent)
        self.assert_works()


class Deaf(ModuleTest):
    simulator_options = ("--fault", "deaf")

    def test_a_module_that_does_not_even_take_bytes_is_enetdown(self):
        self.assert_network_down(self.modem.port)


class SimMissing(ModuleTest):
    simulator_options = ("--fault", "sim-missing")

    def test_a_missing_sim_is_enetdown(self):
        self.assert_network_down("SIM")


class PinRequired(ModuleTest):
    simulator_options = ("--fault", f"sim-pin={PIN}")

    def test_1_a_required_pin_that_was_not_given_is_enetdown(self):
        self.assert_network_down("PIN", "A7600_PIN")

    def test_2_a_wrong_pin_is_tried_once_and_enetdown(self):
        # A second try could lock the SIM card.
        seen = self.probe("connect", ADDRESS, "80", PIN="9999")
        self.assertEqual(seen.stdout, b"connect ENETDOWN\n", seen)
        self.assert_one_line(seen.stderr, "PIN")
        tries = [command for command in self.modem_commands()
                 if command.upper().startswith("AT+CPIN=")]
        self.assertEqual(tries, ["AT+CPIN=9999"])
        self.assertNotIn("9999", seen.stderr)

    def test_3_the_right_pin_opens_the_sim(self):
        self.assert_works(PIN=PIN)
        # The SIM stays open for the next program, which needs no PIN then.
        self.assert_works()


class PukRequired(ModuleTest):
    simulator_options = ("--fault", "sim-puk")

    def test_a_locked_sim_is_enetdown_and_no_pin_is_tried(self):
        self.assert_network_down("PUK", PIN=PIN)
        self.assertFalse([command for command in self.modem_commands() if "CPIN=" in command])


class NotRegistered(ModuleTest):
    simulator_options = ("--fault", "not-registered")

    def test_a_module_without_a_network_is_enetdown(self):
        self.assert_network_down("regist")


class Denied(ModuleTest):
    simulator_options = ("--fault", "denied")

    def test_a_module_whose_registration_is_denied_is_enetdown(self):
        self.assert_network_down("regist")


class RegisteredLate(ModuleTest):
    simulator_options = ("--fault", "slow-registration=2000")

    def test_a_module_that_registers_in_time_is_waited_for(self):
        self.assert_works()


class Noise(ModuleTest):
    simulator_options = ("--fault", "noise")

    def test_lines_of_noise_are_skipped(self):
        for _ in range(5):
            self.assert_works()


class Echo(ModuleTest):
    """A module echoes until it is told not to, and again after a restart."""

    simulator_options = ("--fault", "echo-back")

    def test_a_module_that_echoes_is_understood(self):
        for _ in range(5):
            self.assert_works()


class Stale(ModuleTest):
    """What a program that was killed leaves behind: echo off, network and links open."""

    simulator_options = ("--fault", "stale")

    def test_a_module_left_as_it_was_is_taken_over(self):
        self.assert_works()


class StalePayload(ModuleTest):
    simulator_options = ("--fault", "stale=payload")

    def test_a_module_that_waits_for_a_payload_is_taken_over(self):
        self.assert_works()


class StaleTransparent(ModuleTest):
    simulator_options = ("--fault", "stale=transparent")

    def test_a_module_in_transparent_mode_is_taken_over(self):
        self.assert_works()


if __name__ == "__main__":
    main()
