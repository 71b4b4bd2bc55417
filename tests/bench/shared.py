# SPDX-License-Identifier: MIT
"""Programs that share an engine: `a7600 serve` over the simulated modem, and what it is asked to
do."""
import json
import os
import sys
import time

from harness import ADDRESS, build_tree, process, servers
from harness.simulator import Simulator

COMMAND = build_tree.BUILD / "tools" / "a7600"

PING = """
import json, socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
times = []
for _ in range(int(sys.argv[3])):
    begin = time.monotonic()
    s.sendall(b"x" * 64)
    left = 64
    while left: left -= len(s.recv(left))
    times.append(time.monotonic() - begin)
print(json.dumps(sorted(times)))
"""


class Rig:
    def __init__(self, scratch, *options, mode="buffer"):
        self.scratch = scratch
        self.modem = Simulator(scratch, *options, log=False)
        (scratch / "empty.conf").touch()
        self.environment = {**build_tree.clean_environment(scratch),
                            "XDG_RUNTIME_DIR": str(scratch), "A7600_RX": mode,
                            "A7600_CONFIG": str(scratch / "empty.conf"),
                            "A7600_PORT": self.modem.port}
        self.client = {**self.environment, "LD_PRELOAD": build_tree.preload()}
        self.serving = None

    def serve(self, *words):
        self.serving = process.Background([COMMAND, "serve", *words], self.environment,
                                          self.scratch / "serve.out")
        while process.run([COMMAND, "status"], self.environment, 10).status != 0:
            time.sleep(0.05)

    def status(self):
        return json.loads(process.run([COMMAND, "status", "--json"], self.environment, 20).stdout)

    def resources(self):
        """Descriptors and resident KB of the engine."""
        pid = self.serving.process.pid
        with open(f"/proc/{pid}/status") as status:
            resident = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
        return len(os.listdir(f"/proc/{pid}/fd")), resident

    def download(self, port, name):
        """A program that reads without end."""
        return process.Background(
            ["curl", "-sS", "--http0.9", "-o", "/dev/null", f"http://{ADDRESS}:{port}/"],
            self.client, self.scratch / name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.serving:
            self.serving.stop()
        self.modem.stop()


def endless():
    """A server that sends more than anybody will read."""
    return servers.TcpServer(lambda connection: connection.sendall(bytes(10_000_000)))


def fairness(rig, count=9, seconds=25):
    """Jain's index of what each of `count` programs has received after `seconds`."""
    server = endless()
    running = [rig.download(server.port, f"curl{n}") for n in range(count)]

    def received():
        return {link["pid"]: link["rx_bytes"] for link in rig.status()["links"]}

    try:
        time.sleep(5)  # until all are connected and past their windows
        first = received()
        time.sleep(seconds)
        last = received()
        shares = [last[pid] - first[pid] for pid in first]
        if len(shares) != count:
            raise SystemExit(f"bench: {len(shares)} links")
        return sum(shares) ** 2 / (count * sum(share * share for share in shares))
    finally:
        for each in running:
            each.stop()
        server.stop()


def ping_pong(rig, bulk=True, rounds=60):
    """Seconds of each exchange of 64 bytes in one program, sorted; with `bulk` beside a download of
    another."""
    server = endless()
    echo = servers.TcpServer(servers.echo)
    running = [rig.download(server.port, "bulk")] if bulk else []
    try:
        time.sleep(2)
        seen = process.run([sys.executable, "-c", PING, ADDRESS, echo.port, rounds], rig.client,
                           120)
        return json.loads(seen.stdout)
    finally:
        for each in running:
            each.stop()
        server.stop()
        echo.stop()


PACED = ("--baud", "115200", "--latency-ms", "20")
CHUNK_TIME = 1500 * 10 / 115200 + 0.02  # of 1500 bytes, and the turnaround


def _milliseconds(times):
    return f"median {times[len(times) // 2] * 1000:.0f} ms, worst {times[-1] * 1000:.0f} ms"


def rows(scratch):
    for mode in ("buffer", "auto"):
        with Rig(scratch, *PACED, mode=mode) as rig:
            rig.serve()
            if mode == "buffer":
                yield "64 bytes there and back, idle line", _milliseconds(ping_pong(rig, False)), ""
            yield (f"64 bytes there and back beside a download, {mode}",
                   _milliseconds(ping_pong(rig)),
                   f"two chunk times: {2 * CHUNK_TIME * 1000:.0f} ms")
    for mode in ("buffer", "auto"):
        with Rig(scratch, *PACED, mode=mode) as rig:
            rig.serve()
            yield (f"9 downloads of 9 programs, {mode}", f"Jain's index {fairness(rig):.3f}",
                   ">= 0.98")
