# SPDX-License-Identifier: MIT
"""Each of the simulator's profiles with each access mode of the manual (1.2): a megabyte of random
bytes goes both ways and arrives as it was."""
import contextlib
import os
import socket
import threading

from harness import ADDRESS, ModemTest, main, servers, small_program

SIZE = 1 << 20
MODES = {
    "buffer access": {"RX": "buffer"},
    "direct push": {"RX": "push"},
    "transparent": {"MODE": "transparent"},
}
# What the line carries in no other mode, but that push gives way to buffer access while a reader is
# behind.
SIGNS = {
    "buffer access": "+CIPRXGET: 2,",
    "direct push": "+RECEIVE,",
    "transparent": "CONNECT 115200",
}

# Sends back what one client sends, to its end.
ECHO = """
import socket
with socket.create_server(("", 7070)) as listener:
    connection, _ = listener.accept()
    while data := connection.recv(65536):
        connection.sendall(data)
    connection.close()
"""

# Standard input in datagrams of 1 to 1400 bytes, each behind its number, one at a time; to standard
# output what comes back.
DATAGRAMS = """
import socket, struct, sys
data = sys.stdin.buffer.read()
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[1], int(sys.argv[2])))
s.settimeout(20)
at = number = 0
while at < len(data):
    piece = data[at:at + 1 + number * 997 % 1396]
    s.send(struct.pack("!I", number) + piece)
    back = s.recv(2048)
    assert back[:4] == struct.pack("!I", number), (number, back[:4])
    sys.stdout.buffer.write(back[4:])
    at += len(piece)
    number += 1
"""


class DatagramEcho:
    """Sends each datagram back where it came from."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        while True:
            data, sender = self._socket.recvfrom(2048)
            if not data:
                return
            self._socket.sendto(data, sender)

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()


class Modes:
    """The tests of one profile."""

    @contextlib.contextmanager
    def in_mode(self, mode):
        """A subtest that fails if the module was never in the mode."""
        before = self.modem.log_size()
        with self.subTest(mode=mode):
            yield
            self.assertTrue(SIGNS[mode] in self.modem.log(before), "another mode")

    def test_a_tcp_client(self):
        echo = self.start(servers.TcpServer(servers.echo))
        for mode, settings in MODES.items():
            with self.in_mode(mode):
                data = os.urandom(SIZE)
                got = self.succeeds(self.over_modem(
                    small_program("exchange"), ADDRESS, echo.port, SIZE, stdin=data, timeout=60,
                    **settings))
                self.assert_same_bytes(got.stdout, data)

    def test_a_tcp_server(self):
        for mode, settings in MODES.items():
            with self.in_mode(mode):
                data = os.urandom(SIZE)
                server = self.behind_modem("/usr/bin/python3", "-c", ECHO, port=7070,
                                           env=self.modem_environment(**settings))
                got = self.succeeds(self.over_kernel(
                    small_program("exchange"), "127.0.0.1", server.port, SIZE, stdin=data, timeout=60))
                self.assert_same_bytes(got.stdout, data)
                self.assertEqual(server.process.wait(30), 0, server.output())

    def test_udp(self):
        echo = self.start(DatagramEcho())
        # Not in transparent mode, where datagrams would lose their limits.
        for mode in ("buffer access", "direct push"):
            with self.in_mode(mode):
                data = os.urandom(SIZE)
                got = self.succeeds(self.over_modem(
                    "/usr/bin/python3", "-c", DATAGRAMS, ADDRESS, echo.port, stdin=data,
                    timeout=60, **MODES[mode]))
                self.assert_same_bytes(got.stdout, data)


class Manual(Modes, ModemTest):
    simulator_options = ("--profile", "manual", "--listen-map", "7070=0")


class A7670(Modes, ModemTest):
    simulator_options = ("--profile", "a7670", "--listen-map", "7070=0")


class Sim7600(Modes, ModemTest):
    simulator_options = ("--profile", "sim7600", "--listen-map", "7070=0")


if __name__ == "__main__":
    main()
