# SPDX-License-Identifier: MIT
"""Sockets and the life of a process: fork, exec, and the ends that a program can take."""
from harness import ADDRESS, ModemTest, main, servers, small_program


def answer_and_close(connection):
    request = servers.receive_exactly(connection, 7)
    connection.sendall(b"got " + request)


def counting(size):
    """What last_words writes."""
    return bytes(i % 251 for i in range(size))


class Processes(ModemTest):
    def test_a_child_uses_the_socket_that_its_parent_connected(self):
        server = self.start(servers.TcpServer(answer_and_close))
        seen = self.succeeds(self.over_both(
            lambda address: [small_program("fork_after_connect"), address, server.port,
                             "request"]))
        self.assertEqual(seen.stdout, b"got request\nparent done\n")

    def test_data_written_just_before_the_end_arrives_whole(self):
        sink = self.start(servers.Sink())
        for how in ("return", "exit", "_exit", "exec", "close"):
            for size in (1, 16 * 1024, 200_000):
                with self.subTest(how=how, size=size):
                    self.succeeds(self.over_modem(
                        small_program("last_words"), how, ADDRESS, sink.port, size))
                    self.assert_same_bytes(sink.take(), counting(size))

    def test_the_kernel_delivers_last_words_too(self):
        sink = self.start(servers.Sink())
        for how in ("return", "exit", "_exit", "exec", "close"):
            self.succeeds(self.over_kernel(
                small_program("last_words"), how, "127.0.0.1", sink.port, 1000))
            self.assert_same_bytes(sink.take(), counting(1000))

    def test_a_connection_that_a_program_left_open_is_closed_at_its_end(self):
        # More programs than the module has links: each must have given its link back.
        sink = self.start(servers.Sink())
        for how in ("return", "_exit") * 6:
            self.succeeds(self.over_modem(
                small_program("last_words"), how, ADDRESS, sink.port, 10))
            self.assert_same_bytes(sink.take(), counting(10))


if __name__ == "__main__":
    main()
