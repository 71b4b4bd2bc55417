# SPDX-License-Identifier: MIT
"""Runs a module of CPython's own tests: outcomes.py MODULE FILE. How each test has ended goes to
FILE, as JSON."""
import json
import sys
import unittest

from test import support

# None would be all of them, the network among them.
support.use_resources = []
# There is no other machine at the far end of these.
LEFT_OUT = ("VSOCK",)


class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.by_name = {}

    def startTest(self, test):
        super().startTest(test)
        self.by_name[test.id()] = "ok"

    def addError(self, test, error):
        self.by_name[test.id()] = "error"

    def addFailure(self, test, error):
        self.by_name[test.id()] = "failure"

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.by_name[test.id()] = "failure"

    def addUnexpectedSuccess(self, test):
        self.by_name[test.id()] = "unexpected success"

    def addSkip(self, test, reason):
        self.by_name[test.id()] = "skipped"


def tests_of(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from tests_of(test)
        elif not any(part in test.id() for part in LEFT_OUT):
            yield test


def main():
    module, path = sys.argv[1:]
    found = unittest.defaultTestLoader.loadTestsFromName(f"test.{module}")
    outcomes = Outcomes()
    unittest.TestSuite(tests_of(found)).run(outcomes)
    with open(path, "w") as out:
        json.dump(outcomes.by_name, out)


main()
