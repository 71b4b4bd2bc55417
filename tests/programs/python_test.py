# SPDX-License-Identifier: MIT
"""Python's own clients and servers beyond urllib: asyncio (epoll), http.server and socketserver
(threads, forked children, datagrams), ssl."""
import os
import socket
import sys
import threading

from harness import ADDRESS, ModemTest, main, servers, tls

PORT = 8080

ASYNCIO_CLIENT = """
import asyncio, sys
async def talk(number):
    reader, writer = await asyncio.open_connection(sys.argv[1], int(sys.argv[2]))
    for turn in range(20):
        message = b"%d of %d\\n" % (turn, number) * 50
        writer.write(message)
        await writer.drain()
        assert await reader.readexactly(len(message)) == message
    writer.close()
    await writer.wait_closed()
    return number
async def every():
    print(await asyncio.gather(*map(talk, range(6))))
asyncio.run(every())
"""

ASYNCIO_SERVER = """
import asyncio, sys
async def shout(reader, writer):
    async for line in reader:
        writer.write(line.upper())
        await writer.drain()
    writer.close()
async def serve():
    server = await asyncio.start_server(shout, "0.0.0.0", int(sys.argv[1]))
    await server.serve_forever()
asyncio.run(serve())
"""

SOCKETSERVER = """
import socketserver, sys
class Shout(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())
class ShoutDatagram(socketserver.DatagramRequestHandler):
    def handle(self):
        self.wfile.write(self.rfile.read().upper())
kind = getattr(socketserver, sys.argv[1])
kind.allow_reuse_address = True
handler = ShoutDatagram if "UDP" in sys.argv[1] else Shout
kind(("0.0.0.0", int(sys.argv[2])), handler).serve_forever()
"""

DATAGRAMS = """
import socket, sys
there = sys.argv[1], int(sys.argv[2])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unconnected:
    for size in (1, 100, 1400):
        unconnected.sendto(b"x" * size, there)
        data, sender = unconnected.recvfrom(2000)
        print(len(data), sender == there)
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connected:
    connected.connect(there)
    connected.send(b"hello")
    print(connected.recv(2000), connected.getpeername() == there)
"""

SHARED_PORT = """
import socket, sys
def bound(port):
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.settimeout(20)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("0.0.0.0", port))
    return made
one, other = ((sys.argv[1], int(port)) for port in sys.argv[2:])
first = bound(0)
first.connect(one)
first.send(b"first")
print(first.recv(100))
second = bound(first.getsockname()[1])
second.sendto(b"second", other)
first.send(b"first again")
print(second.recvfrom(100)[1] == other, first.recv(100))
first.close()
second.sendto(b"second again", one)
print(second.recvfrom(100)[1] == one)
"""

UNCONNECTED = """
import errno, socket
for prepare in (lambda s: None, lambda s: (s.bind(("0.0.0.0", 0)), s.listen())):
    with socket.socket() as reader:
        prepare(reader)
        reader.setblocking(False)
        try:
            reader.recv(1)
        except OSError as error:
            print(errno.errorcode[error.errno])
"""

BOTH_FAMILIES = """
import socket
def listener(family, port):
    made = socket.socket(family, socket.SOCK_STREAM)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    made.bind(("", port))
    made.listen()
    return made
for families in ((socket.AF_INET, socket.AF_INET6), (socket.AF_INET6, socket.AF_INET)):
    first = listener(families[0], 0)
    second = listener(families[1], first.getsockname()[1])
    print(first.getsockname()[1] == second.getsockname()[1])
    first.close()
    second.close()
"""

TLS_SERVER = """
import http.server, ssl, sys
port, certificate, key = sys.argv[1:]
trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
trust.load_cert_chain(certificate, key)
server = http.server.ThreadingHTTPServer(("0.0.0.0", int(port)),
                                         http.server.SimpleHTTPRequestHandler)
server.socket = trust.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def python(script, *words):
    return [sys.executable, "-c", script, *words]


class Clients(ModemTest):
    def test_six_asyncio_connections_talk_at_once(self):
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.over_both(
            lambda address: python(ASYNCIO_CLIENT, address, server.port)))
        self.assertEqual(seen.stdout, b"[0, 1, 2, 3, 4, 5]\n")

    def test_datagrams_come_back_from_whom_they_were_sent_to(self):
        server = self.start(servers.UdpEcho())
        seen = self.succeeds(self.over_both(
            lambda address: python(DATAGRAMS, address, server.port)))
        self.assertIn(b"1400 True\n", seen.stdout)


    def test_two_datagram_sockets_share_a_port(self):
        # As the two of iperf3's server: one connected to a client, one for the next.
        one, other = (self.start(servers.UdpEcho()).port for _ in range(2))
        seen = self.succeeds(self.over_both(
            lambda address: python(SHARED_PORT, address, one, other)))
        self.assertEqual(seen.stdout, b"b'first'\nTrue b'first again'\nTrue\n")

    def test_reading_a_socket_without_a_connection_is_an_error(self):
        # ssl.wrap_socket() tells a listener by that.
        seen = self.succeeds(self.over_both(lambda address: python(UNCONNECTED)))
        self.assertEqual(seen.stdout, b"ENOTCONN\nENOTCONN\n")

    def test_an_ipv4_and_an_ipv6_only_listener_share_a_port(self):
        # As rsync, sshd and nginx have them.
        seen = self.succeeds(self.over_both(lambda address: python(BOTH_FAMILIES)))
        self.assertEqual(seen.stdout, b"True\nTrue\n")


class Servers(ModemTest):
    fresh_modem = True
    simulator_options = ("--listen-map", f"{PORT}=0", "--latency-ms", "5")

    def shouts(self, port, words):
        with socket.create_connection(("127.0.0.1", port), 20) as client:
            for word in words:
                client.sendall(word)
                self.assertEqual(servers.receive_exactly(client, len(word)), word.upper())

    def all_shout(self, port):
        """Four clients at once, each in a conversation of several turns."""
        failed = []

        def talk(number):
            try:
                self.shouts(port, [b"client %d says word %d\n" % (number, i) for i in range(5)])
            except (AssertionError, OSError) as error:
                failed.append(error)

        clients = [threading.Thread(target=talk, args=(number,)) for number in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        self.assertEqual(failed, [])

    def test_an_asyncio_server(self):
        self.all_shout(self.behind_modem(*python(ASYNCIO_SERVER, PORT), port=PORT).port)

    def test_a_threading_socketserver(self):
        self.all_shout(self.behind_modem(*python(SOCKETSERVER, "ThreadingTCPServer", PORT),
                                         port=PORT).port)

    def test_a_forking_socketserver(self):
        self.all_shout(self.behind_modem(*python(SOCKETSERVER, "ForkingTCPServer", PORT),
                                         port=PORT).port)

    def test_a_datagram_socketserver_answers_each_sender(self):
        server = self.behind_modem(*python(SOCKETSERVER, "UDPServer", PORT), port=PORT,
                                   protocol="udp")
        for word in (b"one", b"two"):
            self.assertEqual(servers.ask_datagram(server.port, word), word.upper())

    def test_http_server(self):
        data = os.urandom(300_000)
        (self.scratch / "file").write_bytes(data)
        server = self.behind_modem(sys.executable, "-m", "http.server", PORT, port=PORT)
        got = self.succeeds(self.over_kernel("curl", "-sS",
                                             f"http://127.0.0.1:{server.port}/file"))
        self.assert_same_bytes(got.stdout, data)

    def test_http_server_answers_one_client_after_the_other(self):
        # Each closes at the same moment as the server, and the next gets its link.
        (self.scratch / "file").write_bytes(b"hello\n")
        server = self.behind_modem(sys.executable, "-m", "http.server", PORT, port=PORT)
        url = f"http://127.0.0.1:{server.port}/file"
        got = self.succeeds(self.over_kernel("curl", "-sS", "--fail-early", *[url] * 20))
        self.assertEqual(got.stdout, b"hello\n" * 20)

    def test_a_tls_server(self):
        data = os.urandom(100_000)
        (self.scratch / "file").write_bytes(data)
        authority = tls.Authority(self.scratch)
        server = self.behind_modem(*python(TLS_SERVER, PORT, *authority.issue("www.example.test")),
                                   port=PORT)
        got = self.succeeds(self.over_kernel(
            "curl", "-sS", "--cacert", authority.certificate,
            "--resolve", f"www.example.test:{server.port}:127.0.0.1",
            f"https://www.example.test:{server.port}/file"))
        self.assert_same_bytes(got.stdout, data)


class ServersOfAModuleThatKeepsLinks(ModemTest):
    """Behind "+IPCLOSE:" it waits for AT+CIPCLOSE."""
    fresh_modem = True
    simulator_options = ("--listen-map", f"{PORT}=0", "--fault", "keep-closed")

    def test_more_clients_than_links_come_and_go(self):
        server = self.behind_modem(*python(SOCKETSERVER, "ThreadingTCPServer", PORT), port=PORT)
        for number in range(25):
            word = f"client {number}\n".encode()
            with socket.create_connection(("127.0.0.1", server.port), 20) as client:
                client.sendall(word)
                self.assertEqual(servers.receive_exactly(client, len(word)), word.upper())


if __name__ == "__main__":
    main()
