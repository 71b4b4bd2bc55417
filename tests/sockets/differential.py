# SPDX-License-Identifier: MIT
"""Runs the cases of a topic on the kernel's sockets and on the modem's, and compares what they
print. See tests/README.md."""
import contextlib
import difflib
import itertools
import os
import re
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from harness import ADDRESS, ModemTest, build_tree, process

PROGRAMS = build_tree.BUILD / "tests" / "sockets"
DIFFERENCES = Path(__file__).with_name("differences.txt")

# The far side, where the kernel finds it and where the module does; and the program's own side.
FAR_REAL = "127.0.0.2"
OWN_KERNEL, OWN_MODEM = "127.0.0.1", "10.148.0.17"
SERVER_PORTS = range(7001, 7007)


COMMAND = build_tree.BUILD / "tools" / "a7600"

# "static": under the filter for static programs; "time64": as "preload", a program of 32 bits with
# 64-bit time. ctest says which the machine has.
FACES = tuple(os.environ.get("TEST_FACES", "preload linked static").split())
# As "preload", in a test file where the other faces have a shared engine.
ALONE = "alone"


def program(topic, face):
    return PROGRAMS / f"{topic}_{'preload' if face == ALONE else face}"


def cases(topic, face):
    """The names of a program's cases."""
    listed = subprocess.run([program(topic, face), "--list"], check=True, capture_output=True,
                            text=True)
    return listed.stdout.split()


class Difference:
    """An expected one: the exception in docs/posix.md that it is a case of, and its lines."""

    def __init__(self, exception):
        self.exception = exception
        self.lines = []


_HEADING = re.compile(r"\[(\w+\.\w+)((?: (?:preload|linked|static|alone))*)\] (.+)")


def differences():
    """What differences.txt expects, by case and face; what it says of "preload" holds for "time64"."""
    found = {}
    current = None
    for line in DIFFERENCES.read_text().splitlines():
        if heading := _HEADING.fullmatch(line):
            faces = set(heading[2].split() or FACES)
            if "preload" in faces:
                faces.add("time64")
            current = Difference(heading[3])
            for face in faces:
                if (heading[1], face) in found:
                    raise ValueError(f"{DIFFERENCES.name}: {heading[1]} is there twice")
                found[heading[1], face] = current
        elif line.startswith(("-", "+")):
            current.lines.append(line)
        elif line and not line.startswith("#"):
            raise ValueError(f"{DIFFERENCES.name}: {line!r} is no line of a difference")
    return found


def compare(kernel, modem):
    """The lines that differ, as `diff` marks them."""
    lines = difflib.unified_diff(kernel.splitlines(), modem.splitlines(), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def free_ports(count, candidates=itertools.count(10000)):
    """Ports of loopback that nothing uses, and that no case before had: what it leaves behind keeps
    them for a while. Below those that the kernel picks."""
    found = []
    while len(found) < count:
        port = next(candidates)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
    return found


def without_library(environment):
    """Only a sanitizer's runtime, if any, has to be preloaded."""
    *runtimes, _library = environment["LD_PRELOAD"].split()
    return {**environment, "LD_PRELOAD": " ".join(runtimes)}


class Topic(ModemTest):
    """The cases of `topic`; differential.define() gives each a test for every face. `a7600` is how
    the command is started that runs static programs."""

    topic = None
    expected = differences()
    simulator_options = ("--hairpin", "--ip", OWN_MODEM, "--map", f"{ADDRESS}={FAR_REAL}",
                         *(word for port in SERVER_PORTS
                           for word in ("--listen-map", f"{port}=0")))
    bypass = ""
    settings = {}
    a7600 = (COMMAND,)
    _kernel_outputs = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Short: a socket's path has at most 107 bytes.
        cls.runtime = Path(tempfile.mkdtemp(prefix="run-", dir=cls.scratch))

    def variables(self, far, own, ports):
        return {"SOCKETS_FAR": far, "SOCKETS_OWN": own,
                "SOCKETS_PORTS": ",".join(f"{inside}={outside}" for inside, outside in ports)}

    def modem_environment(self, **settings):
        return {**super().modem_environment(**settings), "XDG_RUNTIME_DIR": str(self.runtime)}

    def command(self, *words):
        return list(words)

    def run_case(self, words, environment):
        """What a case printed. It must end by itself, whatever it saw."""
        ended = process.run(self.command(*words), environment, timeout=30, cwd=self.scratch)
        text = ended.stdout.decode(errors="backslashreplace")
        if ended.status != 0:
            text += f"(status {ended.status}) {ended.stderr}".rstrip() + "\n"
        return text

    def over_kernel_sockets(self, case, face):
        # By a program that links nothing: built for any Linux.
        words = [program(self.topic, "time64" if face == "time64" else "preload"), case]
        known = self._kernel_outputs.get(tuple(words))
        if known is None:
            ports = free_ports(len(SERVER_PORTS))
            environment = {**self.kernel_environment(),
                           **self.variables(FAR_REAL, OWN_KERNEL, zip(ports, ports))}
            known = self.run_case(words, environment)
            self._kernel_outputs[tuple(words)] = known
        return known

    def over_modem_sockets(self, case, face):
        environment = {**self.modem_environment(BYPASS=self.bypass, **self.settings),
                       **self.variables(ADDRESS, OWN_MODEM, self.modem.listening.items())}
        words = [program(self.topic, face), case]
        if face in ("linked", "static"):
            environment = without_library(environment)
        if face == "static":
            words = [*self.a7600, "run", "--via", "seccomp", "--", *words]
        return self.run_case(words, environment)

    def check(self, case, face):
        kernel = self.over_kernel_sockets(case, face)
        self.assertNotIn("(status", kernel, "the case itself fails on the kernel's sockets")
        modem = self.over_modem_sockets(case, face)
        seen = compare(kernel, modem)
        expected = self.expected.get((f"{self.topic}.{case}", face))
        if seen == (expected.lines if expected else []):
            return
        message = [f"over the kernel (-) and over the modem (+), {self.topic}.{case} differs so:",
                   *(seen or ["(not at all)"])]
        if expected:
            message += [f"but {DIFFERENCES.name} expects ({expected.exception}):", *expected.lines]
        message += ["the whole over the modem:", modem]
        self.fail("\n".join(message))


class Shared(Topic):
    """With one engine for all programs, `a7600 serve`, which outlives each of them."""

    engine = None

    def setUp(self):
        super().setUp()
        if self.engine is None:
            type(self).engine = self.serve()
            self.addClassCleanup(self.engine.stop)

    def serve(self):
        environment = without_library(self.modem_environment())
        engine = process.Background([COMMAND, "serve"], environment, self.scratch / "serve.out",
                                    cwd=self.scratch)
        deadline = time.monotonic() + 10
        while not list((self.runtime / "a7600").glob("*.sock")):
            if time.monotonic() > deadline or not engine.running():
                engine.stop()
                self.fail(f"a7600 serve is not ready:\n{engine.output()}")
            time.sleep(0.02)
        return engine


def define(topic, base=Topic, faces=FACES, only=None, but=()):
    """The test class of a topic: a test for each case, or those of `only`, and face, but those of
    `but`, which names a case, or CASE_FACE."""
    tests = {"topic": topic, "__module__": "__main__"}
    for face in faces:
        for case in only or cases(topic, face):
            if case in but or f"{case}_{face}" in but:
                continue
            tests[f"test_{case}_{face}"] = lambda self, case=case, face=face: self.check(case, face)
    name = "".join(word.capitalize() for word in topic.split("_"))
    return type(name, (base,), tests)
