# SPDX-License-Identifier: MIT
"""Java over the modem: HttpURLConnection (blocking) and NIO (selectors). Its sockets are IPv6 ones
that take IPv4 addresses, mapped."""
import os
import subprocess
from pathlib import Path

from harness import ADDRESS, ModemTest, build_tree, main, servers

PORT = 8080
NAME = "www.example.test"
SOURCES = Path(__file__).resolve().parent / "java"


class JavaTest(ModemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        compiled = subprocess.run(
            ["ecj", "-proc:none", "-source", "17", "-target", "17", "-d", str(cls.scratch),
             *map(str, SOURCES.glob("*.java"))],
            env=build_tree.clean_environment(cls.scratch), capture_output=True, text=True)
        if compiled.returncode != 0:
            raise AssertionError(f"ecj: {compiled.stdout}{compiled.stderr}")

    def java(self, program, *words):
        return ["java", "-XX:TieredStopAtLevel=1", "-cp", self.scratch, program, *words]


class Clients(JavaTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def test_httpurlconnection_gets_a_file_by_name(self):
        data = os.urandom(200_000)
        web = self.start(servers.WebServer({"/file": data}))
        got = self.succeeds(self.over_modem(
            *self.java("Url", "GET", f"http://{NAME}:{web.port}/file")))
        self.assert_same_bytes(got.stdout, data)

    def test_httpurlconnection_puts(self):
        web = self.start(servers.WebServer())
        seen = self.succeeds(self.over_both(
            lambda address: self.java("Url", "PUT", f"http://{address}:{web.port}/stored",
                                      "100000")))
        self.assertEqual(seen.stdout, b"201\n")
        self.assertEqual(web.uploads["/stored"], bytes(100_000))

    def test_a_refused_connection_is_an_exception(self):
        refusing = self.start(servers.RefusingPort())
        seen = self.over_modem(*self.java("Url", "GET", f"http://{ADDRESS}:{refusing.port}/"))
        self.assertIn("java.net.ConnectException: Connection refused", seen.stderr)

    def test_five_connections_of_one_selector(self):
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.over_both(
            lambda address: self.java("Nio", "talk", address, server.port)))
        self.assertEqual(seen.stdout, b"5 conversations came back as they were sent\n")

    def test_a_datagram_channel(self):
        server = self.start(servers.UdpEcho())
        seen = self.succeeds(self.over_both(
            lambda address: self.java("Nio", "datagrams", address, server.port)))
        self.assertEqual(seen.stdout, b"1 true\n700 true\n1400 true\n")


class Servers(JavaTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_a_server_with_one_selector(self):
        server = self.behind_modem(*self.java("Nio", "serve", PORT), port=PORT)
        for word in (b"one", b"three" * 3000):
            self.assertEqual(servers.ask(server.port, word, len(word)), word)


if __name__ == "__main__":
    main()
