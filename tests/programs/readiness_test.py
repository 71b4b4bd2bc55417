# SPDX-License-Identifier: MIT
"""Programs that watch a connecting socket: what poll and epoll say must be what TCP says."""
from harness import ModemTest, main, servers, small_program


def answer_and_close(connection):
    request = servers.receive_exactly(connection, 7)
    connection.sendall(b"got " + request)


class Readiness(ModemTest):
    def test_epoll_before_a_nonblocking_connect_reports_one_event(self):
        server = self.start(servers.TcpServer(answer_and_close))
        seen = self.succeeds(self.over_both(
            lambda address: [small_program("epoll_before_connect"), address, server.port,
                             "request"]))
        self.assertEqual(seen.stdout.decode().splitlines(),
                         ["connect EINPROGRESS", "first event OUT", "SO_ERROR 0", "got request",
                          "end of file"])

    def test_a_nonblocking_connect_that_succeeds_polls_as_tcp(self):
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.over_both(
            lambda address: [small_program("probe"), "connect-nb", address, server.port]))
        self.assertEqual(seen.stdout.decode().splitlines(),
                         ["connect EINPROGRESS", "poll OUT", "SO_ERROR 0"])

    def test_a_nonblocking_connect_that_is_refused_polls_as_tcp(self):
        refusing = self.start(servers.RefusingPort())
        seen = self.over_both(
            lambda address: [small_program("probe"), "connect-nb", address, refusing.port])
        self.assertEqual(seen.stdout.decode().splitlines(),
                         ["connect EINPROGRESS", "poll OUT ERR HUP", "SO_ERROR ECONNREFUSED"])

    def test_both_directions_flow_at_once(self):
        data = bytes(range(256)) * 2048
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.over_both(
            lambda address: [small_program("exchange"), address, server.port, len(data)],
            stdin=data, timeout=60))
        self.assert_same_bytes(seen.stdout, data)


if __name__ == "__main__":
    main()
