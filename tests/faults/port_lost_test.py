# SPDX-License-Identifier: MIT
"""The port is lost, whatever the program is doing: its call fails with the right errno, and what is
wanted next works when the port is back, under another name."""
import re

from harness import ADDRESS, ModemTest, eventually, main, servers

# Says each step before it begins; the errno of the one that fails; and tries again until the port is
# back.
PROGRAM = """
import errno, socket, sys, time
what, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
def say(*words): print(*words, flush=True)
def connect():
    s = socket.socket()
    s.connect((address, port))
    return s
def idle():
    s = connect()
    s.sendall(b"ping")
    assert s.recv(4) == b"ping"
    say("doing")
    s.recv(1)
def connecting():
    say("doing")
    connect()
def sending():
    s = connect()
    say("doing")
    while True: s.sendall(bytes(100_000))
def looking_up():
    say("doing")
    socket.getaddrinfo("slow.test", 80)
try:
    globals()[what]()
    say("no error")
except socket.gaierror as error:
    say("EAI", error.errno == socket.EAI_AGAIN)
except OSError as error:
    say(errno.errorcode[error.errno])
while True:
    try:
        s = connect()
        break
    except OSError as error:
        if error.errno not in (errno.ENODEV, errno.ENETDOWN, errno.ENXIO): raise
        time.sleep(0.05)
s.sendall(b"pong")
say(s.recv(4))
"""

SERVER = """
import socket
listener = socket.socket()
listener.bind(("", 7171))
listener.listen()
print("doing", flush=True)
connection, _ = listener.accept()
connection.sendall(connection.recv(4))
connection.close()
"""


class PortLost(ModemTest):
    fresh_modem = True
    more_options = ()

    @property
    def simulator_options(self):
        return ("--link", self.scratch / "port", *self.more_options)

    def setUp(self):
        super().setUp()
        self.echo = self.start(servers.TcpServer(servers.echo))

    def program(self, script, *words):
        return self.beside("/usr/bin/python3", "-c", script, *words,
                           env=self.modem_environment(PORT=self.scratch / "port"))

    def lose(self, program, condition=lambda: True):
        """Unplugs the port when the program is at it, and returns what it was told."""
        eventually(lambda: "doing" in program.output(), what=program.output())
        eventually(condition, what="the state")
        self.modem.tell("unplug 300")
        self.assertEqual(program.process.wait(60), 0, program.output())
        lines = program.output().splitlines()
        lines.remove("doing")
        return lines

    def sent(self, pattern):
        return lambda: re.search(pattern, self.modem_log())


class AtRest(PortLost):
    def test_in_a_read_that_waits(self):
        program = self.program(PROGRAM, "idle", ADDRESS, str(self.echo.port))
        self.assertEqual(self.lose(program), ["ECONNRESET", "b'pong'"])


class Listening(PortLost):
    more_options = ("--listen-map", "7171=0")

    def test_while_it_listens(self):
        program = self.program(SERVER)
        eventually(lambda: "doing" in program.output())
        self.modem.tell("unplug 300")
        # It is opened again after five seconds, and after ten if it isn't back by then.
        eventually(lambda: self.modem_commands().count("AT+SERVERSTART=7171,0") == 2, seconds=30)
        self.assertEqual(servers.ask(self.modem.listening[7171], b"ping", 4), b"ping")
        self.assertEqual(program.process.wait(20), 0)


class OnASlowLine(PortLost):
    """A payload takes half a second on it."""

    more_options = ("--baud", "38400")

    def test_in_the_middle_of_a_payload(self):
        program = self.program(PROGRAM, "sending", ADDRESS, str(self.echo.port))
        seen = self.lose(program, self.sent(r"AT\+CIPSEND=\d,\d+"))
        # Behind a write of more than 2 KB a reset shows as EPIPE (docs/reliability.md).
        self.assertIn(seen[0], ("ECONNRESET", "EPIPE"))
        self.assertEqual(seen[1:], ["b'pong'"])


class OnASlowNetwork(PortLost):
    more_options = ("--net-latency-ms", "1000", "--dns", f"slow.test={ADDRESS}")

    def test_in_a_connect(self):
        program = self.program(PROGRAM, "connecting", ADDRESS, str(self.echo.port))
        seen = self.lose(program, self.sent(r"AT\+CIPOPEN="))
        self.assertEqual(seen, ["ENETDOWN", "b'pong'"])

    def test_in_a_look_up(self):
        program = self.program(PROGRAM, "looking_up", ADDRESS, str(self.echo.port))
        seen = self.lose(program, self.sent(r"AT\+CDNSGIP="))
        self.assertEqual(seen, ["EAI True", "b'pong'"])


if __name__ == "__main__":
    main()
