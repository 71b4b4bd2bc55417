# SPDX-License-Identifier: MIT
"""The rig itself: it must be able to fail."""
import socket
import sys
from pathlib import Path

import harness
from harness import ADDRESS, HardTimeout, LIBRARY, ModemTest, isolated, main, servers
from harness.build_tree import PATIENCE


class Harness(ModemTest):
    def setUp(self):
        super().setUp()
        self.web = self.start(servers.WebServer({"/page": b"hello\n"}))
        self.url = f"http://{ADDRESS}:{self.web.port}/page"

    def test_curl_without_the_library_does_not_reach_the_test_network(self):
        if not isolated():
            self.skipTest("no network namespace here: curl would send packets to the outside")
        finished = self.over_kernel("curl", "-sS", self.url)
        self.assertEqual(finished.status, 7, finished)  # 7: could not connect
        self.assertEqual(self.web.requests, [])

    def test_curl_with_the_library_goes_through_the_modem(self):
        finished = self.succeeds(self.over_modem("curl", "-sS", self.url))
        self.assertEqual(finished.stdout, b"hello\n")
        self.assertIn("CIPOPEN", self.modem_log())

    def test_the_library_under_test_is_the_one_in_the_build_tree(self):
        finished = self.succeeds(self.over_modem("cat", "/proc/self/maps"))
        self.assertIn(str(LIBRARY.resolve()), finished.stdout.decode())

    def test_a_program_that_hangs_is_killed_and_reported(self):
        silent = self.start(servers.SilentPort())
        with self.assertRaises(HardTimeout) as caught:
            self.over_kernel("curl", "-sS", f"http://127.0.0.1:{silent.port}/", timeout=1)
        self.assertIn(f"killed after {PATIENCE} s", str(caught.exception))

    def test_different_output_over_modem_and_kernel_is_a_failure(self):
        with self.assertRaises(AssertionError):
            self.over_both(lambda address: ["echo", address])

    def test_wrong_bytes_are_a_failure_that_says_where(self):
        with self.assertRaisesRegex(AssertionError, "differ from byte 2 on"):
            self.assert_same_bytes(b"abc", b"abd")

    def test_the_refusing_port_refuses(self):
        port = self.start(servers.RefusingPort()).port
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)

    def test_what_a_sanitizer_has_written_is_a_failure(self):
        command = Path(harness.__file__).with_name("sanitizer_reports")
        folder = self.scratch / "reports"
        for _ in range(2):
            self.succeeds(self.over_kernel(command, "expect", folder))
            seen = self.succeeds(self.over_kernel(command, "check", folder))
            self.assertEqual(seen.stdout, b"\nReports of sanitizers: 0\n")
            (folder / "programs.curl.4711").write_text("WARNING: data race\n")
            seen = self.over_kernel(command, "check", folder)
            self.assertEqual((seen.status, seen.stdout),
                             (1, b"\n--- programs.curl.4711\nWARNING: data race\n"
                                 b"\nReports of sanitizers: 1\n"))

    def test_programs_get_nothing_of_the_callers_environment(self):
        finished = self.over_kernel(sys.executable, "-c", "import os; print(sorted(os.environ))")
        self.assertNotIn("PROXY", finished.stdout.decode().upper())


if __name__ == "__main__":
    main()
