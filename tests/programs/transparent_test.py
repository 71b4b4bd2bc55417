# SPDX-License-Identifier: MIT
"""A7600_MODE=transparent: the whole line for one connection (manual 1.2)."""
import errno
import os

from harness import ADDRESS, main, servers
from programs.transparent import TransparentTest


class Transparent(TransparentTest):
    def test_a_download_that_ends_by_its_length(self):
        data = os.urandom(1 << 20)
        web = self.start(servers.WebServer({"/file": data}))
        got = self.succeeds(self.over_modem("curl", "-sS", f"http://{ADDRESS}:{web.port}/file"))
        self.assert_same_bytes(got.stdout, data)
        self.assertIn("CONNECT", self.modem_log())

    def test_the_peers_close_is_the_end_of_file(self):
        data = os.urandom(100_000)
        peer = self.start(servers.TcpServer(lambda connection: connection.sendall(data)))
        self.assert_same_bytes(self.succeeds(self.talk(peer.port)).stdout, data)

    def test_an_upload(self):
        data = os.urandom(1 << 20)
        (self.scratch / "upload").write_bytes(data)
        web = self.start(servers.WebServer())
        self.succeeds(self.over_modem(
            "curl", "-sS", "-T", "upload", f"http://{ADDRESS}:{web.port}/stored"))
        self.assert_same_bytes(web.uploads["/stored"], data)

    def test_connections_one_after_the_other(self):
        web = self.start(servers.WebServer({"/a": b"a\n", "/b": b"b\n"}))
        got = self.succeeds(self.over_modem(
            "curl", "-sS", "-H", "Connection: close",
            *(f"http://{ADDRESS}:{web.port}/{page}" for page in "ab")))
        self.assertEqual(got.stdout, b"a\nb\n")

    def test_a_connection_right_behind_the_one_before_waits_for_the_line(self):
        # It was EBUSY where the engine had not heard of the close yet, and while what was written
        # before was still to be sent.
        echo = self.start(servers.TcpServer(servers.receive_all))
        script = f"""
import socket
for size in 1, 100_000, 1:
    connection = socket.create_connection(("{ADDRESS}", {echo.port}))
    connection.sendall(b"x" * size)
    connection.close()
"""
        self.succeeds(self.over_modem("/usr/bin/python3", "-c", script))

    def test_a_refused_connection(self):
        refusing = self.start(servers.RefusingPort())
        refused = self.over_modem("curl", "-sS", f"http://{ADDRESS}:{refusing.port}/")
        self.assertEqual(refused.status, 7, refused)

    def test_a_second_connection_meanwhile_is_refused(self):
        quiet = self.start(servers.SilentPort())
        echo = self.start(servers.TcpServer(servers.receive_all))
        script = f"""
import errno, socket
first = socket.create_connection(("{ADDRESS}", {echo.port}))
second = socket.socket()
print(errno.errorcode[second.connect_ex(("{ADDRESS}", {quiet.port}))])
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
print(errno.errorcode[udp.connect_ex(("{ADDRESS}", 9))])
"""
        got = self.succeeds(self.over_modem("/usr/bin/python3", "-c", script, log="warn"))
        self.assertEqual(got.stdout.split(), [b"EBUSY", errno.errorcode[errno.EOPNOTSUPP].encode()])


class Fresh(TransparentTest):
    fresh_modem = True

    def test_the_module_is_left_in_command_mode_as_it_was_found(self):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        self.succeeds(self.over_modem("curl", "-sS", f"http://{ADDRESS}:{web.port}/"))
        self.assertEqual(self.modem_commands()[-3:], ["AT+NETCLOSE", "AT+CIPMODE=0", "ATE1"])


class Paced(TransparentTest):
    """On a line as slow as a UART, bytes are still on their way when write() has returned."""
    simulator_options = ("--baud", "115200", "--latency-ms", "20")

    def test_a_short_upload(self):
        data = os.urandom(20_000)
        (self.scratch / "upload").write_bytes(data)
        sink = self.start(servers.Sink())
        self.succeeds(self.over_modem(
            "bash", "-c", f"exec 3<>/dev/tcp/{ADDRESS}/{sink.port}; cat upload >&3", timeout=40))
        self.assert_same_bytes(sink.take(), data)


if __name__ == "__main__":
    main()
