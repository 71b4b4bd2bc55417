# SPDX-License-Identifier: MIT
"""iperf3 over the modem: both directions, TCP and UDP, as client and as server. It has a control
connection beside the one that it measures, and asks for TCP_INFO."""
import json

from harness import ADDRESS, ModemTest, eventually, free_port, is_open, main

PORT = 5201
UDP = ["-u", "-b", "1M", "-l", "1200"]


class IperfTest(ModemTest):
    def measure(self, run, host, port, *options):
        """What the client reports at the end; `run(…)` runs it."""
        seen = run("iperf3", "-c", host, "-p", port, "-J", "-t", "1", *options)
        report = json.loads(seen.stdout)
        self.assertEqual((seen.status, report.get("error")), (0, None), seen)
        return report["end"]

    def measure_all(self, server, run, host):
        tests = 0
        for direction in ([], ["-R"]):
            for protocol in ([], UDP):
                tests += 1
                # It listens anew for every test.
                eventually(lambda: f"(test #{tests})" in server.output() and is_open(server.port))
                with self.subTest(options=[*protocol, *direction]):
                    end = self.measure(run, host, server.port, *protocol, *direction)
                    if protocol:
                        # A busy machine may lose some.
                        self.assertLess(end["sum"]["lost_percent"], 50)
                    else:
                        self.assertGreater(end["sum_received"]["bytes"], 10_000)


class Client(IperfTest):
    def test_tcp_and_udp_both_ways(self):
        server = self.peer("iperf3", "-s", "--forceflush", "-p", port := free_port(), port=port)
        self.measure_all(server, self.over_modem, ADDRESS)


class Server(IperfTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_tcp_and_udp_both_ways(self):
        server = self.behind_modem("iperf3", "-s", "--forceflush", "-p", PORT, port=PORT)
        self.measure_all(server, self.over_kernel, "127.0.0.1")


if __name__ == "__main__":
    main()
