# SPDX-License-Identifier: MIT
"""The text views: live, from a file, against golden transcripts; and the command's own streams and
status."""
import json
import os
import re
import signal
import sys
import time
from pathlib import Path

from harness import ADDRESS, main, process, servers
from trace.tracing import TRACER, TraceTest

GOLDEN = Path(__file__).parent / "golden"

# A program whose engine, in its own process, others may use.
HOLD = """
import socket, sys, time
held = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
time.sleep(60)
"""


class Text(TraceTest):
    def setUp(self):
        super().setUp()
        self.web = self.start(servers.WebServer({"/": b"page\n"}))
        self.url = f"http://{ADDRESS}:{self.web.port}/"

    def test_stdin_stdout_and_status_are_the_commands(self):
        got = self.traced("sh", "-c", "cat; exit 7", stdin=b"\x00in\xff")
        self.assertEqual((got.status, got.stdout), (7, b"\x00in\xff"))

    def test_a_signal_is_128_and_its_number(self):
        got = self.traced("sh", "-c", "kill -TERM $$")
        self.assertEqual(got.status, 128 + signal.SIGTERM, got)

    def test_a_command_that_is_not_there_is_127_and_one_that_cannot_run_is_126(self):
        missing = self.traced("no-such-command")
        self.assertEqual(missing.status, 127, missing)
        self.assertEqual(len(missing.stderr.splitlines()), 1, missing)
        self.assertEqual(self.traced("/etc/passwd").status, 126)

    def test_calls_come_with_what_they_caused(self):
        got = self.succeeds(self.traced("curl", "-sS", self.url, RX="buffer"))
        self.assertEqual(got.stdout, b"page\n")
        lines = got.stderr.splitlines()
        connect = next(i for i, line in enumerate(lines) if line.startswith("connect("))
        self.assertRegex(lines[connect],
                         rf"^connect\(\d+, {re.escape(ADDRESS)}:{self.web.port}\) = -1 EINPROGRESS "
                         r"\(.*\) <\d+\.\d{6}>$")
        opened = next(i for i, line in enumerate(lines) if "AT+CIPOPEN=9," in line)
        self.assertGreater(opened, connect)
        self.assertRegex(lines[opened], r"^  \[9\] AT\+CIPOPEN=9,.* -> .*OK  queue \d+\.\d "
                                        r"turnaround \d+\.\d transfer \d+\.\d ms$")
        text = got.stderr
        self.assertRegex(text, r"\n  \[9\] sends \d+ bytes \"GET / HTTP/1\.1\\r\\n")
        self.assertRegex(text, r"\n  \[9\] AT\+CIPSEND=9,\d+ -> .* prompt \d+\.\d turnaround")
        self.assertRegex(text, r"\n  \[9\] receives \d+ bytes \"HTTP/1\.1 200 OK")
        self.assertNotIn("\x1b", text)

    def test_show_prints_what_was_printed_live(self):
        got = self.succeeds(self.traced("curl", "-sS", self.url))
        shown = self.succeeds(self.tracer("show", got.trace))
        self.assertEqual(sorted(shown.stdout.decode().splitlines()),
                         sorted(got.stderr.splitlines()))

    def test_children_and_what_they_become_are_traced(self):
        got = self.succeeds(self.traced("sh", "-c", f"curl -sS {self.url}; curl -sS {self.url} & wait"))
        self.assertEqual(got.stdout, b"page\npage\n")
        self.assertEqual(len(re.findall(r"^(\[pid \d+\] )?connect\(", got.stderr, re.M)), 2)
        self.assertEqual(len(re.findall(r"^\[pid \d+\] connect\(", got.stderr, re.M)), 1)

    def test_filters(self):
        got = self.succeeds(self.traced("curl", "-sS", self.url, RX="buffer"))

        def shown(*words):
            return self.succeeds(self.tracer("show", got.trace, *words)).stdout.decode().splitlines()
        self.assertTrue(all(line.startswith("connect(") for line in shown("-e", "call=connect")))
        self.assertTrue(all(" -> " in line for line in shown("-e", "at")))
        urcs = shown("-e", "urc", "-e", "link=9")
        self.assertIn("  [9] +CIPRXGET: 1,9", urcs)
        self.assertTrue(all(line.startswith("  [9] ") for line in shown("-e", "link=9")))
        self.assertEqual(shown("-e", "link=3"), [])
        self.assertRegex(shown("-tt")[0], r"^\d\d:\d\d:\d\d\.\d{6} ")
        self.assertIn('"GET "...', "\n".join(shown("-s", "4")))

    def test_a_summary_counts(self):
        got = self.succeeds(self.traced("curl", "-sS", self.url, options=["-c"]))
        self.assertRegex(got.stderr, r"\n? +\d+\.\d{6} +1 +1 .* connect\n")
        self.assertRegex(got.stderr, r" 1 .*  AT\+CIPSEND\n")
        self.assertRegex(got.stderr, rf"\n +9 .* {re.escape(ADDRESS)}:{self.web.port}\n")
        self.assertIn("AT channel: busy", got.stderr)
        self.assertEqual(self.succeeds(self.tracer("summary", got.trace)).stdout.decode(), got.stderr)

    def test_without_a_file_nothing_is_kept(self):
        before = set(os.listdir(self.scratch))
        got = process.run([TRACER, "--", "curl", "-sS", self.url], self.trace_environment(), 60,
                          cwd=self.scratch)
        self.assertEqual((got.status, got.stdout), (0, b"page\n"), got)
        self.assertIn("AT+CIPOPEN", got.stderr)
        self.assertEqual(set(os.listdir(self.scratch)), before)

    def test_a_running_engine_is_traced_and_runs_on(self):
        holder = self.start(process.Background(
            [sys.executable, "-c", HOLD, ADDRESS, str(self.web.port)],
            self.modem_environment(log=None), self.scratch / "holder"))
        deadline = time.monotonic() + 20
        while "ready" not in holder.output() and time.monotonic() < deadline:
            time.sleep(0.02)
        names = Path("/proc/net/unix").read_text()
        engine = re.search(rf"@a7600\.{holder.process.pid}\.[0-9a-f]+$", names, re.M)
        self.assertTrue(engine, holder.output())
        for _ in range(2):
            got = self.succeeds(self.traced("curl", "-sS", self.url, ENGINE=engine.group()))
            self.assertEqual(got.stdout, b"page\n")
            self.assertIn("AT+CIPOPEN", got.stderr)
        twice = self.traced(TRACER, "--", "true", ENGINE=engine.group())
        self.assertEqual(twice.status, 125, twice)
        self.assertIn("traced already", twice.stderr)
        self.assertTrue(holder.running())

    def test_a7600_trace_alone_writes_a_trace_too(self):
        name = self.scratch / "alone.%p.pcapng"
        got = self.succeeds(self.over_modem("curl", "-sS", self.url, log=None, TRACE=name))
        self.assertEqual((got.stdout, got.stderr), (b"page\n", ""))
        written = list(self.scratch.glob("alone.*.pcapng"))
        self.assertEqual(len(written), 1)
        self.assertRegex(written[0].name, r"^alone\.\d+\.pcapng$")
        text = self.succeeds(self.tracer("show", written[0])).stdout.decode()
        self.assertIn("connect(", text)
        self.assertIn("AT+CIPOPEN", text)


class Golden(TraceTest):
    def test_transcripts(self):
        traces = sorted(GOLDEN.glob("*.pcapng"))
        self.assertTrue(traces)
        for trace in traces:
            for words in json.loads(trace.with_suffix(".json").read_text()):
                with self.subTest(trace=trace.name, words=words):
                    seen = self.succeeds(self.tracer(words[0], trace, *words[2:]))
                    expected = (GOLDEN / words[1]).read_text()
                    self.assertEqual(seen.stdout.decode(), expected)


if __name__ == "__main__":
    main()
