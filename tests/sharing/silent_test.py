# SPDX-License-Identifier: MIT
"""A module that never answers, behind a shared engine: every program says why, once, on its own
stderr, as it does with an engine of its own."""
from harness import ADDRESS, main, small_program
from sharing.base import SharingTest, eventually

CONNECT = (small_program("probe"), "connect", ADDRESS, "80")
SETTINGS = {"log": None, "CONNECT_TIMEOUT": 3}


class Silent(SharingTest):
    simulator_options = ("--fault", "deaf")

    def assert_told(self, seen):
        self.assertEqual(seen.stdout, b"connect ENETDOWN\n", seen)
        self.assert_one_line(seen.stderr, self.modem.port, "does not answer")

    def test_a_program_of_run_says_why(self):
        self.assert_told(self.run_tool(*CONNECT, **SETTINGS))

    # Seen: the line was in the service's log alone.
    def test_programs_behind_serve_say_why(self):
        serving = self.start_tool("serve", name="serve", **SETTINGS)
        eventually(self.sockets, what="no control socket")
        self.assert_told(self.run_tool(*CONNECT, **SETTINGS))
        self.assert_told(self.client(*CONNECT, ENGINE=None, **SETTINGS))
        self.assertIn("does not answer", serving.output())

    # Seen: of two that failed in the same second, one said nothing.
    def test_programs_that_fail_together_each_say_why(self):
        script = '"$@" 2>first >&2 & "$@" 2>second >&2; wait'
        self.run_tool("sh", "-c", script, "sh", *CONNECT, **SETTINGS)
        for name in ("first", "second"):
            with self.subTest(name):
                line, result = sorted((self.scratch / name).read_text().splitlines())
                self.assertEqual(result, "connect ENETDOWN")
                self.assert_one_line(line, self.modem.port, "does not answer")


if __name__ == "__main__":
    main()
