# SPDX-License-Identifier: MIT
"""A7600_PORT=PORT,PORT2: bytes of several connections over two AT ports of one module, and what
goes wrong at the second."""
import json
import re

from programs.crowd import CrowdTest
from harness import ADDRESS, build_tree, main, servers

LISTEN = 7070
COMMAND = build_tree.BUILD / "tools" / "a7600"
TRACER = build_tree.BUILD / "tools" / "a7600-trace"

ECHO = """
import socket, sys
listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
while True:
    connection, _ = listener.accept()
    while data := connection.recv(100):
        connection.sendall(data)
    connection.close()
"""

STATUS = """
import socket, subprocess, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
s.sendall(b"x" * 100_000)
left = 100_000
while left: left -= len(s.recv(left))
print(subprocess.run([sys.argv[3], "status", "--json"], capture_output=True, text=True).stdout)
"""


class SecondPortTest(CrowdTest):
    def transfers(self):
        """CIPSEND and CIPRXGET=2 commands at the first port, and at the second."""
        return tuple(len(re.findall(rf" {mark} AT\+CIP(?:SEND=|RXGET=2)", self.modem_log()))
                     for mark in (">", "}"))

    def assert_both_carried(self):
        first, second = self.transfers()
        self.assertGreater(first, 0)
        self.assertGreater(second, 0)


class Buffer(SecondPortTest):
    simulator_options = ("--second-port", "--latency-ms", "2", "--seed", "1")

    def test_several_connections(self):
        self.crowd(size=200_000, RX="buffer")
        self.assert_both_carried()
        self.assertNotIn("} AT+CIPOPEN", self.modem_log())


class UrcsToBoth(SecondPortTest):
    simulator_options = ("--second-port", "--urcs", "both", "--profile", "a7670", "--seed", "2",
                         "--second-latency-ms", "1", "--listen-map", f"{LISTEN}=0")

    def test_several_connections_one_after_another(self):
        for seed in (21, 22, 23):
            self.crowd(size=60_000, seed=seed)
        self.assert_both_carried()

    def test_clients_of_a_server_one_after_another(self):
        server = self.behind_modem("/usr/bin/python3", "-c", ECHO, str(LISTEN), port=LISTEN)
        for number in range(20):
            data = f"client {number:4}".encode()
            self.assertEqual(servers.ask(server.port, data, len(data)), data)


class Push(SecondPortTest):
    simulator_options = ("--second-port", "--profile", "sim7600", "--seed", "3")

    def test_several_connections(self):
        self.crowd(size=300_000, RX="auto")
        self.assert_both_carried()


class FaultyLine(SecondPortTest):
    simulator_options = ("--second-fault",
                         "fragment=2@30,late-answer=10@10,urc-between-lines@50,urc-before-prompt@50,"
                         "blank@20,echo-back@5,send-busy@5", "--seed", "4")

    def test_several_connections(self):
        self.crowd(size=60_000)
        self.assert_both_carried()


class Unplugged(SecondPortTest):
    simulator_options = ("--second-fault", "unplug=60000@2x1", "--seed", "5")

    def test_only_what_it_carried_is_lost(self):
        self.crowd(size=200_000, may_fail=1)
        self.assert_both_carried()


class Dead(SecondPortTest):
    simulator_options = ("--second-fault", "deaf", "--seed", "6")

    def test_everything_goes_over_the_first(self):
        self.crowd(size=100_000, log="warn")
        self.assertEqual(self.warnings(), 1)

    def warnings(self):
        return self._library_logs[-1].read_text().count("without the second AT port")


class Missing(Dead):
    simulator_options = ("--seed", "7")

    def test_everything_goes_over_the_first(self):
        self.crowd(size=100_000, log="warn", PORT=f"{self.modem.port},/dev/no-such-port")
        self.assertEqual(self.warnings(), 1)

    def test_the_same_port_under_another_name_is_not_opened_twice(self):
        other = self.scratch / "other"
        other.symlink_to(self.modem.port)
        self.crowd(links=2, size=20_000, log="warn", PORT=f"{self.modem.port},{other}")
        self.assertEqual(self.warnings(), 1)


class Shown(SecondPortTest):
    simulator_options = ("--second-port", "--seed", "8")

    def test_the_status_names_both_ports(self):
        echo = self.start(servers.TcpServer(servers.echo))
        seen = self.succeeds(self.over_modem(
            COMMAND, "run", "--", "/usr/bin/python3", "-c", STATUS, ADDRESS, str(echo.port),
            str(COMMAND), LD_PRELOAD=None))
        self.assertEqual(json.loads(seen.stdout)["modem"]["port"], self.modem.ports)

    def test_a_trace_tells_the_ports_apart(self):
        trace = self.scratch / "trace"
        self.crowd(links=3, size=20_000, TRACE=trace, RX="buffer")
        shown = self.succeeds(self.over_kernel(TRACER, "show", trace)).stdout.decode()
        commands = [line for line in shown.splitlines() if "AT+CIPRXGET=2" in line]
        marked = [line for line in commands if "(second port)" in line]
        self.assertTrue(0 < len(marked) < len(commands), shown)

    def test_both_echoes_are_as_they_were_found(self):
        self.crowd(links=3, size=20_000)
        self.assertEqual([self.modem_log().count(f" {mark} ATE1") for mark in ">}"], [1, 1])


if __name__ == "__main__":
    main()
