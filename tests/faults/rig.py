# SPDX-License-Identifier: MIT
"""What the matrix and the crashes are made of: a simulator, programs that move bytes over it, and the
far side that they move them to and from."""
import random
import re
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from harness import ADDRESS, build_tree, process
from harness.simulator import Simulator

from .cases import CONNECT

PROGRAMS = build_tree.BUILD / "tests" / "faults"
LISTEN_PORT = 7070
STREAMS_PER_RUN = 16


@dataclass
class Outcome:
    """How a run ended. `findings` are breaches of the promise."""
    case: object
    findings: list = field(default_factory=list)
    delivered: int = 0
    errors: int = 0
    faults: int = 0
    compared: int = 0
    seconds: float = 0


class Peer(process.Background):
    """The far side of all runs. What it saw arrive wrong is kept by stream."""

    def __init__(self, scratch):
        super().__init__([PROGRAMS / "peer"], build_tree.clean_environment(scratch),
                         scratch / "peer.out", stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline().split()[1])
        self._wrong = {}
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            text = line.decode().strip()
            if found := re.match(r"WRONG stream (\d+)", text):
                self._wrong.setdefault(int(found[1]) // STREAMS_PER_RUN, []).append(text)

    def wrong(self, run):
        return self._wrong.get(run, [])


class Bench:
    """A simulated modem of one's own, and programs that use it against `peer`."""

    def __init__(self, scratch, peer, *options, mode="auto", reset="off", log=True):
        self.scratch, self.peer, self.mode, self.reset = scratch, peer, mode, reset
        (scratch / "empty.conf").touch()
        self.modem = Simulator(scratch, "--link", scratch / "port", "--dns", f"peer.test={ADDRESS}",
                               "--listen-map", f"{LISTEN_PORT}=0", *options, log=log, ready_seconds=30)
        self._real_port = self.modem.listening[LISTEN_PORT]
        self.ports = ",".join(str(self.scratch / name) for name in ("port", "port2")
                              if (self.scratch / name).is_symlink())

    def environment(self, log):
        environment = {
            **build_tree.clean_environment(self.scratch), "XDG_RUNTIME_DIR": str(self.scratch),
            "A7600_CONFIG": str(self.scratch / "empty.conf"),
            "A7600_PORT": self.ports, "A7600_RESET": self.reset,
            "A7600_CONNECT_TIMEOUT": str(CONNECT), "A7600_LOG": f"debug:{self.scratch / log}"}
        if self.mode == "transparent":
            environment["A7600_MODE"] = "transparent"
        else:
            environment["A7600_RX"] = self.mode
        return environment

    def with_library(self, log, engine="thread"):
        return {**self.environment(log), "LD_PRELOAD": build_tree.preload(),
                "A7600_ENGINE": engine}

    def traffic(self, workload, stream, size):
        """The program that moves bytes, as a command line."""
        # A name would need the line, which a transparent connection has for itself afterwards.
        host = ADDRESS if self.mode == "transparent" else "peer.test"
        words = [PROGRAMS / "traffic", workload, host, self.peer.port, stream, size]
        return words + ([LISTEN_PORT, self._real_port] if workload == "server" else [])

    def leftovers(self):
        """What is open at the module, as a sentence; empty if nothing is."""
        status = self.modem.status()
        links = self.modem.open_links()
        if links or status["servers"]:
            return f"left: {links} {status['servers']}"
        return "left in data mode" if status["data_mode"] else ""

    def wait_for_port(self):
        deadline = time.monotonic() + 10
        while not (self.scratch / "port").exists() and time.monotonic() < deadline:
            time.sleep(0.01)

    def stop(self):
        return self.modem.stop()


class Run:
    """One case of the matrix."""

    def __init__(self, case, number, peer, scratch):
        self.case, self.number, self.peer = case, number, peer
        self.scratch = scratch / f"run{number}"
        self.scratch.mkdir()
        self.outcome = Outcome(case)
        self.dice = random.Random(case.seed)

    def carry_out(self, keep_failed):
        start = time.monotonic()
        try:
            self._carry_out()
        except Exception as error:  # a broken rig is a finding, too
            self.find(f"the rig: {error!r}")
        self.outcome.seconds = time.monotonic() - start
        if not (keep_failed and self.outcome.findings):
            shutil.rmtree(self.scratch, ignore_errors=True)
        return self.outcome

    def find(self, text):
        self.outcome.findings.append(text)

    def _carry_out(self):
        case = self.case
        options = []
        for spec in case.from_the_start():
            if spec.startswith("2:"):
                options += ["--second-fault", spec[2:]]
            else:
                options += ["--fault", spec]
        if case.two_ports():
            urcs = ("first", "both", "opener")[case.seed // 3 % 3]
            options += ["--second-link", self.scratch / "port2", "--urcs", urcs]
        self.bench = Bench(self.scratch, self.peer, "--profile", case.profile, "--seed",
                           str(case.seed), *options, mode=case.mode, reset=case.reset())
        try:
            self._disturbed()
            for port in ("", "second ") if case.two_ports() else ("",):
                self.bench.modem.ask(port + "silence off")
                self.bench.modem.ask(port + "clear")
            if case.off_and_on():
                self.bench.modem.ask("reboot")
            self.bench.wait_for_port()
            self._undisturbed()
            self.outcome.faults += self.bench.modem.log().count(" * fault ")
        finally:
            status = self.bench.stop()
            if status != 0:
                self.find(f"the simulator ended with {status}: {self.bench.modem.output()[-500:]}")

    def _program(self, workload, stream, size, bound, log):
        return process.run(self.bench.traffic(workload, stream, size),
                           self.bench.with_library(log), bound)

    def _disturbed(self):
        case = self.case
        requests = case.requests()
        timers = [threading.Timer(self.dice.uniform(0, 0.4), self._request, [request])
                  for request in requests]
        for timer in timers:
            timer.start()
        # Room for what happens at a random moment to happen during the transfer, unless another
        # mishap slows it.
        at_once = len(case.specs) == 1 and case.specs[0].startswith("!")
        size = self.dice.randint(1000, 2_000_000 if at_once else 150_000)
        if case.mode == "transparent" or case.workload in ("echo", "udp"):
            size = min(size, 60_000)
        try:
            ended = self._program(case.workload, self.number * STREAMS_PER_RUN, size, case.bound(),
                                  "first.log")
        except process.HardTimeout as error:
            return self.find(f"hung: {error}")
        finally:
            for timer in timers:
                timer.cancel()
                timer.join()
        self._judge(ended)

    def _request(self, request):
        self.bench.modem.ask(request)
        if not request.startswith("fault "):  # those are in its log
            self.outcome.faults += 1

    def _judge(self, ended):
        if ended.status != 0:
            return self.find(f"the program failed: {ended}")
        lines = [line.split("|") for line in ended.stdout.decode().splitlines()]
        failed = 0
        for kind, end, call, error, compared in lines:
            self.outcome.compared += int(compared)
            if end == "ok":
                self.outcome.delivered += 1
                continue
            failed += 1
            self.outcome.errors += 1
            what = f"{kind}: {end} {call} {error} after {compared} bytes"
            if end in ("wrong", "eof") and self.case.holes():
                continue
            if end == "wrong":
                self.find(f"wrong data: {what}")
            elif end == "eof" and kind == "download" and not self.case.cuts():
                self.find(f"a stream cut short looks whole: {what}")
            elif end == "error" and error == "-":
                self.find(f"a failure without errno: {what}")
            if self.case.harmless():
                self.find(f"not delivered, though nothing serious happened: {what}")
        if not self.case.harmless() and failed > self.case.strikes():
            self.find(f"{failed} connections failed: {lines}")
        self._ask_peer()

    def _ask_peer(self):
        if self.case.holes():
            return
        for wrong in self.peer.wrong(self.number):
            self.find(f"at the peer: {wrong}")

    def _undisturbed(self):
        """The next program works, and the module is left as it was found."""
        echo = self.bench.modem.status()["echo"]
        stream = self.number * STREAMS_PER_RUN + STREAMS_PER_RUN - 1
        try:
            ended = self._program("echo", stream, 3000, 90, "second.log")
        except process.HardTimeout as error:
            return self.find(f"the next program hung: {error}")
        if not ended.stdout.startswith(b"echo|ok|"):
            self.find(f"the next program failed: {ended}")
        if left := self.bench.leftovers():
            self.find(left)
        # What silence has held back may look like the answer to the next program's first command.
        # A module that restarts meanwhile has its own echo, not what it was found with.
        unclear = (self.case.reset() != "off" or self.case.off_and_on() or
                   any("silence" in spec for spec in self.case.specs))
        if self.bench.modem.status()["echo"] != echo and not unclear:
            self.find(f"echo was {echo}, and is left otherwise")
        if not self.case.orphans():
            self._ask_peer()
