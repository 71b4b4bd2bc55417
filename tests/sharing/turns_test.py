# SPDX-License-Identifier: MIT
"""Programs that share an engine get their turns in order, and none of them fills its memory."""
import socket
import subprocess
import unittest

from harness import ADDRESS, SANITIZE, main, servers
from sharing.base import SharingTest, eventually, is_root

# Opens so many connections one after the other, and closes the oldest for each line of its input.
HOLDER = """
import socket, sys
held = [socket.create_connection((sys.argv[1], int(sys.argv[2]))) for _ in range(int(sys.argv[3]))]
print("ready", flush=True)
while held:
    sys.stdin.readline()
    held.pop(0).close()
"""

WAITER = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print("connected", flush=True)
sys.stdin.readline()
"""

AS_NOBODY = """
import os
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
"""

# A datagram socket that says hello and never reads.
DEAF = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b"hello", (sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
sys.stdin.readline()
"""


class Turns(SharingTest):
    def start_python(self, script, *words, name, **settings):
        return self.start_client("/usr/bin/python3", "-c", script, *words, name=name,
                                 stdin=subprocess.PIPE, log=None, **settings)

    def test_connections_that_wait_are_served_in_order(self):
        self.serve("--reserve", "0")
        echo = self.start(servers.TcpServer(servers.echo))
        holder = self.start_python(HOLDER, ADDRESS, str(echo.port), "10", name="holder")
        eventually(lambda: "ready" in holder.output(), 20)
        waiters = []
        for number in range(3):
            waiters.append(self.start_python(WAITER, ADDRESS, str(echo.port), name=f"w{number}"))
            eventually(lambda: len(self.links("waiting")) == len(waiters))
        for number, waiter in enumerate(waiters):
            holder.process.stdin.write(b"\n")
            holder.process.stdin.flush()
            eventually(lambda: "connected" in waiter.output(), what=f"not number {number}'s turn")
            self.assertFalse(any("connected" in later.output() for later in waiters[number + 1:]))

    def test_a_user_has_no_more_links_than_allowed_and_others_the_rest(self):
        if not is_root():
            self.skipTest("only root can become another user")
        self.serve("--group", "65534", "--user-links", "2")
        echo = self.start(servers.TcpServer(servers.echo))
        there = ADDRESS, str(echo.port)
        self.runtime.chmod(0o755)
        bounded = [self.start_python(AS_NOBODY + WAITER, *there, name=f"w{number}")
                   for number in range(3)]
        eventually(lambda: len(self.links("waiting")) == 1 and len(self.links()) == 2,
                   what="two of three connected")
        master = self.start_python(HOLDER, *there, "3", name="holder")
        eventually(lambda: "ready" in master.output(), what="the engine's own user waits, too")
        self.assertEqual(sum("connected" in each.output() for each in bounded), 2)
        first = next(each for each in bounded if "connected" in each.output())
        first.process.stdin.close()
        eventually(lambda: all("connected" in each.output() for each in bounded),
                   what="the third has not had its turn")

    @unittest.skipIf(SANITIZE, "a sanitizer takes memory of its own")
    def test_datagrams_that_nobody_reads_are_dropped_and_counted(self):
        serving = self.serve()
        peer = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(peer.close)
        peer.bind(("127.0.0.1", 0))
        peer.settimeout(20)
        deaf = self.start_python(DEAF, ADDRESS, str(peer.getsockname()[1]), name="deaf")
        _, client = peer.recvfrom(100)
        before = resident_kilobytes(serving.process.pid)
        for _ in range(200):
            for _ in range(50):
                peer.sendto(bytes(1400), client)
            self.status()
        eventually(lambda: self.status()["counters"]["dropped_datagrams"] > 1000)
        self.assertLess(resident_kilobytes(serving.process.pid) - before, 4096)
        self.assertTrue(deaf.running(), deaf.output())


def resident_kilobytes(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


if __name__ == "__main__":
    main()
