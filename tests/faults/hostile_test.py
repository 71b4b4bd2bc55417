# SPDX-License-Identifier: MIT
"""Hostile peers and name servers: what they send is data, or an error, and stalls nobody else."""
import random
import select
import socket

from bad_input.payload_test import BYTES, LINES, framed
from harness import ADDRESS, eventually, main, servers, sha256, small_program
from sharing.base import SharingTest

# Every word of the module's, framed, with NULs between and in them; often enough to go on for a while.
WORDS = 15 * (b"\0".join(framed(line) for line in LINES) + b"".join(BYTES) + b"".join(
    line.encode().replace(b" ", b"\0") + b"\r\n" for line in LINES[:20]))

# Reads to the end what a peer sends that never reads, while it sends that peer what it can.
TALK = """
import hashlib, socket, sys, threading
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 60)
def send():
    try:
        while True: s.sendall(b"\\r\\n+IPCLOSE: 0,1\\r\\nOK\\r\\n\\0" * 1000)
    except OSError:
        pass
threading.Thread(target=send, daemon=True).start()
size = int(sys.argv[3])
got = bytearray()
while len(got) < size and (piece := s.recv(65536)): got += piece
print(hashlib.sha256(got).hexdigest())
"""


def byte_by_byte(connection):
    """Sends each byte in a segment of its own, and never reads."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for byte in WORDS:
        connection.send(bytes([byte]))
    # Until the program has had enough.
    end = select.poll()
    end.register(connection, select.POLLRDHUP)
    end.poll(30_000)


class Peer(SharingTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.hostile = cls.start_for_all(servers.TcpServer(byte_by_byte))
        cls.echo = cls.start_for_all(servers.TcpServer(servers.echo))

    def talk(self, start, **settings):
        return start("/usr/bin/python3", "-c", TALK, ADDRESS, str(self.hostile.port),
                     str(len(WORDS)), **settings)

    def test_it_is_data_in_buffer_access_and_direct_push_and_others_go_on(self):
        for rx in ("buffer", "push", "auto"):
            with self.subTest(rx=rx):
                serving = self.serve(RX=rx)
                talking = self.talk(self.start_client, name=rx)
                eventually(lambda: self.links() or not talking.running())
                data = random.Random(1).randbytes(20_000)
                for _ in range(3):
                    seen = self.succeeds(self.client(small_program("exchange"), ADDRESS,
                                                     str(self.echo.port), str(len(data)),
                                                     stdin=data))
                    self.assert_same_bytes(seen.stdout, data)
                self.assertEqual(talking.process.wait(60), 0, talking.output())
                self.assertEqual(talking.output().strip(), sha256(WORDS))
                serving.stop()

    def test_it_is_data_in_transparent_mode(self):
        talking = self.succeeds(self.talk(self.client, MODE="transparent", ENGINE="thread",
                                          timeout=60))
        self.assertEqual(talking.stdout.decode().strip(), sha256(WORDS))


class Names(SharingTest):
    simulator_options = (
        "--profile", "a7670", "--unmapped", "unreachable",
        *(word for i in range(20) for word in ("--dns", f"many.test=203.0.113.{i + 1}")),
        "--dns", "zero.test=0.0.0.0", "--dns", "broad.test=255.255.255.255",
        "--dns", f"good.test={ADDRESS}")

    def resolve(self, name, **settings):
        return self.client(small_program("probe"), "resolve", name, **settings)

    def test_twenty_addresses_are_twenty_addresses(self):
        seen = self.succeeds(self.resolve("many.test"))
        self.assertEqual(seen.stdout.decode().split()[2:],
                         [f"203.0.113.{i + 1}" for i in range(20)])

    def test_addresses_that_are_nobody_s_are_answers_and_lead_to_an_error(self):
        for name, address in (("zero.test", "0.0.0.0"), ("broad.test", "255.255.255.255")):
            with self.subTest(name=name):
                seen = self.succeeds(self.resolve(name))
                self.assertEqual(seen.stdout.decode().split()[2:], [address])
                seen = self.client(small_program("probe"), "connect", address, "80")
                self.assertEqual(seen.status, 1, seen)

    def test_garbage_is_no_address_and_stalls_nobody(self):
        content = random.Random(2).randbytes(3_000_000)
        flood = self.start(servers.TcpServer(lambda c: c.sendall(content)))
        self.serve(CONNECT_TIMEOUT=3)
        self.modem.tell("fault dns-garbage@100")
        self.addCleanup(self.modem.ask, "clear")
        download = self.start_client(small_program("exchange"), ADDRESS, str(flood.port),
                                     str(len(content)))
        for _ in range(3):
            seen = self.resolve("good.test", CONNECT_TIMEOUT=3)
            self.assertIn(seen.stdout, (b"getaddrinfo EAI_AGAIN\n", b"getaddrinfo EAI_NONAME\n"))
            self.assertLess(seen.seconds, 6)
        self.assertEqual(download.process.wait(60), 0)
        self.assert_same_bytes(download.output_path.read_bytes(), content)
        self.modem.tell("clear")
        seen = self.succeeds(self.resolve("good.test"))
        self.assertEqual(seen.stdout.decode().split()[2:], [ADDRESS])


if __name__ == "__main__":
    main()
