# SPDX-License-Identifier: MIT
"""A module that works, but disturbs, or isn't as a fresh one."""
from harness import main

from .module_case import ModuleTest


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
