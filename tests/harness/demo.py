# SPDX-License-Identifier: MIT
"""What tools/demo shows: a page and a file fetched by an unmodified curl through the modem."""
import contextlib
import os
import random
import shlex
import signal
import sys
import tempfile
import time
from pathlib import Path

from . import build_tree, process, servers
from .case import sha256
from .simulator import ADDRESS, Simulator

BAUD = 115200
TURNAROUND_MS = 20
FILE_SIZE = 200_000
NAME = "www.example.test"
PAGE = b"""<!doctype html>
<title>It works</title>
<p>This page came over a serial line, one AT command at a time.
"""


def show(*words):
    print(f"\n$ {shlex.join(map(str, words))}", flush=True)


class Demo:
    """One run: the simulator and the web server, and curl's environment."""

    def __init__(self, cleanup, scratch):
        self.scratch = scratch
        self.file = random.Random(1).randbytes(FILE_SIZE)
        self.web = servers.WebServer({"/": PAGE, "/file": self.file})
        cleanup.callback(self.web.stop)
        options = ["--baud", str(BAUD), "--latency-ms", str(TURNAROUND_MS),
                   "--map", f"{ADDRESS}:80=127.0.0.1:{self.web.port}", "--dns", f"{NAME}={ADDRESS}"]
        show("build/tools/a7600-sim", *options)
        self.modem = Simulator(scratch, *options)
        cleanup.callback(self.modem.stop)
        print(f"PORT {self.modem.port}")
        self.environment = {**build_tree.clean_environment(scratch),
                            "LD_PRELOAD": build_tree.preload(), "A7600_PORT": self.modem.port}
        print(f"\n$ export A7600_PORT={self.modem.port} "
              f"LD_PRELOAD=$PWD/{os.path.relpath(build_tree.LIBRARY)}")

    def curl(self, *words):
        show("curl", *words)
        finished = process.run(["curl", "-sS", *words], self.environment, timeout=120,
                               cwd=self.scratch)
        if finished.status != 0:
            raise SystemExit(f"demo: curl failed\n{finished}\n--- the simulator's log, its end:\n"
                             f"{self.modem.log()[-3000:]}")
        return finished

    def page(self):
        page = self.curl(f"http://{NAME}/").stdout
        print(page.decode(errors="replace"), end="")
        if page != PAGE:
            raise SystemExit("demo: that isn't the page that the server has")

    def download(self):
        log_start = self.modem.log_size()
        started = time.monotonic()
        seen = self.curl("-o", "file", "-w", "%{time_starttransfer} %{time_total}",
                         f"http://{ADDRESS}/file")
        whole = time.monotonic() - started
        first, total = map(float, seen.stdout.split())
        got = (self.scratch / "file").read_bytes()
        if got != self.file:
            raise SystemExit(f"demo: {len(got)} bytes arrived, and not those that the server has")
        print(f"SHA-256 {sha256(got)}, as on the server")
        rate = len(got) / (total - first)
        line = BAUD / 10
        print(f"\n  bytes        {len(got)}"
              f"\n  seconds      {whole:.1f} from start to end of curl, {total - first:.1f} of "
              "them for the file itself"
              f"\n  speed        {rate:.0f} bytes/s, {100 * rate / line:.0f} % of the line's "
              f"{line:.0f}"
              f"\n  AT commands  {len(self.modem.commands(log_start))}")


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with contextlib.ExitStack() as cleanup:
        scratch = cleanup.enter_context(tempfile.TemporaryDirectory(prefix="a7600-demo-"))
        demo = Demo(cleanup, Path(scratch))
        demo.page()
        demo.download()


if __name__ == "__main__":
    main()
