# SPDX-License-Identifier: MIT
"""What a second AT channel is worth: the bare commands over one channel and over two, and the
library with one port and with two."""
import itertools
import threading
import time

from harness import ADDRESS
from harness.simulator import Simulator

from . import ceilings, exchange, flows

SECOND = "--second-port"
HEADER = ("kB/s", "baud", "turnaround", "bare, one", "bare, two", "library, one", "library, two",
          "gain")


def _read(line, link):
    line.command(f"AT+CIPRXGET=2,{link}", bytes(ceilings.CHUNK), b"\r\nOK\r\n")
    return ceilings.CHUNK


def _send(line, link):
    line.command(f"AT+CIPSEND={link},1500", b">")
    line.write(bytes(ceilings.CHUNK))
    line.wait(f"+CIPSEND: {link},1500,1500\r\n".encode())
    return ceilings.CHUNK


def _pushed(line, _):
    line.wait(bytes(ceilings.CHUNK))
    return ceilings.CHUNK


def _repeat(step, lines_and_links, end):
    moved = 0
    for line, link in itertools.cycle(lines_and_links):
        moved += step(line, link)
        if time.monotonic() >= end:
            return moved


def _bare(scratch, case, channels, seconds):
    """Bytes per second of the commands alone: two links over one channel in turn, or each over its
    own; pushed data comes over the first, beside sends over the second."""
    peer = flows.Peer(case.direction, 0, seconds)
    modem = Simulator(scratch, *flows.simulator_options(case.baud, case.turnaround), SECOND,
                      log=False)
    first = exchange.bare_line(modem)
    second = exchange.Line(modem.second_port)
    try:
        second.command("ATE0", b"OK\r\n")
        for link in (9, 8)[:case.links]:
            first.command(f'AT+CIPOPEN={link},"TCP","{ADDRESS}",{peer.port}',
                          f"+CIPOPEN: {link},0\r\n".encode())
        if case.direction == "both":
            first.command("AT+CIPRXGET=0", b"OK\r\n")
            jobs = [(_pushed, [(first, 9)]), (_send, [(second, 9)])]
        else:
            step = _read if case.direction == "down" else _send
            pairs = [(first, 9), (second if channels == 2 else first, 8)]
            jobs = [(step, [pair]) for pair in pairs] if channels == 2 else [(step, pairs)]
        begin = time.monotonic()
        moved = []
        threads = [threading.Thread(
            target=lambda job=job: moved.append(_repeat(*job, begin + seconds))) for job in jobs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(moved) / (time.monotonic() - begin)
    finally:
        first.close()
        second.close()
        modem.stop()
        peer.stop()


BAUDS = (115200, 921600, 0)
# Unpaced, a pushed download outruns its reader now and then, and its rate tells nothing.
CASES = (("downloads over two links, buffer", "down", "buffer", 2, BAUDS),
         ("uploads over two links, buffer", "up", "buffer", 2, BAUDS),
         ("upload beside a pushed download, one link", "both", "auto", 1, BAUDS[:2]))


def rows(scratch, seconds):
    for name, direction, mode, links, bauds in CASES:
        for baud, turnaround in itertools.product(bauds, (0.005, 0.02)):
            case = flows.Case(baud, turnaround, direction, mode, links)
            bare = [_bare(scratch, case, channels, seconds) if direction != "both" or channels == 2
                    else None for channels in (1, 2)]
            one = flows.measure(scratch, case, 1.5, seconds).rate
            two = flows.measure(scratch, case, 1.5, seconds, SECOND).rate
            yield (name, str(baud or "unpaced"), f"{turnaround * 1000:.0f} ms",
                   *("" if rate is None else f"{rate / 1000:.1f}" for rate in bare),
                   f"{one / 1000:.1f}", f"{two / 1000:.1f}", f"{two / one:.2f}")
