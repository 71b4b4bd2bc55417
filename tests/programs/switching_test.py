# SPDX-License-Identifier: MIT
"""A7600_RX=auto changes between direct push and buffer access while data flows: not one byte may be
lost, repeated or given to another connection."""
import hashlib
import os
import re

from programs.crowd import CrowdTest
from harness import ADDRESS, main, servers

# A download, and a connection that somebody types on now and then.
TYPIST = """
import hashlib, random, socket, sys, threading, time

address, bulk, echo, size = sys.argv[1], *map(int, sys.argv[2:5])
download = socket.create_connection((address, bulk))
digest, done = hashlib.sha256(), threading.Event()

def read():
    left = size
    while left > 0 and (piece := download.recv(min(left, 65536))):
        digest.update(piece)
        left -= len(piece)
    done.set()

threading.Thread(target=read).start()
keys = socket.create_connection((address, echo))
typed = wrong = 0
while not done.is_set() and typed < 12:
    key = bytes([typed]) * (typed + 1)
    keys.sendall(key)
    wrong += keys.recv(len(key), socket.MSG_WAITALL) != key
    typed += 1
done.wait()
print(digest.hexdigest(), wrong)
"""


class SwitchingTest(CrowdTest):
    def modes(self):
        """The access modes that were asked for, in turn: 0 is push."""
        return re.findall(r"AT\+CIPRXGET=([01])\b(?!,)", "\n".join(self.modem_commands()))


class Manual(SwitchingTest):
    simulator_options = ("--profile", "manual", "--seed", "1")

    def test_slow_and_fast_readers_together(self):
        self.crowd()
        self.assertIn("010", "".join(self.modes()), "push, buffer access, and push again")


class A7670(SwitchingTest):
    simulator_options = ("--profile", "a7670", "--seed", "2", "--fault", "fragment=1@30",
                         "--fault", "repeat-data-urc")

    def test_slow_and_fast_readers_together(self):
        self.crowd(size=200_000, seed=2)
        self.assertIn("0", self.modes())


class Sim7600(SwitchingTest):
    simulator_options = ("--profile", "sim7600", "--seed", "3")

    def test_slow_and_fast_readers_together(self):
        self.crowd(seed=3)
        self.assertIn("010", "".join(self.modes()), "push, buffer access, and push again")


class WithoutLinkNames(SwitchingTest):
    """Firmware that refuses <HeaderType> 1: the peer's address has to tell."""
    simulator_options = ("--fault", "no-header-type", "--seed", "4")

    def test_one_connection_is_pushed(self):
        self.crowd(links=1, size=2_000_000, seed=4)
        self.assertIn("0", self.modes())

    def test_connections_to_one_peer_are_read(self):
        self.crowd(links=4, size=200_000, seed=5, peers=1)
        self.assertEqual(list(self.gambles()), [])

    def gambles(self):
        """Commands while the module pushes for several connections."""
        pushing, opened = False, 0
        for command in self.modem_commands():
            if command == "AT+CIPRXGET=0":
                pushing = True
            elif command == "AT+CIPRXGET=1":
                pushing = False
            elif command.startswith("AT+CIPOPEN="):
                opened += 1
            elif command.startswith("AT+CIPCLOSE="):
                opened -= 1
            if pushing and opened > 1 and command.startswith("AT+CIPSEND="):
                yield command


class Typing(SwitchingTest):
    simulator_options = ("--baud", "230400", "--latency-ms", "5", "--seed", "6")

    def test_a_typist_beside_a_download(self):
        data = os.urandom(110_000)
        bulk = self.start(servers.TcpServer(lambda connection: connection.sendall(data)))
        echo = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.over_modem("/usr/bin/python3", "-c", TYPIST, ADDRESS,
                                             str(bulk.port), str(echo.port), str(len(data))))
        self.assertEqual(seen.stdout.decode(), f"{hashlib.sha256(data).hexdigest()} 0\n")
        self.assertIn("0", self.modes())


if __name__ == "__main__":
    main()
