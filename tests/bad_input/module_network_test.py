# SPDX-License-Identifier: MIT
"""A module that isn't registered with a network, not yet, or never."""
from harness import main

from .module_case import ModuleTest


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


if __name__ == "__main__":
    main()
