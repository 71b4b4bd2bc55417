# SPDX-License-Identifier: MIT
"""In and out of A7600_MODE=transparent: the escape sequence, the module's words in data mode, a
server's client, a program that is killed."""
import signal
import socket
import subprocess
import time

from harness import ADDRESS, main, process, servers
from programs.transparent import TALK, TransparentTest


class Escape(TransparentTest):
    def test_the_escape_sequence_in_the_programs_data_is_data(self):
        received = []

        def collect(connection):
            received.append(servers.receive_exactly(connection, 9))

        peer = self.start(servers.TcpServer(collect))
        self.succeeds(self.talk(peer.port, "pause=1.2", "+++", "pause=1.2", "end+++"))
        self.assertEqual(received, [b"+++end+++"])

    def test_words_of_the_module_in_the_peers_data_are_data(self):
        words = b"\r\nCLOSED\r\n", b"\r\n+IPCLOSE: 0,1\r\n", b"\r\nOK\r\n", b"\r\nRDY\r\n"

        def say(connection):
            for word in words:
                connection.sendall(word)
                time.sleep(0.1)
            connection.sendall(words[0])
            self.wait_for("ATO")
            connection.sendall(b"still there")

        peer = self.start(servers.TcpServer(say))
        got = self.succeeds(self.talk(peer.port))
        self.assertEqual(got.stdout, b"".join(words) + words[0] + b"still there")
        self.assertIn("ATO", self.modem_commands())

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
            client.sendall(b"hello")
            self.assertEqual(servers.receive_exactly(client, 5), b"HELLO")
        self.assertEqual(server.process.wait(20), 0)

    def test_a_killed_program_leaves_nothing_that_the_next_one_minds(self):
        quiet = self.start(servers.TcpServer(servers.receive_all))
        victim = process.Background(
            ["/usr/bin/python3", "-c", TALK, ADDRESS, str(quiet.port)], self.modem_environment(),
            self.scratch / "victim.out")
        self.addCleanup(victim.stop)
        self.wait_for("CONNECT")
        victim.process.send_signal(signal.SIGKILL)
        victim.process.wait()
        web = self.start(servers.WebServer({"/": b"next\n"}))
        for mode in ("transparent", "command"):
            got = self.succeeds(self.over_modem("curl", "-sS", f"http://{ADDRESS}:{web.port}/",
                                                MODE=mode))
            self.assertEqual(got.stdout, b"next\n")


if __name__ == "__main__":
    main()
