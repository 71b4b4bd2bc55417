# SPDX-License-Identifier: MIT
"""`a7600 run` with static programs of the C library: their calls are the kernel's own, and reach
the modem all the same."""
from harness import ADDRESS, main, servers
from harness.build_tree import BUILD
from sharing.base import SharingTest

DATA = bytes(range(256)) * 300


def static(name):
    return BUILD / "tests" / "seccomp" / f"static_{name}"


class Static(SharingTest):
    def test_a_blocking_client_exchanges_bytes(self):
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.run_tool(static("exchange"), ADDRESS, server.port, len(DATA),
                                           stdin=DATA))
        self.assert_same_bytes(seen.stdout, DATA)
        self.assertEqual(seen.stderr, "")


if __name__ == "__main__":
    main()
