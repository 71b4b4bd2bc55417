# SPDX-License-Identifier: MIT
"""Destinations that the kernel serves: loopback by default, others by A7600_BYPASS. The port named
doesn't exist, so that a program which reached for the modem would fail."""
from harness import ModemTest, main, servers, small_program

NO_MODEM = {"PORT": "/dev/no-such-port"}


def answer_and_close(connection):
    request = servers.receive_exactly(connection, 7)
    connection.sendall(b"got " + request)


class Bypass(ModemTest):
    def test_curl_on_loopback_needs_no_modem(self):
        web = self.start(servers.WebServer({"/": b"local\n"}))
        page = self.succeeds(self.over_modem(
            "curl", "-sS", f"http://127.0.0.1:{web.port}/", log=None, **NO_MODEM))
        self.assertEqual((page.stdout, page.stderr), (b"local\n", ""))

    def test_localhost_by_name_needs_no_modem(self):
        web = self.start(servers.WebServer({"/": b"local\n"}))
        page = self.succeeds(self.over_modem(
            "curl", "-sS4", f"http://localhost:{web.port}/", log=None, **NO_MODEM))
        self.assertEqual((page.stdout, page.stderr), (b"local\n", ""))

    def test_epoll_registered_before_a_connect_to_loopback_keeps_working(self):
        server = self.start(servers.TcpServer(answer_and_close))
        program = [small_program("epoll_before_connect"), "127.0.0.1", server.port, "request"]
        kernel = self.succeeds(self.over_kernel(*program))
        bypass = self.succeeds(self.over_modem(*program, log=None, **NO_MODEM))
        self.assertEqual(bypass.stdout, kernel.stdout)
        self.assertEqual(bypass.stderr, "")

    def test_a_refused_connection_to_loopback_is_the_kernels(self):
        refusing = self.start(servers.RefusingPort())
        for how in ("connect", "connect-nb"):
            program = [small_program("probe"), how, "127.0.0.1", refusing.port]
            kernel = self.over_kernel(*program)
            bypass = self.over_modem(*program, log=None, **NO_MODEM)
            self.assertEqual(bypass.stdout, kernel.stdout)
            self.assertEqual(bypass.stderr, "")

    def test_a_child_uses_a_bypassed_socket_that_its_parent_connected(self):
        server = self.start(servers.TcpServer(answer_and_close))
        seen = self.succeeds(self.over_modem(
            small_program("fork_after_connect"), "127.0.0.1", server.port, "request",
            log=None, **NO_MODEM))
        self.assertEqual(seen.stdout, b"got request\nparent done\n")

    def test_an_empty_bypass_sends_loopback_through_the_modem(self):
        web = self.start(servers.WebServer({"/": b"far\n"}))
        page = self.succeeds(self.over_modem(
            "curl", "-sS", f"http://127.0.0.1:{web.port}/", BYPASS=""))
        self.assertEqual(page.stdout, b"far\n")
        self.assertIn('"127.0.0.1"', self.modem_log())

    def test_a_bypassed_port_leaves_the_others_to_the_modem(self):
        near = self.start(servers.WebServer({"/": b"near\n"}))
        far = self.start(servers.WebServer({"/": b"far\n"}))
        pages = self.succeeds(self.over_modem(
            "curl", "-sS", f"http://127.0.0.1:{near.port}/", f"http://127.0.0.1:{far.port}/",
            BYPASS=f"127.0.0.1/32:{near.port}"))
        self.assertEqual(pages.stdout, b"near\nfar\n")
        self.assertIn(f'"127.0.0.1",{far.port}', self.modem_log())
        self.assertNotIn(f'"127.0.0.1",{near.port}', self.modem_log())


if __name__ == "__main__":
    main()
