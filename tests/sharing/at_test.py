# SPDX-License-Identifier: MIT
"""`a7600 at`: AT commands of the user's own, and `a7600 ports`."""
from harness import ADDRESS, main, servers
from sharing.base import SharingTest


class At(SharingTest):
    def both_ways(self):
        yield "direct"
        self.serve()
        yield "through an engine"

    def test_answers_are_printed(self):
        for way in self.both_ways():
            with self.subTest(way=way):
                seen = self.succeeds(self.tool("at", "AT+CSQ", "AT+CPIN?"))
                self.assertRegex(seen.stdout.decode(),
                                 r"^\+CSQ: \d+,\d+\nOK\n\+CPIN: READY\nOK\n$")

    def test_an_error_is_printed_and_the_status(self):
        for way in self.both_ways():
            with self.subTest(way=way):
                seen = self.tool("at", "AT+NOSUCH", "AT")
                self.assertEqual((seen.status, seen.stdout), (1, b"ERROR\nOK\n"))

    def test_what_would_upset_an_engine_is_refused(self):
        for way in self.both_ways():
            for command in ("AT+NETCLOSE", "at+cipclose=0", "AT+CSQ;+NETCLOSE", "ATE1", "AT&F",
                            "ATE0+CIPMODE=1", "AT+CFUN=1,1", "ATZ", "AT+IPR=9600"):
                with self.subTest(way=way, command=command):
                    seen = self.tool("at", command)
                    self.assertEqual(seen.status, 2, seen)
                    self.assert_one_line(seen.stderr, "--force")

    def test_force_sends_it_all_the_same(self):
        self.serve()
        self.succeeds(self.tool("at", "--force", "AT+CIPHEAD=1"))
        self.assertIn("AT+CIPHEAD=1", self.modem_log())

    def test_reading_and_testing_are_never_refused(self):
        seen = self.succeeds(self.tool("at", "AT+NETOPEN?", "AT+CIPOPEN=?", "ATI", "AT+CGMM"))
        self.assertEqual(seen.stdout.count(b"OK\n"), 4)

    def test_nonsense_is_refused(self):
        for command in ("", "hello", "AT\rAT", "AT" + "x" * 300, "AT\N{BULLET}"):
            with self.subTest(command=command):
                self.assertNotEqual(self.tool("at", command).status, 0)

    def test_it_does_not_disturb_a_download(self):
        self.serve()
        data = bytes(range(256)) * 2000
        web = self.start(servers.WebServer({"/file": data}))
        curl = self.start_client("curl", "-sS", "-o", "disturbed",
                                 f"http://{ADDRESS}:{web.port}/file")
        for _ in range(10):
            self.succeeds(self.tool("at", "AT+CSQ"))
        self.assertEqual(curl.process.wait(30), 0, curl.output())
        self.assert_same_bytes((self.scratch / "disturbed").read_bytes(), data)

    def test_ports_lists_or_says_that_there_are_none(self):
        seen = self.tool("ports")
        if seen.status == 0:
            self.assertIn(b"/dev/", seen.stdout)
        else:
            self.assert_one_line(seen.stderr, "no serial ports")


if __name__ == "__main__":
    main()
