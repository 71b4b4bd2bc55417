# SPDX-License-Identifier: MIT
"""The simulated modem, run beside a test."""
import json
import re
import select
import socket
import subprocess
import time

from . import build_tree
from .process import Background

# The test network (RFC 5737): the kernel has no way there, so what arrives went through the modem.
ADDRESS = "203.0.113.7"


class Simulator(Background):
    """`a7600-sim`, ready when the constructor returns. By default every port of ADDRESS leads to
    the same port on loopback; `options` are added to its command line as they are. `listening` has
    the real port for each of the module's that a --listen-map names. `port` is its AT port, and
    `ports`, for A7600_PORT, has the second beside it where the options ask for one."""

    def __init__(self, scratch, *options, name="sim", log=True, ready_seconds=10):
        self.log_path = scratch / f"{name}.log"
        self.control = str(scratch / f"{name}.ctl")
        argv = [build_tree.SIMULATOR, "--map", f"{ADDRESS}=127.0.0.1",
                "--control", self.control, *options]
        if log:
            argv += ["--log", self.log_path]
        super().__init__(argv, build_tree.clean_environment(scratch), scratch / f"{name}.out",
                         stdout=subprocess.PIPE)
        self.port, = self._read_line("PORT", ready_seconds)
        self.ports = self.port
        if any(str(word).startswith("--second-") for word in argv):
            self.second_port, = self._read_line("PORT2", ready_seconds)
            self.ports += f",{self.second_port}"
        self.listening = {}
        for _ in range(argv.count("--listen-map")):
            module, real = self._read_line("LISTEN", ready_seconds)
            self.listening[int(module)] = int(real)

    def _read_line(self, word, seconds):
        """What follows `word` in the next line of its output."""
        pipe = self.process.stdout
        readable, _, _ = select.select([pipe], [], [], seconds)
        line = pipe.readline().decode(errors="replace") if readable else ""
        first, *rest = line.split() or [""]
        if first != word or not rest:
            self.stop()
            raise AssertionError(f"the simulator says {line!r}, not {word} …: "
                                 f"{' '.join(self.argv)}\n{self.output()}")
        return rest

    def ask(self, request):
        """A request to its control socket, and the answer."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(10)
            connection.connect(self.control)
            connection.sendall(request.encode() + b"\n")
            return connection.makefile().readline().strip()

    def tell(self, request):
        """A request that has to be obeyed; what the answer says."""
        answer = self.ask(request)
        if answer.split()[:1] != ["ok"]:
            raise AssertionError(f"the simulator answers {request!r} by {answer!r}")
        return answer.removeprefix("ok").lstrip()

    def status(self):
        return json.loads(self.tell("status"))

    def open_links(self):
        # What an ended link still holds goes when its number is used again.
        return [link for link in self.status()["links"] if link["state"] != "ended"]

    def log(self, since=0):
        """The log from byte `since` on."""
        try:
            with open(self.log_path, "rb") as log:
                log.seek(since)
                return log.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def settle(self, seconds=2):
        """Waits until what the last program left on the line has been answered. Nothing announces
        that, so: until the log has ended with the module's words for a moment."""
        deadline = time.monotonic() + seconds
        size = -1
        while time.monotonic() < deadline:
            before, size = size, self.log_size()
            last = self.log(max(0, size - 4096)).splitlines()[-1:]
            if size == before and not (last and " > " in last[0]):
                return
            time.sleep(0.02)

    def log_size(self):
        return self.log_path.stat().st_size if self.log_path.exists() else 0

    def commands(self, since=0):
        """The AT commands that the log from byte `since` on shows, without their payloads."""
        return list(_commands(self.log(since)))


_TRANSFER = re.compile(r" *[0-9.]+ ([<>]) (.*)")
_ESCAPE = re.compile(r"\\(?:x([0-9A-Fa-f]{2})|(.))")
_PLAIN = {"r": "\r", "n": "\n", "t": "\t", "\\": "\\"}


def _transfers(log):
    """(mark, text) for each line of the log that is bytes sent by the host, >, or the module, <."""
    for line in log.splitlines():
        if found := _TRANSFER.match(line):
            yield found[1], _ESCAPE.sub(
                lambda escape: chr(int(escape[1], 16)) if escape[1] else _PLAIN[escape[2]],
                found[2])


def _commands(log):
    line, payload, prompt_for = "", 0, 0
    for mark, text in _transfers(log):
        if mark == "<":
            if prompt_for and ">" in text:
                payload, prompt_for = prompt_for, 0
            continue
        skipped = min(payload, len(text))
        payload -= skipped
        line += text[skipped:]
        while "\r" in line:
            command, _, line = line.partition("\r")
            command = command.strip()
            if command.upper().startswith("AT"):
                yield command
            sending = re.fullmatch(r"AT\+CIPSEND=\d+,(\d+).*", command, re.IGNORECASE)
            prompt_for = int(sending[1]) if sending else 0
