# SPDX-License-Identifier: MIT
"""What the tests of the command a7600 share."""
import json
import os
import subprocess
import tempfile
from pathlib import Path

from harness import ModemTest, build_tree, eventually, process
from harness.build_tree import BUILD

COMMAND = BUILD / "tools" / "a7600"


class SharingTest(ModemTest):
    """Tests with a runtime directory of their own, so that no other test's engine is found.
    `command` is how a7600 is started."""

    command = (COMMAND,)

    def setUp(self):
        super().setUp()
        # Short: a socket's path has at most 107 bytes.
        self.runtime = Path(tempfile.mkdtemp(prefix="run-", dir=self.scratch))

    def tool_environment(self, **settings):
        """For the command: what modem_environment sets, without the library in it."""
        environment = self.modem_environment(**settings)
        environment["XDG_RUNTIME_DIR"] = str(self.runtime)
        # Only a sanitizer's runtime, if any, has to be there first.
        preloaded = environment.pop("LD_PRELOAD").split()[:-1]
        if preloaded:
            environment["LD_PRELOAD"] = " ".join(preloaded)
        return environment

    def client_environment(self, **settings):
        """For a program with the library in it, that may find a shared engine."""
        environment = self.modem_environment(**settings)
        environment["XDG_RUNTIME_DIR"] = str(self.runtime)
        return environment

    def tool(self, *words, timeout=30, stdin=b"", **settings):
        return process.run([*self.command, *words], self.tool_environment(**settings), timeout, stdin,
                           self.scratch)

    def run_tool(self, *words, **more):
        return self.tool("run", "--", *words, **more)

    def client(self, *words, timeout=30, stdin=b"", **settings):
        return process.run(words, self.client_environment(**settings), timeout, stdin,
                           self.scratch)

    def start_tool(self, *words, name="tool", **settings):
        started = process.Background([*self.command, *words], self.tool_environment(**settings),
                                     self.scratch / f"{self._testMethodName}.{name}",
                                     cwd=self.scratch)
        self.addCleanup(started.stop)
        return started

    def start_client(self, *words, name="client", stdin=subprocess.DEVNULL, **settings):
        started = process.Background(words, self.client_environment(**settings),
                                     self.scratch / f"{self._testMethodName}.{name}",
                                     cwd=self.scratch, stdin=stdin)
        self.addCleanup(started.stop)
        return started

    def sockets(self):
        directory = self.runtime / "a7600"
        return sorted(directory.glob("*.sock")) if directory.is_dir() else []

    def serve(self, *words, **settings):
        """`a7600 serve`, ready when this returns."""
        serving = self.start_tool("serve", *words, name="serve", **settings)
        eventually(lambda: self.sockets() or not serving.running(), what="no control socket")
        eventually(lambda: self.tool("status").status == 0 or not serving.running(),
                   what="no status")
        self.assertTrue(serving.running(), serving.output())
        return serving

    def status(self):
        seen = self.succeeds(self.tool("status", "--json"))
        return json.loads(seen.stdout)

    def links(self, state="connected"):
        return [link for link in self.status()["links"] if link["state"] == state]


def is_alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as children:
        return [int(child) for child in children.read().split()]


def named(pid):
    try:
        with open(f"/proc/{pid}/comm") as comm:
            return comm.read().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_root():
    return os.geteuid() == 0


__all__ = ["COMMAND", "SharingTest", "build_tree", "children_of", "eventually", "is_alive",
           "is_root", "named"]
