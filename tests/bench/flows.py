# SPDX-License-Identifier: MIT
"""Rates: one connection that moves bytes as fast as they go, downward, upward, or both at once."""
import os
import pty
import statistics
import subprocess
import threading
import time
import tty
from dataclasses import dataclass

from harness import ADDRESS, build_tree, process, servers
from harness.simulator import Simulator

from . import ceilings

PROGRAMS = build_tree.BUILD / "tests" / "bench"
DIRECTIONS = ("down", "up", "both")
MODES = ("buffer", "auto", "transparent")
MB = 1e6


@dataclass
class Case:
    baud: int  # 0: not paced
    turnaround: float
    direction: str
    mode: str
    links: int = 1


@dataclass
class Flow:
    rate: float  # bytes of payload a second, both directions together
    cpu: float  # seconds of the program and its engine per MB


def environment(scratch, modem, mode, baud=0):
    (scratch / "empty.conf").touch()
    settings = {**build_tree.clean_environment(scratch), "LD_PRELOAD": build_tree.preload(),
                "A7600_CONFIG": str(scratch / "empty.conf"), "A7600_PORT": modem.ports,
                "A7600_BAUD": str(baud or 115200)}
    if mode == "transparent":
        settings["A7600_MODE"] = mode
    else:
        settings["A7600_RX"] = mode
    return settings


def simulator_options(baud, turnaround):
    paced = ("--baud", str(baud)) if baud else ()
    return (*paced, "--latency-ms", str(round(turnaround * 1000)))


class Peer:
    """The far end: sends without end, and measures what comes, each if it is asked to."""

    def __init__(self, direction, warm, seconds):
        self._direction = direction
        self._warm = warm
        self._seconds = seconds
        self.rate = 0.0
        self._lock = threading.Lock()
        self._first = self._begin = None
        self._received = 0
        self._done = threading.Event()
        self._server = servers.TcpServer(self._serve)
        self.port = self._server.port

    def _serve(self, connection):
        if self._direction != "up":
            threading.Thread(target=self._send, args=(connection,), daemon=True).start()
        if self._direction == "down":
            self._done.wait()
        else:
            self._receive(connection)

    @staticmethod
    def _send(connection):
        data = bytes(1 << 18)
        try:
            while True:
                connection.sendall(data)
        except OSError:
            pass

    def _receive(self, connection):
        buffer = bytearray(1 << 18)
        while piece := connection.recv_into(buffer):
            if self._count(piece, time.monotonic()):
                break
        self._done.wait()

    def _count(self, piece, now):
        """Of all connections together; true when it has been looked at for long enough."""
        with self._lock:
            self._first = self._first or now
            if now - self._first < self._warm:
                return False
            if self._begin is None:
                self._begin = now
                return False
            if now - self._begin < self._seconds:
                self._received += piece
                self.rate = self._received / (now - self._begin)
            return now - self._begin >= self._seconds

    def stop(self):
        self._done.set()
        self._server.stop()


def measure(scratch, case, warm, seconds, *options):
    """`options`: more of the simulator's."""
    peer = Peer(case.direction, warm, seconds)
    modem = Simulator(scratch, *simulator_options(case.baud, case.turnaround), *options, log=False)
    try:
        seen = process.run([PROGRAMS / "flow", case.direction, ADDRESS, peer.port, warm, seconds,
                            case.links],
                           environment(scratch, modem, case.mode, case.baud), warm + seconds + 60)
        if not seen.stdout:
            raise SystemExit(f"bench: {seen}")
        down, received, written, cpu = map(float, seen.stdout.split())
        return Flow(down + peer.rate, cpu / max((received + written) / MB, 1e-9))
    finally:
        modem.stop()
        peer.stop()


def median(scratch, case, warm, seconds, rounds):
    flows = [measure(scratch, case, warm, seconds) for _ in range(rounds)]
    return Flow(statistics.median(flow.rate for flow in flows),
                statistics.median(flow.cpu for flow in flows))


HEADER = ("baud", "turnaround", "direction", "mode", "kB/s", "of the line", "of the ceiling",
          "CPU s/MB")


def row(case, flow):
    cells = [f"{case.baud or 'unpaced'}", f"{case.turnaround * 1000:.0f} ms", case.direction,
             case.mode, f"{flow.rate / 1000:.1f}", "", "", f"{flow.cpu:.4f}"]
    if case.baud:
        ceiling = ceilings.ceiling(case.mode, case.direction, case.baud, case.turnaround)
        cells[5] = f"{flow.rate * 10 / case.baud:.3f}"
        cells[6] = f"{flow.rate / ceiling:.3f}"
    return tuple(cells)


def bare(direction, seconds=2):
    """The bare exchange over a PTY."""
    rate = float(subprocess.run([PROGRAMS / "bare", direction, str(seconds)], check=True,
                                capture_output=True).stdout)
    return Flow(rate, 0)


def cat(size=200_000_000):
    """What cat moves through a raw PTY, and what it costs the end that reads."""
    modem, port = pty.openpty()
    tty.setraw(port)
    begin = time.monotonic()
    reader = subprocess.Popen(["head", "-c", str(size)], stdin=port, stdout=subprocess.DEVNULL)
    writer = subprocess.Popen(["cat", "/dev/zero"], stdout=modem)
    _, _, usage = os.wait4(reader.pid, 0)
    seconds = time.monotonic() - begin
    reader.returncode = 0
    writer.kill()
    writer.wait()
    os.close(modem)
    os.close(port)
    return Flow(size / seconds, (usage.ru_utime + usage.ru_stime) / (size / MB))
