# SPDX-License-Identifier: MIT
"""The small tools over the modem: socat, nc (OpenBSD's), and busybox's wget, nc and telnet, which
read and write through stdio."""
import os
import socket
import subprocess

from harness import ADDRESS, ModemTest, main, servers

PORT = 7000


def answer(connection):
    """Answers one line with all that it was sent before, and closes."""
    received = b""
    while not received.endswith(b"end\n"):
        received += connection.recv(65536)
    connection.sendall(received.upper())


class Clients(ModemTest):
    def setUp(self):
        super().setUp()
        self.words = b"".join(b"line %d\n" % i for i in range(5000)) + b"end\n"

    def test_a_conversation_by_standard_input_and_output(self):
        # Each ends when its peer does.
        server = self.start(servers.TcpServer(answer))
        for tool in (["socat", "-t", "20", "-", "TCP:{host}:{port}"], ["nc", "{host}", "{port}"],
                     ["busybox", "nc", "{host}", "{port}"]):
            with self.subTest(tool=tool):
                seen = self.succeeds(self.over_both(
                    lambda address: [word.format(host=address, port=server.port) for word in tool],
                    stdin=self.words))
                self.assert_same_bytes(seen.stdout, self.words.upper())

    def test_busybox_telnet(self):
        server = self.start(servers.TcpServer(lambda connection: connection.sendall(b"welcome\n")))
        # It ends with its input, too.
        telnet = self.beside("busybox", "telnet", ADDRESS, server.port,
                             env=self.modem_environment(), stdin=subprocess.PIPE)
        telnet.process.wait(20)
        self.assertIn("welcome\n", telnet.output())

    def test_busybox_wget(self):
        data = os.urandom(300_000)
        web = self.start(servers.WebServer({"/file": data}))
        got = self.succeeds(self.over_modem("busybox", "wget", "-q", "-O", "-",
                                            f"http://{ADDRESS}:{web.port}/file"))
        self.assert_same_bytes(got.stdout, data)

    def test_whether_a_port_is_open(self):
        open_port = self.start(servers.TcpServer(servers.echo)).port
        refusing = self.start(servers.RefusingPort()).port
        for port, status in ((open_port, 0), (refusing, 1)):
            seen = self.over_both(lambda address: ["nc", "-z", address, port])
            self.assertEqual(seen.status, status, seen)

    def test_datagrams(self):
        server = self.start(servers.UdpEcho())
        for tool in (["socat", "-t", "1", "-", f"UDP:{ADDRESS}:{server.port}"],
                     ["nc", "-u", "-w", "1", ADDRESS, server.port]):
            with self.subTest(tool=tool):
                seen = self.succeeds(self.over_modem(*tool, stdin=b"hello\n"))
                self.assertEqual(seen.stdout, b"hello\n")


    def test_a_datagram_of_a_program_that_ends_at_once_leaves(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hearer:
            hearer.bind(("127.0.0.1", 0))
            hearer.settimeout(20)
            port = hearer.getsockname()[1]
            self.succeeds(self.over_modem("bash", "-c", f"echo word > /dev/udp/{ADDRESS}/{port}"))
            self.assertEqual(hearer.recv(100), b"word\n")


class Servers(ModemTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_socat_forks_for_each_client(self):
        server = self.behind_modem("socat", f"TCP-LISTEN:{PORT},fork,reuseaddr", "EXEC:tr a-z A-Z",
                                   port=PORT)
        with socket.create_connection(("127.0.0.1", server.port), 20):
            # The first one says nothing, and holds nobody up.
            self.assertEqual(servers.ask(server.port, b"x" * 8192, 4096), b"X" * 4096)

    def test_nc_listens_for_one_client(self):
        server = self.behind_modem("nc", "-l", PORT, port=PORT)
        with socket.create_connection(("127.0.0.1", server.port), 20) as client:
            client.sendall(b"hello\n")
        self.assertEqual(server.process.wait(20), 0)
        self.assertEqual(server.output(), "hello\n")

    def test_busybox_nc_runs_a_program_for_each_client(self):
        server = self.behind_modem("busybox", "nc", "-ll", "-p", PORT, "-e", "cat", port=PORT)
        for word in (b"one", b"two"):
            self.assertEqual(servers.ask(server.port, word, len(word)), word)

    def test_socat_answers_datagrams(self):
        server = self.behind_modem("socat", f"UDP-RECVFROM:{PORT},fork", "EXEC:cat", port=PORT,
                                   protocol="udp")
        for word in (b"one", b"two"):
            self.assertEqual(servers.ask_datagram(server.port, word), word)


if __name__ == "__main__":
    main()
