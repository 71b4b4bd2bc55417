# SPDX-License-Identifier: MIT
"""A module whose SIM card is missing or locked."""
from harness import ADDRESS, main

from .module_case import ModuleTest

PIN = "1234"


class SimMissing(ModuleTest):
    simulator_options = ("--fault", "sim-missing")

    def test_a_missing_sim_is_enetdown(self):
        self.assert_network_down("SIM")


class PinRequired(ModuleTest):
    simulator_options = ("--fault", f"sim-pin={PIN}")
    fresh_modem = True

    def test_a_required_pin_that_was_not_given_is_enetdown(self):
        self.assert_network_down("PIN", "A7600_PIN")

    def test_a_wrong_pin_is_tried_once_and_enetdown(self):
        # A second try could lock the SIM card.
        seen = self.probe("connect", ADDRESS, "80", PIN="9999")
        self.assertEqual(seen.stdout, b"connect ENETDOWN\n", seen)
        self.assert_one_line(seen.stderr, "PIN")
        tries = [command for command in self.modem_commands()
                 if command.upper().startswith("AT+CPIN=")]
        self.assertEqual(len(tries), 1, tries)
        self.assertIn("9999", tries[0])
        self.assertNotIn("9999", seen.stderr)

    def test_the_right_pin_opens_the_sim(self):
        self.assert_works(PIN=PIN)
        # The SIM stays open for the next program, which needs no PIN then.
        self.assert_works()


class PukRequired(ModuleTest):
    simulator_options = ("--fault", "sim-puk")

    def test_a_locked_sim_is_enetdown_and_no_pin_is_tried(self):
        self.assert_network_down("PUK", PIN=PIN)
        self.assertFalse([command for command in self.modem_commands() if "CPIN=" in command])


if __name__ == "__main__":
    main()
