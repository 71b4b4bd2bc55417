# SPDX-License-Identifier: MIT
"""docs/manual-coverage.md: complete, and about things that exist."""
import re
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COLUMNS = ["section", "form", "simulator", "engine", "test"]

# What the manual has: its commands with the forms of chapter 2, chapters 3 to 5.
FORMS = {
    "NETOPEN": "?x", "NETCLOSE": "x", "CIPOPEN": "t?=", "CIPSEND": "t=", "CIPRXGET": "t?=",
    "CIPCLOSE": "t?=", "IPADDR": "x", "CIPHEAD": "t?=x", "CIPSRIP": "t?=x", "CIPMODE": "t?=x",
    "CIPSENDMODE": "t?=", "CIPTIMEOUT": "?=", "CIPCCFG": "t?=x", "SERVERSTART": "t?=",
    "SERVERSTOP": "=", "CIPACK": "t=", "CDNSGIP": "t=",
}
CODES = ("+CIPRXGET: 1,", "RECV FROM:", "+IPD", "+RECEIVE,", "+CIPEVENT:", "+IPCLOSE: <link>,0",
         "+IPCLOSE: <link>,1", "+IPCLOSE: <link>,2", "+CLIENT:", "CONNECT", "CLOSED")


def rows():
    """Each row of the page's tables, by column."""
    for line in (ROOT / "docs/manual-coverage.md").read_text().splitlines():
        if line.startswith("|") and not line.startswith(("| §", "|---")):
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            yield dict(zip(COLUMNS, cells, strict=True))


def written_forms(text):
    """(command, form) for what a row's second cell names: t test, ? read, = write, x execute."""
    command = None
    for code in re.findall(r"`([^`]+)`", text):
        if found := re.match(r"AT\+([A-Z]+)", code):
            command = found[1]
        elif not code.startswith(("=", "?")):
            continue
        rest = code[code.index(command) + len(command):] if command in code else code
        yield command, "t" if rest.startswith("=?") else rest[0] if rest else "x"


class Coverage(unittest.TestCase):
    def test_no_cell_is_empty(self):
        for row in rows():
            with self.subTest(row=row["form"]):
                self.assertTrue(all(row.values()), row)

    def test_every_form_of_every_command_has_a_row(self):
        there = {form for row in rows() for form in written_forms(row["form"])}
        for command, forms in FORMS.items():
            for form in forms:
                with self.subTest(command=command, form=form):
                    self.assertIn((command, form), there)

    def test_every_error_has_a_row(self):
        for section, numbers in (("3", range(23)), ("4", range(13))):
            there = [row["form"] for row in rows() if row["section"] == section]
            for number in numbers:
                with self.subTest(section=section, number=number):
                    self.assertTrue(any(re.match(rf"{number} \w", form) for form in there))

    def test_every_unsolicited_code_has_a_row(self):
        there = " ".join(row["form"] for row in rows())
        for code in CODES:
            with self.subTest(code=code):
                self.assertIn(code, there)

    def test_what_the_simulator_column_names_exists(self):
        faults = (ROOT / "tools/sim/faults.cc").read_text()
        for row in rows():
            for name in re.findall(r"`([^`]+)`", row["simulator"]):
                with self.subTest(row=row["form"], name=name):
                    exists = (name.startswith("--map ")
                              or (ROOT / f"tools/sim/{name}.cc").exists()
                              or f'"{name.partition("=")[0]}"' in faults)
                    self.assertTrue(exists)

    def test_every_named_test_exists(self):
        for row in rows():
            for name, cases in re.findall(r"`([^`]+)`(?:: ((?:\*[^*]+\*(?:; )?)+))?", row["test"]):
                with self.subTest(row=row["form"], name=name):
                    text = self.text_of(name)
                    for case in re.findall(r"\*([^*]+)\*", cases.replace("\\", "")):
                        self.assertTrue(f'"{case}"' in text, f"{name} has no {case!r}")

    def text_of(self, name):
        for path in (f"manual/{name}.txt", f"unit/{name}.cc", f"{name}.py"):
            if (ROOT / "tests" / path).exists():
                return (ROOT / "tests" / path).read_text(encoding="latin-1")
        return self.fail(f"no such test: {name}")

    def test_every_transcript_is_named_and_replayed(self):
        named = " ".join(row["test"] for row in rows())
        replayed = (ROOT / "tests/manual/CMakeLists.txt").read_text().split()
        for transcript in sorted((ROOT / "tests/manual").glob("*.txt")):
            if transcript.stem != "CMakeLists":
                with self.subTest(transcript=transcript.stem):
                    self.assertIn(f"`{transcript.stem}`", named)
                    self.assertIn(transcript.stem, [word.rstrip(")") for word in replayed])


if __name__ == "__main__":
    unittest.main()
