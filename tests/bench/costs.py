# SPDX-License-Identifier: MIT
"""What the library costs a program that does not use the modem, or uses it for nothing."""
import os
import re
import resource
import subprocess
import threading
import time

from harness import ADDRESS, build_tree, process, servers
from harness.simulator import Simulator

from . import flows


def start_cost(scratch, runs=300):
    """Milliseconds that the library adds to a program that opens no socket: the difference of the
    fastest of alternating runs with and without it, the others having been disturbed."""
    plain = build_tree.clean_environment(scratch)
    loaded = {**plain, "LD_PRELOAD": build_tree.preload()}
    times = {True: [], False: []}
    for run in range(2 * runs):
        environment = loaded if run % 2 else plain
        begin = time.perf_counter()
        os.waitpid(os.posix_spawn("/bin/true", ["true"], environment), 0)
        times[bool(run % 2)].append(time.perf_counter() - begin)
    return 1000 * (min(times[True]) - min(times[False]))


def idle_calls(scratch, seconds=5):
    """System calls in `seconds` of a program that holds an open connection and waits."""
    connected = threading.Event()

    def hold(connection):
        connected.set()
        servers.receive_all(connection)

    server = servers.TcpServer(hold)
    modem = Simulator(scratch, log=False)
    program = process.Background(
        [build_tree.small_program("exchange"), ADDRESS, server.port, 1],
        flows.environment(scratch, modem, "buffer"), scratch / "idle.out")
    try:
        if not connected.wait(20):
            raise SystemExit(f"bench: no connection: {program.output()}")
        time.sleep(1)  # what follows a connect is not idleness
        threads = len(os.listdir(f"/proc/{program.process.pid}/task"))
        report = scratch / "strace.out"
        tracer = process.Background(
            ["strace", "-c", "-f", "-o", report, "-p", program.process.pid],
            build_tree.clean_environment(scratch), scratch / "strace.err")
        time.sleep(seconds)
        tracer.stop()
        attached = sum(int(count or 1) for count in re.findall(
            r" attached(?: with (\d+) threads)?", tracer.output()))
        if attached < threads:
            raise SystemExit(f"bench: strace traced {attached} of {threads} threads:\n"
                             f"{tracer.output()}")
        total = re.search(r"(\d+)\s+(?:\d+\s+)?total", report.read_text())
        return int(total[1]) if total else 0
    finally:
        program.stop()
        modem.stop()
        server.stop()


def redis(scratch, rounds=9, requests=40_000):
    """redis-benchmark over loopback, with the library in it and without, in alternating runs:
    (requests per second of the fastest, CPU microseconds per request of the cheapest) of each. The
    other runs have been disturbed."""
    plain = build_tree.clean_environment(scratch)
    loaded = {**plain, "LD_PRELOAD": build_tree.preload(), "A7600_PORT": "/dev/null"}
    port = 7399
    server = process.Background(
        ["redis-server", "--port", port, "--save", "", "--dir", scratch], plain,
        scratch / "redis.out")
    rates, costs = {True: [], False: []}, {True: [], False: []}
    try:
        process.eventually(lambda: b"PONG" in subprocess.run(
            ["redis-cli", "-p", str(port), "ping"], capture_output=True).stdout, 20)
        for run in range(2 * rounds):
            before = _children_cpu()
            seen = process.run(
                ["redis-benchmark", "-p", port, "-n", requests, "-t", "get", "--csv"],
                loaded if run % 2 else plain, 120)
            rate = re.search(rb'"GET","([0-9.]+)"', seen.stdout)
            if not rate:
                raise SystemExit(f"bench: {seen}")
            rates[bool(run % 2)].append(float(rate[1]))
            costs[bool(run % 2)].append((_children_cpu() - before) / requests * 1e6)
    finally:
        server.stop()
    return [(max(rates[on]), min(costs[on])) for on in (True, False)]


def _children_cpu():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def rows(scratch):
    yield "`true` with the library, fastest of 300", f"{start_cost(scratch):+.2f} ms", "< 1 ms"
    (rate, cost), (plain_rate, plain_cost) = redis(scratch)
    yield ("redis-benchmark GET over loopback, with the library",
           f"{rate:.0f}/s, without {plain_rate:.0f}/s: {rate / plain_rate:.3f}", ">= 0.98")
    yield ("its CPU time per request", f"{cost:.1f} us, without {plain_cost:.1f} us: "
           f"{plain_cost / cost:.3f}", ">= 0.98")
    yield "system calls in 5 s of an idle connection", str(idle_calls(scratch)), "0"
