# SPDX-License-Identifier: MIT
"""The manual pages, and the shells' completions: well formed, and of what there is."""
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from harness.build_tree import BUILD

SOURCE = Path(__file__).resolve().parents[2]
PAGES = sorted((SOURCE / "data" / "man").glob("*.[1-8]"))
COMPLETIONS = SOURCE / "data" / "completions"
SUBCOMMANDS = ("run", "serve", "status", "at", "ports", "doctor")


def help_of(*words):
    return subprocess.run([BUILD / "tools" / words[0], *words[1:], "--help"], check=True,
                          capture_output=True, text=True).stdout


def options_in(text):
    return set(re.findall(r"^  (?:-\w,)?(--[a-z][a-z-]*)", text, re.MULTILINE))


def settings():
    """The keys of a config file, by what an unknown one is answered with."""
    wrong = subprocess.run([BUILD / "tools" / "a7600", "status"], text=True, capture_output=True,
                           env={"A7600_CONFIG": str(Path(__file__).with_name("unknown.conf"))})
    return wrong.stderr.split("allowed:")[1].replace(",", " ").split()


class ManualPages(unittest.TestCase):
    def test_groff_finds_nothing_wrong(self):
        for page in PAGES:
            with self.subTest(page=page.name):
                seen = subprocess.run(["groff", "-mandoc", "-Tutf8", "-ww", "-z", page],
                                      capture_output=True, text=True)
                self.assertEqual((seen.returncode, seen.stderr), (0, ""))

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc here")
    def test_mandoc_finds_nothing_wrong(self):
        for page in PAGES:
            with self.subTest(page=page.name):
                seen = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", page],
                                      capture_output=True, text=True)
                self.assertEqual(seen.stdout + seen.stderr, "")

    def test_every_option_is_described(self):
        def named(page):
            text = (SOURCE / "data" / "man" / page).read_text()
            return {"--" + name for name in re.findall(r"Fl \\-([a-z-]+)", text)} | {"--help"}
        common = {"--" + key.replace("_", "-") for key in settings()} | {"--config"}
        for command in SUBCOMMANDS:
            missing = options_in(help_of("a7600", command)) - common - named("a7600.1")
            self.assertEqual(missing, set(), command)
        self.assertEqual(options_in(help_of("a7600-sim")) - named("a7600-sim.1"), set())
        self.assertEqual(options_in(help_of("a7600-trace")) - named("a7600-trace.1"), set())

    def test_every_setting_is_described(self):
        page = (SOURCE / "data" / "man" / "a7600.conf.5").read_text()
        table = (SOURCE / "docs" / "configuration.md").read_text()
        for key in settings():
            self.assertRegex(page, rf"\.It Cm .*\b{key}\b", key)
            self.assertIn(f"`A7600_{key.upper()}`", table)

    def test_every_function_is_named(self):
        page = (SOURCE / "data" / "man" / "a7600_socket.3").read_text()
        header = (SOURCE / "include" / "a7600" / "socket.h").read_text()
        for name in re.findall(r"^(?:int|void|ssize_t) (a7600_\w+)\(", header, re.MULTILINE):
            self.assertIn(f".Nm {name}", page)


class Completions(unittest.TestCase):
    def test_the_shells_can_read_them(self):
        for shell, name in (("bash", "a7600.bash"), ("zsh", "_a7600"), ("fish", "a7600.fish")):
            if shutil.which(shell) is None:
                self.assertNotEqual(shell, "bash")
                continue
            with self.subTest(shell=shell):
                seen = subprocess.run([shell, "-n", COMPLETIONS / name], capture_output=True,
                                      text=True)
                self.assertEqual((seen.returncode, seen.stderr), (0, ""))

    def test_every_option_is_offered_and_no_other(self):
        helps = {name: options_in(help_of(*name.split())) for name in
                 [*(f"a7600 {command}" for command in SUBCOMMANDS), "a7600-sim", "a7600-trace"]}
        every = set().union(*helps.values()) | {"--version"}
        for name, pattern in (("a7600.bash", r"(?<![\w-])--[a-z][a-z-]*"),
                              ("_a7600", r"(?<![\w-])--[a-z][a-z-]*"),
                              ("a7600.fish", r"complete .* -l ([a-z-]+)")):
            with self.subTest(file=name):
                text = (COMPLETIONS / name).read_text()
                offered = set(re.findall(pattern, text))
                offered = {option if option.startswith("--") else "--" + option
                           for option in offered}
                self.assertEqual(every - offered, set())
                self.assertEqual(offered - every, set())

    def test_bash_completes_an_option_and_a_value(self):
        script = (f"source {COMPLETIONS / 'a7600.bash'}; COMP_WORDS=(a7600 doctor --pat); "
                  "COMP_CWORD=2; _a7600; echo ${COMPREPLY[@]}; "
                  "COMP_WORDS=(a7600 run --flow r); COMP_CWORD=3; _a7600; echo ${COMPREPLY[@]}")
        seen = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True)
        self.assertEqual(seen.stdout, "--patience\nrtscts\n")


if __name__ == "__main__":
    unittest.main(verbosity=2)
