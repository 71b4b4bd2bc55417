# SPDX-License-Identifier: MIT
"""PHP over the modem: its stream functions as a client, which connect without blocking, and its
built-in web server."""
import os

from harness import ADDRESS, ModemTest, main, servers

PORT = 8080
NAME = "www.example.test"

GET = """echo file_get_contents($argv[1]);"""

TALK = """
$peer = stream_socket_client("tcp://$argv[1]:$argv[2]", $number, $message, 20);
if (!$peer) exit("$number $message\\n");
for ($turn = 1; $turn <= 5; $turn++) {
  fwrite($peer, "line $turn\\n");
  echo fgets($peer);
}
echo stream_socket_get_name($peer, true) == "$argv[1]:$argv[2]" ? "peer\\n" : "another\\n";
"""

PAGE = """<?php
echo $_SERVER["REQUEST_METHOD"], " ", strlen(file_get_contents("php://input")), "\\n";
"""


class Clients(ModemTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def test_file_get_contents_by_number_and_by_name(self):
        data = os.urandom(200_000)
        web = self.start(servers.WebServer({"/file": data}))
        for host in (ADDRESS, NAME):
            got = self.succeeds(self.over_modem("php", "-n", "-r", GET,
                                                f"http://{host}:{web.port}/file"))
            self.assert_same_bytes(got.stdout, data)

    def test_a_conversation(self):
        server = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.over_both(
            lambda address: ["php", "-n", "-r", TALK, address, server.port]))
        self.assertEqual(seen.stdout.splitlines()[-2:], [b"line 5", b"peer"])

    def test_a_refused_connection_is_phps_error(self):
        refusing = self.start(servers.RefusingPort())
        seen = self.over_modem("php", "-n", "-r", TALK, ADDRESS, refusing.port)
        self.assertIn(b"111 Connection refused", seen.stdout)


class Servers(ModemTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_the_built_in_web_server(self):
        (self.scratch / "upload").write_bytes(os.urandom(100_000))
        (self.scratch / "page.php").write_text(PAGE)
        server = self.behind_modem("php", "-n", "-S", f"0.0.0.0:{PORT}", port=PORT)
        url = f"http://127.0.0.1:{server.port}/page.php"
        seen = self.succeeds(self.over_kernel(
            "curl", "-sS", url, "--next", "-sS", "--data-binary", "@upload", url))
        self.assertEqual(seen.stdout, b"GET 0\nPOST 100000\n")


if __name__ == "__main__":
    main()
