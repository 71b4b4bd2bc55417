# SPDX-License-Identifier: MIT
"""How long a connection takes, and its first byte, beside the bare AT commands that do the same;
and what rate those reach where the machine, not the line, is what bounds it."""
import itertools
import os
import select
import statistics
import time
import tty

from harness import ADDRESS, process, servers
from harness.simulator import Simulator

from . import ceilings, flows


class Line:
    """A host without any library: commands and their answers over the port, as fast as they go."""

    def __init__(self, port):
        self._fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self._fd)
        self._seen = b""

    def command(self, text, *awaited):
        """Sends a command, and waits for each of `awaited` in turn."""
        self.write(text.encode() + b"\r")
        for word in awaited:
            self.wait(word)

    def write(self, data):
        while data:
            data = data[os.write(self._fd, data):]

    def wait(self, word):
        while word not in self._seen:
            if not select.select([self._fd], [], [], 20)[0]:
                raise SystemExit(f"bench: waited for {word!r} and saw {self._seen!r}")
            self._seen += os.read(self._fd, 65536)
        self._seen = self._seen.partition(word)[2]

    def close(self):
        os.close(self._fd)


def bare_line(modem):
    line = Line(modem.port)
    line.command("ATE0", b"OK\r\n")
    line.command("AT+CIPRXGET=1", b"OK\r\n")
    line.command("AT+NETOPEN", b"+NETOPEN: 0\r\n")
    return line


def bare(modem, port, count):
    """(connect, first byte) in seconds, medians."""
    line = bare_line(modem)
    connects, firsts = [], []
    for _ in range(count):
        begin = time.monotonic()
        line.command(f'AT+CIPOPEN=0,"TCP","{ADDRESS}",{port}', b"+CIPOPEN: 0,0\r\n")
        connects.append(time.monotonic() - begin)
        line.wait(b"+CIPRXGET: 1,0\r\n")
        line.command("AT+CIPRXGET=2,0", b"+CIPRXGET: 2,0,", b"\r\nOK\r\n")
        firsts.append(time.monotonic() - begin)
        line.command("AT+CIPCLOSE=0", b"+CIPCLOSE: 0,0\r\n")
    line.close()
    return statistics.median(connects), statistics.median(firsts)


def bare_rate(scratch, case, seconds):
    """Bytes per second that nothing but the commands moves, one after the other."""
    peer = flows.Peer(case.direction, 0, seconds)
    modem = Simulator(scratch, *flows.simulator_options(case.baud, case.turnaround), log=False)
    line = bare_line(modem)
    try:
        line.command(f'AT+CIPOPEN=9,"TCP","{ADDRESS}",{peer.port}', b"+CIPOPEN: 9,0\r\n")
        payload = bytes(ceilings.CHUNK)
        chunks = 0
        begin = time.monotonic()
        while time.monotonic() - begin < seconds:
            if case.direction == "down":
                line.command("AT+CIPRXGET=2,9", payload, b"\r\nOK\r\n")
            else:
                line.command("AT+CIPSEND=9,1500", b">")
                line.write(payload)
                line.wait(b"+CIPSEND: 9,1500,1500\r\n")
            chunks += 1
        return chunks * ceilings.CHUNK / (time.monotonic() - begin)
    finally:
        line.close()
        modem.stop()
        peer.stop()


def through_library(scratch, modem, port, count):
    seen = process.run([flows.PROGRAMS / "first", ADDRESS, port, count],
                       flows.environment(scratch, modem, "buffer"), 120)
    if seen.status != 0:
        raise SystemExit(f"bench: {seen}")
    times = [tuple(map(float, line.split())) for line in seen.stdout.splitlines()]
    return tuple(statistics.median(column) for column in zip(*times))


def rows(scratch, count=15):
    for turnaround in (0.005, 0.02):
        def say(connection):
            connection.sendall(b"x")
            servers.receive_all(connection)

        server = servers.TcpServer(say)
        options = flows.simulator_options(115200, turnaround)
        results = []
        for measure in (lambda modem: bare(modem, server.port, count),
                        lambda modem: through_library(scratch, modem, server.port, count)):
            modem = Simulator(scratch, *options, log=False)
            results.append(measure(modem))
            modem.stop()
        server.stop()
        for name, at in (("connect", 0), ("first byte", 1)):
            plain, ours = results[0][at], results[1][at]
            yield (f"{name}, 115200 baud, {turnaround * 1000:.0f} ms",
                   f"{ours * 1000:.1f} ms, the bare exchange {plain * 1000:.1f} ms: "
                   f"{ours / plain:.3f}", "<= 1.05")
    for baud, direction in itertools.product((115200, 921600, 3000000), ("down", "up")):
        case = flows.Case(baud, 0.005, direction, "buffer")
        ceiling = ceilings.ceiling(case.mode, direction, baud, case.turnaround)
        plain, ours = [], []
        for _ in range(3):
            plain.append(bare_rate(scratch, case, 2))
            ours.append(flows.measure(scratch, case, 0.5, 2).rate)
        plain, ours = statistics.median(plain), statistics.median(ours)
        yield (f"{direction}, buffer, {baud} baud, 5 ms, beside bare AT commands",
               f"{ours / ceiling:.3f} of the ceiling, the bare commands {plain / ceiling:.3f}: "
               f"{ours / plain:.3f}", ">= 0.98 of the ceiling")
