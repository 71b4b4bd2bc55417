# SPDX-License-Identifier: MIT
"""docs/posix.md and the cases agree: no row without a case, no exception without a row."""
import re
import unittest
from pathlib import Path

from sockets.differential import FACES, cases, differences, program

PAGE = (Path(__file__).parents[2] / "docs" / "posix.md").read_text()
TOPICS = [path.stem for path in sorted(Path(__file__).parent.glob("*.cc"))]


def rows(heading):
    """The cells of the table below a heading."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    for line in lines[2:]:
        yield [cell.strip() for cell in line.strip("|").split(" | ")]


def named(text):
    return re.findall(r"`(\w+\.(?:\w+|\*))`", text)


class Page(unittest.TestCase):
    def test_each_case_that_it_names_exists(self):
        known = {f"{topic}.{case}" for topic in TOPICS for case in cases(topic, "preload")}
        for name in named(PAGE):
            with self.subTest(name):
                topic, _, case = name.partition(".")
                self.assertTrue(name in known or (case == "*" and topic in TOPICS))

    def test_each_topic_is_in_the_first_table(self):
        shown = [name for row in rows("What is equal") for name in named(row[-1])]
        self.assertEqual(sorted(shown), [f"{topic}.*" for topic in TOPICS])

    def test_each_row_of_a_table_has_a_case(self):
        for heading in ("What is equal", "Exceptions", "Options"):
            for row in rows(heading):
                with self.subTest(row[0]):
                    self.assertTrue(named(row[-1]))

    def test_the_exceptions_are_those_that_the_cases_have(self):
        expected = {}
        for (case, _), difference in differences().items():
            expected.setdefault(difference.exception, set()).add(case)
        shown = {row[0]: set(named(row[-1])) for row in rows("Exceptions")}
        self.assertEqual(shown, expected)

    def test_each_topic_has_a_program_for_every_face(self):
        for topic in TOPICS:
            for face in FACES:
                self.assertTrue(program(topic, face).exists())


if __name__ == "__main__":
    unittest.main(verbosity=2)
