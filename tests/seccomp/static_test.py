# SPDX-License-Identifier: MIT
"""`a7600 run` with static programs of the C library: their calls are the kernel's own, and reach
the modem all the same."""
from harness import ADDRESS, main, servers
from seccomp.base import SeccompTest, static
from sharing.base import eventually

DATA = bytes(range(256)) * 300
PORT = 7173
CLIENTS = 20


def answer_and_close(connection):
    request = servers.receive_exactly(connection, 7)
    connection.sendall(b"got " + request)


class Static(SeccompTest):
    simulator_options = ("--listen-map", f"{PORT}={PORT}")

    def test_a_blocking_client_exchanges_bytes(self):
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.run_tool(static("exchange"), ADDRESS, server.port, len(DATA),
                                           stdin=DATA))
        self.assert_same_bytes(seen.stdout, DATA)
        self.assertEqual(seen.stderr, "")

    def same_as_the_kernels(self, command):
        kernel = self.over_kernel(*command("127.0.0.1"))
        modem = self.run_tool(*command(ADDRESS))
        self.assertEqual((kernel.status, kernel.stdout), (modem.status, modem.stdout),
                         f"over the kernel:\n{kernel}\nover the modem:\n{modem}")

    def test_connects_end_as_the_kernels(self):
        server = self.start(servers.TcpServer(servers.echo))
        refusing = self.start(servers.RefusingPort())
        for port in (server.port, refusing.port):
            for mode in ("connect", "connect-nb"):
                with self.subTest(port=port, mode=mode):
                    self.same_as_the_kernels(lambda ip: (static("probe"), mode, ip, port))

    def test_a_child_goes_on_with_its_parents_connection(self):
        server = self.start(servers.TcpServer(answer_and_close))
        self.same_as_the_kernels(
            lambda ip: (static("fork_after_connect"), ip, server.port, "request"))

    def test_epoll_registered_before_the_connect_sees_it(self):
        server = self.start(servers.TcpServer(answer_and_close))
        self.same_as_the_kernels(
            lambda ip: (static("epoll_before_connect"), ip, server.port, "request"))

    def test_a_bypassed_destination_is_the_kernels_with_its_epoll_registration(self):
        server = self.start(servers.TcpServer(answer_and_close))
        command = (static("epoll_before_connect"), "127.0.0.1", server.port, "request")
        bypass = self.succeeds(self.run_tool(*command))
        self.assertEqual(bypass.stdout, self.over_kernel(*command).stdout)
        self.assertNotIn("CIPOPEN=", self.modem_log())

    def test_no_client_is_lost_to_a_call_that_is_none_any_more(self):
        for how in ("killed", "signalled"):
            with self.subTest(how=how):
                server = self.start_tool("run", "--", static("survivor"), how, PORT, CLIENTS,
                                         name=how)
                for number in range(1, CLIENTS + 1):
                    eventually(lambda: server.output().count("now") >= number)
                    self.assertEqual(servers.ask(PORT, b"", 1), b"x")
                eventually(lambda: "done" in server.output())
                self.assertEqual(server.process.wait(10), 0, server.output())

    def test_an_ordinary_user_needs_no_rights(self):
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.as_ordinary_user("--", static("probe"), "connect", ADDRESS,
                                                   server.port))
        self.assertEqual((seen.stdout, seen.stderr), (b"connect 0\n", ""))


if __name__ == "__main__":
    main()
