# SPDX-License-Identifier: MIT
"""Hundreds of calls that sleep at once: so many as there is room for do, the others are told, none
hangs, and the program's other calls go on."""
from harness import ADDRESS, main, servers
from seccomp.base import SeccompTest, static

CROWD, ROOM = 600, 500
PORT = 7172


class Crowd(SeccompTest):
    # An engine that waits for its last connection to be closed keeps its port.
    fresh_modem = True
    simulator_options = ("--listen-map", f"{PORT}={PORT}")

    def answers(self, *words, **settings):
        """How many threads were told what."""
        seen = self.succeeds(self.run_tool(static("crowd"), *words, timeout=60, **settings))
        told = dict(reversed(line.split()) for line in seen.stdout.decode().splitlines())
        told = {name: int(count) for name, count in told.items()}
        self.assertEqual(sum(told.values()), CROWD, seen)
        server = self.start(servers.TcpServer(servers.echo))
        self.succeeds(self.run_tool(static("probe"), "connect", ADDRESS, server.port))
        return told

    def test_hundreds_of_threads_wait_for_a_client(self):
        self.assertEqual(self.answers("accept", PORT), {"EINVAL": ROOM, "ENOBUFS": CROWD - ROOM})

    def test_hundreds_of_threads_wait_for_a_datagram(self):
        self.assertEqual(self.answers("receive", 8), {"EAGAIN": ROOM, "ENOBUFS": CROWD - ROOM})

    def test_hundreds_of_threads_connect_where_nobody_answers(self):
        silent = self.start(servers.SilentPort())
        told = self.answers("connect", ADDRESS, silent.port, CONNECT_TIMEOUT=3)
        self.assertGreater(told["ETIMEDOUT"], 0)

    def test_hundreds_of_threads_connect_where_somebody_does(self):
        server = self.start(servers.TcpServer(servers.echo))
        self.assertGreater(self.answers("connect", ADDRESS, server.port)["0"], 0)


if __name__ == "__main__":
    main()
