# SPDX-License-Identifier: MIT
"""A module that says nothing."""
import os
import tty

from harness import ADDRESS, main

from .module_case import ModuleTest


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


if __name__ == "__main__":
    main()
