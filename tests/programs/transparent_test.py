# SPDX-License-Identifier: MIT
"""A7600_MODE=transparent: the whole line for one connection (manual 1.2)."""
import errno
import os
import signal
import socket
import subprocess
import time

from harness import ADDRESS, ModemTest, main, process, servers

# Reads its connection to the end, after what it is told to send has been sent with pauses.
TALK = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for piece in sys.argv[3:]:
    if piece.startswith("pause="):
        time.sleep(float(piece[6:]))
    else:
        s.sendall(piece.encode())
while data := s.recv(65536):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
"""


class TransparentTest(ModemTest):
    simulator_options = ("--listen-map", "7070=7070")

    def modem_environment(self, log="debug", **settings):
        return super().modem_environment(log, **{"MODE": "transparent", **settings})

    def talk(self, port, *pieces, timeout=40):
        return self.over_modem("/usr/bin/python3", "-c", TALK, ADDRESS, str(port), *pieces,
                               timeout=timeout)


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

    def test_the_escape_sequence_in_the_programs_data_is_data(self):
        received = []

        def collect(connection):
            received.append(servers.receive_exactly(connection, 15))

        peer = self.start(servers.TcpServer(collect))
        self.succeeds(self.talk(peer.port, "pause=1.2", "+++", "pause=1.3", "+", "pause=0.5", "++",
                                "pause=1.3", "+++", "pause=1.2", "end+++"))
        self.assertEqual(received, [b"+++++++++end+++"])

    def test_words_of_the_module_in_the_peers_data_are_data(self):
        words = b"\r\nCLOSED\r\n", b"\r\n+IPCLOSE: 0,1\r\n", b"\r\nOK\r\n", b"\r\nRDY\r\n"

        def say(connection):
            for word in words:
                connection.sendall(word)
                time.sleep(0.3)
            connection.sendall(words[0])
            time.sleep(4)
            connection.sendall(b"still there")

        peer = self.start(servers.TcpServer(say))
        got = self.succeeds(self.talk(peer.port))
        self.assertEqual(got.stdout, b"".join(words) + words[0] + b"still there")
        self.assertIn("ATO", self.modem_commands())

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

    def test_a_client_of_a_server_gets_the_line(self):
        script = """
import socket
listener = socket.create_server(("0.0.0.0", 7070))
print("ready", flush=True)
connection, _ = listener.accept()
data = connection.recv(100)
connection.sendall(data.upper())
connection.close()
"""
        log = self.scratch / "server.out"
        server = process.Background(["/usr/bin/python3", "-c", script], self.modem_environment(),
                                    log, stdout=subprocess.PIPE)
        self.addCleanup(server.stop)
        self.assertEqual(server.process.stdout.readline(), b"ready\n")
        with socket.create_connection(("127.0.0.1", 7070), timeout=10) as client:
            time.sleep(0.2)
            client.sendall(b"hello")
            self.assertEqual(servers.receive_exactly(client, 5), b"HELLO")
        self.assertEqual(server.process.wait(20), 0)

    def test_a_killed_program_leaves_nothing_that_the_next_one_minds(self):
        quiet = self.start(servers.TcpServer(servers.receive_all))
        victim = process.Background(
            ["/usr/bin/python3", "-c", TALK, ADDRESS, str(quiet.port)], self.modem_environment(),
            self.scratch / "victim.out")
        self.addCleanup(victim.stop)
        deadline = time.monotonic() + 10
        while "CONNECT" not in self.modem_log() and time.monotonic() < deadline:
            time.sleep(0.05)
        victim.process.send_signal(signal.SIGKILL)
        victim.process.wait()
        web = self.start(servers.WebServer({"/": b"next\n"}))
        for mode in ("transparent", "command"):
            got = self.succeeds(self.over_modem("curl", "-sS", f"http://{ADDRESS}:{web.port}/",
                                                MODE=mode))
            self.assertEqual(got.stdout, b"next\n")


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
        data = os.urandom(60_000)
        (self.scratch / "upload").write_bytes(data)
        received = []
        peer = self.start(servers.TcpServer(
            lambda connection: received.append(servers.receive_all(connection))))
        self.succeeds(self.over_modem(
            "bash", "-c", f"exec 3<>/dev/tcp/{ADDRESS}/{peer.port}; cat upload >&3", timeout=40))
        deadline = time.monotonic() + 10
        while not received and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assert_same_bytes(b"".join(received), data)


if __name__ == "__main__":
    main()
