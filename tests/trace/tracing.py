# SPDX-License-Identifier: MIT
"""What the tests of the tracer share: programs run under it, and traces looked at with Wireshark's
own tools."""
import ast
import os
import re
import shutil
import subprocess

from harness import ModemTest, build_tree, process

TRACER = build_tree.BUILD / "tools" / "a7600-trace"


class TraceTest(ModemTest):
    """A ModemTest whose programs run under a7600-trace."""

    def trace_environment(self, **settings):
        environment = self.modem_environment(log=None, **settings)
        # The tracer puts the library in; a sanitizer's runtime has to be there before it.
        runtimes = [word for word in environment.pop("LD_PRELOAD").split()
                    if word != str(build_tree.LIBRARY)]
        if runtimes:
            environment["LD_PRELOAD"] = " ".join(runtimes)
        return environment

    def traced(self, *argv, options=(), timeout=60, stdin=b"", **settings):
        """Runs a program under the tracer; `.trace` of what it returns is the trace's path."""
        trace = self.scratch / f"{self.id()}.pcapng"
        finished = process.run([TRACER, "-o", trace, *options, "--", *argv],
                               self.trace_environment(**settings), timeout, stdin, self.scratch)
        finished.trace = trace
        return finished

    def tracer(self, *words, timeout=60):
        """Runs the tracer itself: show, summary, report."""
        return process.run([TRACER, *words], self.kernel_environment(), timeout, cwd=self.scratch)

    def need(self, *programs):
        for program in programs:
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")

    def tshark(self, trace, *words):
        """tshark's output for a trace, checksums checked."""
        self.need("tshark")
        environment = {**self.kernel_environment(), "HOME": str(self.scratch)}
        seen = subprocess.run(
            ["tshark", "-r", trace, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
             "-o", "udp.check_checksum:TRUE", *words],
            env=environment, capture_output=True, text=True, errors="replace", timeout=120)
        self.assertEqual(seen.returncode, 0, seen.stderr)
        return seen.stdout

    def fields(self, trace, display_filter, *names):
        """For each packet that the filter lets pass, the values of its fields."""
        words = [word for name in names for word in ("-e", name)]
        lines = self.tshark(trace, "-Y", display_filter, "-T", "fields", *words).splitlines()
        return [line.split("\t") for line in lines]

    def assert_sound(self, trace):
        """Wireshark's tools read the whole file and find nothing wrong with its packets."""
        self.need("capinfos")
        info = subprocess.run(["capinfos", "-M", trace], capture_output=True, text=True,
                              env=self.kernel_environment(), timeout=60)
        self.assertEqual((info.returncode, info.stderr), (0, ""), info)
        self.assertIn("a7600sock", info.stdout)
        wrong = self.tshark(trace, "-Y", "ip.checksum.status == 0 || tcp.checksum.status == 0 || "
                            "udp.checksum.status == 0 || tcp.analysis.flags || _ws.malformed")
        self.assertEqual(wrong, "")

    def serial_bytes(self, trace):
        """What both sides sent on the serial line: (host, module)."""
        sides = {"host": bytearray(), "module": bytearray()}
        for event, data in self.fields(trace, "frame.interface_id == 0 && rtacser",
                                       "rtacser.eventtype", "data.data"):
            sides["host" if int(event, 0) == 1 else "module"] += bytes.fromhex(data)
        return bytes(sides["host"]), bytes(sides["module"])


_TRANSFER = re.compile(r" *[0-9.]+ ([<>]) (.*)")


def logged_bytes(log):
    """The same from the simulator's log."""
    sides = {">": bytearray(), "<": bytearray()}
    for line in log.splitlines():
        if found := _TRANSFER.match(line):
            text = found[2].replace('"', '\\"')
            sides[found[1]] += ast.literal_eval(f'b"{text}"')
    return bytes(sides[">"]), bytes(sides["<"])


def chromium(page, screenshot, *options, size="1300,1300", timeout=120, scratch=None, dump=True):
    """Loads a page in a headless Chromium: (its document when all is done, its console)."""
    profile = scratch / f"chromium.{os.getpid()}.{screenshot.name}"
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
             "--no-first-run", "--disable-background-networking", "--disable-component-update",
             "--disable-sync", f"--user-data-dir={profile}", "--enable-logging=stderr",
             f"--window-size={size}", "--virtual-time-budget=4000", *options]
    words += ["--dump-dom"] if dump else [f"--screenshot={screenshot}"]
    environment = {**build_tree.clean_environment(scratch), "HOME": str(scratch)}
    finished = process.run([*words, page], environment, timeout, cwd=scratch)
    # The browser's own pages talk there, too.
    console = [line for line in finished.stderr.splitlines()
               if "CONSOLE" in line and "source: chrome://" not in line]
    return finished.stdout.decode(errors="replace"), console
