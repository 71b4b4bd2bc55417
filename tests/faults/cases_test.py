# SPDX-License-Identifier: MIT
"""The matrix leaves nothing out: every fault of the simulator, set at its start or while it runs,
alone or with others."""
import subprocess
import tempfile
import unittest
from pathlib import Path

from faults import cases
from harness import build_tree
from harness.simulator import Simulator

# A number for another fault.
PARAMETERS = {"boot-ms"}
WORKLOADS = {"download", "upload", "echo", "udp", "nine"}


def faults():
    listed = subprocess.run([build_tree.SIMULATOR, "--list-faults"], check=True,
                            capture_output=True, text=True).stdout
    return [line.split()[0].split("=")[0].split("@")[0] for line in listed.splitlines() if line]


class Matrix(unittest.TestCase):
    def test_every_fault_is_in_it(self):
        self.assertEqual(set(faults()) - PARAMETERS - {mishap.name() for mishap in cases.MISHAPS},
                         set())

    def test_each_is_met_by_each_traffic_mode_and_profile_that_it_concerns(self):
        cells = {(cell[0][0], *cell[1:]) for cell in cases.every_cell()}
        for mishap in cases.MISHAPS:
            for mode in mishap.modes:
                for profile in cases.PROFILES:
                    for workload in WORKLOADS & set(mishap.only):
                        if cases.possible(workload, mode, profile):
                            self.assertIn((mishap, workload, mode, profile), cells)

    def test_a_case_is_set_at_the_start_or_while_it_runs_and_nothing_is_left_out(self):
        ways = set()
        for seed in range(6):
            case = cases.case(cases.MISHAPS[:3], "echo", "push", "odd", seed)
            self.assertEqual(len(case.from_the_start()) + len(case.requests()), 3)
            ways.add(bool(case.requests()))
        self.assertEqual(ways, {True, False})

    def test_a_case_is_found_again_by_its_name(self):
        for first in cases.MISHAPS:
            case = cases.case((first, cases.MISHAPS[0]), "nine", "push", "a7670", 4711)
            self.assertEqual(cases.named(str(case)), case)

    def test_every_fault_can_be_set_while_the_simulator_runs_and_all_of_them_together(self):
        with tempfile.TemporaryDirectory() as scratch:
            modem = Simulator(Path(scratch))
            self.addCleanup(modem.stop)
            for name in faults():
                modem.tell(f"fault {name}@0")
            self.assertEqual([spec.split("=")[0].split("@")[0]
                              for spec in modem.tell("faults").split()], faults())
            modem.tell("clear")
            self.assertEqual(modem.tell("faults"), "")


if __name__ == "__main__":
    unittest.main(verbosity=2)
