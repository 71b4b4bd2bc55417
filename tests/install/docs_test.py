# SPDX-License-Identifier: MIT
"""Every command in the documentation is run: those in blocks marked `console`, each block a shell of
its own, against a simulated module. A block of commands that can't be run here is marked `sh`, below
a comment that says why."""
import os
import re
import signal
import subprocess
import unittest
from pathlib import Path

from harness import ADDRESS, ModemTest, main, servers
from harness.build_tree import BUILD, clean_environment

SOURCE = Path(__file__).resolve().parents[2]
PAGES = [SOURCE / "README.md", SOURCE / "CONTRIBUTING.md", SOURCE / "tests" / "README.md",
         SOURCE / "tests" / "fuzz" / "README.md",
         *sorted((SOURCE / "docs").glob("*.md"))]
BLOCK = re.compile(r"(?:^<!-- (?P<note>[^>]*) -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$",
                   re.MULTILINE | re.DOTALL)
# What makes a line in a block without a mark look like a command.
COMMAND = re.compile(r"^ {4}(?:\$ |sudo |a7600|tools/|cmake |ctest |cd |LD_PRELOAD=|A7600_\w+=.* )",
                     re.MULTILINE)


class Blocks(unittest.TestCase):
    def test_a_block_that_is_not_run_says_why(self):
        for page in PAGES:
            for block in BLOCK.finditer(page.read_text()):
                shown = block["kind"] == "" and re.search(r"^\$ ", block["text"], re.MULTILINE)
                if block["kind"] != "sh" and not shown:
                    continue
                with self.subTest(page=page.name, text=block["text"]):
                    self.assertRegex(block["note"] or "", r"^not run: \w")

    def test_commands_are_in_marked_blocks(self):
        for page in PAGES:
            with self.subTest(page=page.name):
                self.assertEqual(COMMAND.findall(BLOCK.sub("", page.read_text())), [])

    def test_links_lead_somewhere(self):
        for page in [*PAGES, SOURCE / "CHANGELOG.md", SOURCE / "THIRD-PARTY.md"]:
            text = BLOCK.sub("", page.read_text())
            for target in re.findall(r"\]\(([^)#]+)[^)]*\)", text):
                if "://" in target:
                    continue
                with self.subTest(page=page.name, target=target):
                    self.assertTrue((page.parent / target).exists())


class Commands(ModemTest):
    @classmethod
    def setUpClass(cls):
        web = servers.WebServer({"/": b"page\n" * 100, "/file": b"file\n"})
        cls.addClassCleanup(web.stop)
        cls.web_address = f"127.0.0.1:{web.port}"
        cls.simulator_options = ("--dns", f"*={ADDRESS}",
                                 "--map", f"{ADDRESS}:80={cls.web_address}")
        super().setUpClass()

    def script(self, text):
        """The commands of a block: lines behind "$ ", and those that go on behind a backslash."""
        commands, going_on = [], False
        for line in text.splitlines():
            if line.startswith("$ ") or going_on:
                commands.append(line.removeprefix("$ "))
                going_on = line.endswith("\\")
        return "\n".join(commands).replace("/dev/ttyUSB2", self.modem.port).replace(
            "127.0.0.1:8000", self.web_address)

    def run_block(self, folder, text):
        environment = {**clean_environment(folder),
                       "PATH": f"{BUILD / 'tools'}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
                       "HOME": str(folder), "XDG_CONFIG_HOME": str(folder / ".config"),
                       # Short: a socket's path has at most 107 bytes.
                       "XDG_RUNTIME_DIR": str(folder), "A7600_PORT": self.modem.port,
                       "LD_LIBRARY_PATH": str(BUILD / "preload")}
        script = "set -eu -o pipefail\n" + self.script(text) + "\n"
        # Their output goes to a file: what runs on in the background would keep a pipe open.
        with open(folder / "output", "wb+") as output:
            shell = subprocess.Popen(["bash", "-c", script], env=environment, cwd=folder,
                                     stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                     start_new_session=True)
            try:
                status = shell.wait(90)
            finally:
                try:
                    os.killpg(shell.pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass
                self.end_engine(environment)
            output.seek(0)
            self.assertEqual(status, 0, f"{script}\n{output.read().decode(errors='replace')}")

    def end_engine(self, environment):
        """A `serve --background` is in a session of its own, and is asked who it is."""
        seen = subprocess.run(["a7600", "status", "--json"], env=environment, text=True,
                              capture_output=True)
        if found := re.search(r'"engine": \{\s*"pid": (\d+)', seen.stdout):
            os.kill(int(found[1]), signal.SIGTERM)
            while subprocess.run(["a7600", "status"], env=environment,
                                 capture_output=True).returncode == 0:
                pass


def add_page(page):
    def test(self):
        for number, block in enumerate(BLOCK.finditer(page.read_text())):
            if block["kind"] != "console":
                continue
            with self.subTest(text=block["text"]):
                folder = self.scratch / f"{page.stem[:4]}{number}"
                folder.mkdir()
                self.run_block(folder, block["text"])
    name = page.relative_to(SOURCE).with_suffix("").as_posix().replace("/", "_").replace("-", "_")
    setattr(Commands, f"test_{name.lower()}", test)


for each in PAGES:
    if any(block["kind"] == "console" for block in BLOCK.finditer(each.read_text())):
        add_page(each)

if __name__ == "__main__":
    main()
