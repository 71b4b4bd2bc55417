# SPDX-License-Identifier: MIT
"""Traces that are none, damaged or cut off, and files that can't be written: one clear line each."""
import signal
import sys

from harness import ADDRESS, main, process, servers
from trace.tracing import TRACER, TraceTest

COMMANDS = (("show",), ("summary",), ("report", "-o", "out.html"))


class BadInput(TraceTest):
    def setUp(self):
        super().setUp()
        web = self.start(servers.WebServer({"/": b"page\n"}))
        self.url = f"http://{ADDRESS}:{web.port}/"

    def write(self, content):
        name = self.scratch / "input"
        name.write_bytes(content)
        return name

    def assert_one_error(self, finished, *words, status=1):
        self.assertEqual(finished.status, status, finished)
        lines = finished.stderr.splitlines()
        self.assertEqual(len(lines), 1, finished)
        for word in ("a7600-trace: ", *words):
            self.assertIn(word, lines[0])

    def test_files_that_are_no_traces(self):
        for content, word in ((b"", "empty"), (b"hello\n", "not a pcapng file"),
                              (b"\xd4\xc3\xb2\xa1" + bytes(20), "a pcap file, not pcapng"),
                              (b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x1a\x2b\x3c\x4d" + bytes(16),
                               "another byte order")):
            name = self.write(content)
            for command in COMMANDS:
                with self.subTest(word=word, command=command):
                    self.assert_one_error(self.tracer(command[0], name, *command[1:]), str(name), word)

    def test_files_that_are_not_there(self):
        for command in COMMANDS:
            self.assert_one_error(self.tracer(command[0], "missing", *command[1:]),
                                  "missing: No such file or directory")
        self.assert_one_error(self.tracer("show", self.scratch), "Is a directory")

    def test_a_trace_that_was_cut_off_is_shown_to_its_end(self):
        got = self.succeeds(self.traced("curl", "-sS", self.url))
        whole = got.trace.read_bytes()
        text = self.tracer("show", got.trace).stdout
        cut = self.tracer("show", self.write(whole[:-7]))
        self.assert_one_error(cut, "cut off", status=0)
        self.assertTrue(text.startswith(cut.stdout))
        self.assertGreater(len(cut.stdout), len(text) - 200)

    def test_a_damaged_trace(self):
        got = self.succeeds(self.traced("curl", "-sS", self.url))
        damaged = bytearray(got.trace.read_bytes())
        damaged[-3] ^= 0xff
        self.assert_one_error(self.tracer("show", self.write(damaged)), "damaged at byte")
        for command in COMMANDS[1:]:
            self.assert_one_error(self.tracer(command[0], "input", *command[1:]), "damaged at byte")

    def test_a_trace_whose_program_was_killed_opens(self):
        name = self.scratch / "killed.pcapng"
        program = ("import os, signal, sys, urllib.request; print(urllib.request.urlopen(sys.argv[1])"
                   ".read(), flush=True); os.kill(os.getpid(), signal.SIGKILL)")
        killed = self.over_modem(sys.executable, "-c", program, self.url, log=None, TRACE=name)
        self.assertEqual((killed.status, killed.stdout), (-signal.SIGKILL, b"b'page\\n'\n"), killed)
        shown = self.succeeds(self.tracer("show", name))
        self.assertIn("connect(", shown.stdout.decode())
        # What the engine did since it last slept is lost with it.
        self.assertIn("sends", shown.stdout.decode())

    def test_a_trace_that_cannot_be_written_is_one_line_and_the_call_fails(self):
        failed = self.over_modem("curl", "-s", self.url, log=None, TRACE="/no/such/place")
        self.assertEqual(failed.status, 7, failed)
        self.assert_one_line(failed.stderr, "A7600_TRACE", '"/no/such/place"', "allowed")
        self.assertEqual(self.modem_log(), "")

    def test_an_output_that_cannot_be_written(self):
        for words in (["-o", "/no/such/place", "--", "true"],):
            got = process.run([TRACER, *words], self.trace_environment(), 20, cwd=self.scratch)
            self.assert_one_error(got, "/no/such/place", status=125)
        got = self.succeeds(self.traced("true"))
        self.assert_one_error(self.tracer("report", got.trace, "-o", "/no/such/place"),
                              "/no/such/place")

    def test_wrong_words_are_refused(self):
        for words in (["-e", "nonsense", "--", "true"], ["--payload", "x", "--", "true"], [],
                      ["show"], ["--", ], ["show", "a", "--", "true"], ["--wrong"]):
            with self.subTest(words=words):
                got = process.run([TRACER, *words], self.trace_environment(), 20, cwd=self.scratch)
                self.assertEqual(got.status, 2, got)
                self.assertTrue(got.stderr, got)

    def test_a_wrong_setting_is_one_line(self):
        got = process.run([TRACER, "--", "true"], self.trace_environment(BAUD="fast"), 20,
                          cwd=self.scratch)
        self.assert_one_error(got, "A7600_BAUD", status=125)


if __name__ == "__main__":
    main()
