# SPDX-License-Identifier: MIT
"""A module that can't give a connection: ENETDOWN, a line that says why, in time, and the next
program finds the port free."""
from harness import ADDRESS, ModemTest, servers, small_program


class ModuleTest(ModemTest):
    """Tests of a module in one state, as its class's simulator options put it."""

    timeout = 3

    def probe(self, *words, **settings):
        return self.over_modem(small_program("probe"), *words, **{
            "log": None, "CONNECT_TIMEOUT": self.timeout, **settings})

    def assert_network_down(self, *words, **settings):
        """Both kinds of connect and a look-up fail as on a network that is down, each with one line
        that holds `words`. Each is a program of its own, which a port still held would give EBUSY.
        """
        seen = self.probe("connect", ADDRESS, "80", **settings)
        self.assertEqual(seen.stdout, b"connect ENETDOWN\n", seen)
        self.assert_one_line(seen.stderr, *words)
        self.assertLess(seen.seconds, self.timeout + 3)
        later = self.probe("connect-nb", ADDRESS, "80", **settings)
        self.assertEqual(later.stdout.split()[-1], b"ENETDOWN", later)
        self.assert_one_line(later.stderr, *words)
        look_up = self.probe("resolve", "www.example.test", **settings)
        self.assertEqual(look_up.stdout, b"getaddrinfo EAI_AGAIN\n", look_up)
        self.assert_one_line(look_up.stderr, *words)

    def assert_works(self, **settings):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        page = self.succeeds(self.over_modem(
            "curl", "-sS", f"http://{ADDRESS}:{web.port}/", **settings))
        self.assertEqual(page.stdout, b"page\n")
