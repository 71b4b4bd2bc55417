# SPDX-License-Identifier: MIT
"""dig and host over the modem, which speak DNS themselves: over UDP by sendmmsg and recvmsg, and
over TCP."""
from harness import ADDRESS, ModemTest, free_port, main

NAME = "www.example.test"
ANSWER = "192.0.2.55"


class Dns(ModemTest):
    def setUp(self):
        super().setUp()
        self.server = self.peer(
            "dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
            "--listen-address=127.0.0.1", "--bind-interfaces", f"--port={(port := free_port())}",
            f"--address=/{NAME}/{ANSWER}", "--local=/test/", "--user=", "--pid-file", port=port)

    def dig(self, *words):
        return self.succeeds(self.over_both(
            lambda address: ["dig", f"@{address}", "-p", self.server.port, "+tries=1", "+short",
                             *words])).stdout.decode()

    def test_dig_over_udp_and_tcp(self):
        for options in ([], ["+tcp"], ["+noedns"]):
            with self.subTest(options=options):
                self.assertEqual(self.dig(*options, NAME), f"{ANSWER}\n")

    def test_dig_asks_several_questions_at_once(self):
        self.assertEqual(self.dig("+keepopen", "+tcp", NAME, NAME, NAME), f"{ANSWER}\n" * 3)
        self.assertEqual(self.dig(NAME, NAME), f"{ANSWER}\n" * 2)

    def test_dig_says_that_there_is_no_server(self):
        seen = self.over_modem("dig", f"@{ADDRESS}", "-p", free_port(), "+tries=1", "+timeout=1",
                               NAME)
        self.assertEqual(seen.status, 9, seen)  # 9: no reply

    def test_a_port_that_the_program_has_not_chosen_may_be_another(self):
        self.addCleanup(self.modem.tell, "clear")
        self.modem.tell("fault open-error=6@100x3")  # port occupied (manual 4)
        seen = self.succeeds(self.over_modem("dig", f"@{ADDRESS}", "-p", self.server.port,
                                             "+tries=1", "+short", NAME))
        self.assertEqual(seen.stdout.decode(), f"{ANSWER}\n")
        self.assertEqual(self.modem_log().count("* fault open-error"), 3)

    def test_host(self):
        for options in ([], ["-T"]):
            with self.subTest(options=options):
                seen = self.succeeds(self.over_modem("host", *options, "-p", self.server.port,
                                                     "-t", "A", NAME, ADDRESS))
                self.assertIn(f"{NAME} has address {ANSWER}\n".encode(), seen.stdout)


if __name__ == "__main__":
    main()
