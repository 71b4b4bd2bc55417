# SPDX-License-Identifier: MIT
"""SO_LINGER, TCP_INFO and SIOCOUTQ: what a program can learn of what has arrived."""
import os
import re
import tty

from harness import ADDRESS, ModemTest, main, servers
from sharing.base import SharingTest

PRELUDE = """
import fcntl, os, select, socket, struct, sys
ADDRESS, PORT = sys.argv[1], int(sys.argv[2])
SIOCOUTQ = 0x5411
SIOCOUTQNSD = 0x894b

def connect(*linger):
    s = socket.create_connection((ADDRESS, PORT))
    if linger:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, linger[0]))
    return s

def queued(s, request=SIOCOUTQ):
    return struct.unpack("i", fcntl.ioctl(s, request, bytes(4)))[0]

def tcp_info(s):
    info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    state, = struct.unpack_from("B", info)
    unacked, = struct.unpack_from("I", info, 24)
    acked, received = struct.unpack_from("QQ", info, 120)
    unsent, = struct.unpack_from("I", info, 144)
    return state, unacked, acked, received, unsent
"""


def acknowledged(log):
    """The module's latest count of bytes that a peer has acknowledged."""
    return int(re.findall(r"\+CIPACK: \d+,(\d+),\d+", log)[-1])


class LingerTest(ModemTest):
    def program(self, script, port, **options):
        return self.over_modem("/usr/bin/python3", "-c", PRELUDE + script, ADDRESS, str(port),
                               **options)

    def command(self, text):
        """Sends the module a command as another host."""
        port = os.open(self.modem.port, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(port)
        os.write(port, text.encode() + b"\r")
        answer = b""
        while not answer.endswith(b"OK\r\n"):
            answer += os.read(port, 100)
        os.close(port)


class Fast(LingerTest):
    simulator_options = ("--net-latency-ms", "50")

    def test_close_waits_until_the_peer_has_acknowledged(self):
        sink = self.start(servers.Sink())
        self.succeeds(self.program("""
s = connect(20)
s.sendall(bytes(40000))
s.close()
connect().close()
""", sink.port))
        self.assertEqual(len(sink.take()), 40000)
        self.assertEqual(acknowledged(self.modem_log()), 40000)
        commands = [command.split("=")[0] for command in self.modem_commands()]
        close = commands.index("AT+CIPCLOSE")
        self.assertIn("AT+CIPACK", commands[:close])
        # close(2) had not returned before: the next connection comes behind it.
        self.assertEqual(commands[:close].count("AT+CIPOPEN"), 1, commands)

    def test_closing_one_of_two_descriptors_waits_for_nothing(self):
        echo = self.start(servers.TcpServer(servers.echo))
        got = self.succeeds(self.program("""
s = connect(3600)
other = s.dup()
s.close()
other.sendall(b"still here")
print(other.recv(100))
""", echo.port))
        self.assertEqual(got.stdout, b"b'still here'\n")

    def test_the_end_of_the_program_waits_too(self):
        sink = self.start(servers.Sink())
        self.succeeds(self.program("s = connect(20)\ns.sendall(bytes(10000))\nos._exit(0)",
                                   sink.port))
        self.assertEqual(len(sink.take()), 10000)
        self.assertEqual(acknowledged(self.modem_log()), 10000)

    def test_tcp_info_counts_what_is_acknowledged_and_received(self):
        echo = self.start(servers.TcpServer(servers.echo))
        got = self.succeeds(self.program("""
s = connect()
s.sendall(bytes(3000))
got = 0
while got < 3000: got += len(s.recv(3000))
while queued(s) > 0: select.select([], [], [], 0.02)
print(*tcp_info(s))
""", echo.port))
        self.assertEqual(got.stdout.split(), [b"1", b"0", b"3000", b"3000", b"0"])


    def test_a_module_that_waits_for_the_peer_itself_loses_nothing(self):
        # Another host's AT+CIPSENDMODE=1 (manual 2.11): results come when the peer has acknowledged.
        self.command("AT+CIPSENDMODE=1")
        self.addCleanup(self.command, "AT+CIPSENDMODE=0")
        sink = self.start(servers.Sink())
        self.succeeds(self.program("s = connect(20)\ns.sendall(bytes(20000))\ns.close()",
                                   sink.port))
        self.assertEqual(len(sink.take()), 20000)


class Slow(LingerTest):
    """A line on which 10,000 bytes take five seconds."""
    simulator_options = ("--baud", "19200")

    def test_with_no_time_to_linger_what_is_not_sent_is_dropped(self):
        sink = self.start(servers.Sink())
        self.succeeds(self.program("s = connect(0)\ns.sendall(bytes(10000))\ns.close()",
                                   sink.port))
        self.assertLess(len(sink.take()), 10000)

    def test_the_end_of_the_program_waits_no_longer_than_the_time(self):
        sink = self.start(servers.Sink())
        self.succeeds(self.program("s = connect(1)\ns.sendall(bytes(10000))\nos._exit(0)",
                                   sink.port))
        self.assertLess(len(sink.take()), 10000)

    def test_the_queue_is_told_and_shrinks(self):
        sink = self.start(servers.Sink())
        got = self.succeeds(self.program("""
s = connect()
s.sendall(bytes(6000))
sizes = [queued(s)]
unsent = queued(s, SIOCOUTQNSD)
while sizes[-1] > 0:
    select.select([], [], [], 0.05)
    sizes.append(queued(s))
print(unsent <= sizes[0] and 0 < sizes[0] <= 6000, sizes == sorted(sizes, reverse=True), sizes[-1])
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 10))
s.close()
""", sink.port))
        self.assertEqual(got.stdout, b"True True 0\n")
        self.assertEqual(len(sink.take()), 6000)


class Shared(SharingTest):
    simulator_options = ("--net-latency-ms", "50")

    def test_close_waits_for_a_shared_engine_as_well(self):
        sink = self.start(servers.Sink())
        script = PRELUDE + "s = connect(20)\ns.sendall(bytes(40000))\ns.close()"
        self.succeeds(self.run_tool("/usr/bin/python3", "-c", script, ADDRESS, str(sink.port)))
        self.assertEqual(len(sink.take()), 40000)
        self.assertEqual(acknowledged(self.modem_log()), 40000)


if __name__ == "__main__":
    main()
