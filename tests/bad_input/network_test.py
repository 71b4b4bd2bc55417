# SPDX-License-Identifier: MIT
"""Destinations and names that the network doesn't give: the errno that TCP would give, one line in
the log that names the destination, and the next connection works."""
from harness import ADDRESS, ModemTest, main, servers, small_program

REFUSED = "203.0.113.10"
TIMED_OUT = "203.0.113.11"
UNREACHABLE = "203.0.113.12"
# The module's own <err>, manual chapter 4, for a TCP connection with the network open.
ERRS = {1: "ECONNREFUSED", 5: "ENOBUFS", 10: "ETIMEDOUT", 11: "EHOSTUNREACH", 12: "EIO"}
LEVELS = ("error", "warn")


def failing_address(err):
    return f"203.0.113.{100 + err}"


class Network(ModemTest):
    simulator_options = (
        "--map", f"{REFUSED}=refused", "--map", f"{TIMED_OUT}=timeout",
        "--map", f"{UNREACHABLE}=unreachable",
        *(word for err in ERRS for word in ("--map", f"{failing_address(err)}=err:{err}")))

    def probe(self, *words, **settings):
        """A probe whose log is its stderr, at the level that reports what the network refused."""
        return self.over_modem(small_program("probe"), *words, log=None, LOG="warn", **settings)

    def assert_the_next_program_works(self):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        page = self.succeeds(self.over_modem("curl", "-sS", f"http://{ADDRESS}:{web.port}/"))
        self.assertEqual(page.stdout, b"page\n")

    def assert_fails(self, address, errno, **settings):
        """Both kinds of connect to `address` end in `errno`, with one line."""
        blocking = self.probe("connect", address, "80", **settings)
        self.assertEqual(blocking.stdout.decode(), f"connect {errno}\n", blocking)
        self.assert_one_line(blocking.stderr, f"{address}:80", levels=LEVELS)
        later = self.probe("connect-nb", address, "80", **settings)
        self.assertEqual(later.stdout.decode().splitlines(),
                         ["connect EINPROGRESS", "poll OUT ERR HUP", f"SO_ERROR {errno}"], later)
        self.assert_one_line(later.stderr, f"{address}:80", levels=LEVELS)
        self.assert_the_next_program_works()
        return blocking

    def test_a_refused_connection_is_econnrefused(self):
        self.assert_fails(REFUSED, "ECONNREFUSED")

    def test_a_connection_that_nobody_answers_is_etimedout_in_time(self):
        seen = self.assert_fails(TIMED_OUT, "ETIMEDOUT", CONNECT_TIMEOUT=3)
        self.assertGreater(seen.seconds, 2.9)
        self.assertLess(seen.seconds, 8)

    def test_an_unreachable_destination_that_the_module_names_so_is_ehostunreach(self):
        self.assert_fails(failing_address(11), "EHOSTUNREACH")

    def test_an_unreachable_destination_that_is_a_network_failure_looks_refused(self):
        # The manual has one <err>, 1, for whatever the network answers: refused is what is most
        # often behind it.
        self.assert_fails(UNREACHABLE, "ECONNREFUSED")

    def test_the_modules_other_errors_have_their_errno(self):
        for err, name in ERRS.items():
            with self.subTest(err=err):
                self.assert_fails(failing_address(err), name)

    def test_an_unknown_host_is_eai_noname(self):
        seen = self.probe("resolve", "nobody.example.test")
        self.assertEqual(seen.stdout, b"getaddrinfo EAI_NONAME\n", seen)
        self.assert_one_line(seen.stderr, "nobody.example.test", levels=LEVELS)
        self.assert_the_next_program_works()

    def test_curl_reports_an_unknown_host_as_such(self):
        seen = self.over_modem("curl", "-sS", "http://nobody.example.test/")
        self.assertEqual(seen.status, 6, seen)  # 6: could not resolve

    def test_ipv6_destinations_are_unreachable(self):
        seen = self.over_modem("curl", "-sS", "http://[2001:db8::7]/")
        self.assertEqual(seen.status, 7, seen)
        self.assertNotIn("CIPOPEN", self.modem_log())


if __name__ == "__main__":
    main()
