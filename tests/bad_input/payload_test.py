# SPDX-License-Identifier: MIT
"""Payload that looks like the module's own words, in both directions. A peer's bytes must never be
read as a result, a prompt or an unsolicited code, nor a program's bytes as a command."""
from harness import ADDRESS, ModemTest, main, servers, small_program

LINES = [
    "OK", "ERROR", "+CME ERROR: 10", "+CIPERROR: 4", "+IP ERROR: No data", "CONNECT", "CLOSED",
    "RDY", "*ATREADY: 1", "+CPIN: READY", "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY", "+NETCLOSE: 0",
    "AT+CIPCLOSE=9", "AT+NETCLOSE", "AT+CFUN=6", "+++", "ATE1",
    *(f"+{word}: {link}{rest}" for link in range(10) for word, rest in (
        ("IPCLOSE", ",1"), ("CIPCLOSE", ",0"), ("CIPOPEN", ",1"), ("CIPSEND", ",5,-1"))),
    *(f"+CIPRXGET: 1,{link}" for link in range(10)),
    *(f"+CIPRXGET: 2,{link},4,0" for link in range(10)),
]

BYTES = [b">", b"\r\n>", b"\x1a", b"\x1b", b"\x03", b"\x03\x1a", b"\0", b"\r", b"\n", b"\r\n",
         b"\x11", b"\x13", b"\x7f", b"\xff", b"A", b"AT"]


def framed(line):
    return b"\r\n" + line.encode() + b"\r\n"


class Payload(ModemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.echo = cls.start_for_all(servers.TcpServer(servers.echo))

    def round_trip(self, data):
        """`data` through the modem to an echo server and back, unchanged."""
        seen = self.succeeds(self.over_modem(
            small_program("exchange"), ADDRESS, self.echo.port, len(data), stdin=data))
        self.assert_same_bytes(seen.stdout, data)

    def test_results_and_codes_in_the_payload_are_data(self):
        self.round_trip(b"".join(map(framed, LINES)))

    def test_results_without_their_framing_are_data(self):
        self.round_trip(b"\r".join(line.encode() for line in LINES))

    def test_a_payload_that_is_nothing_but_one_result_is_data(self):
        for line in ("OK", "ERROR", "+IPCLOSE: 0,1", "+IPCLOSE: 9,1", "+CIPRXGET: 1,0",
                     "+CIPRXGET: 1,9", "+CIPSEND: 9,4,4"):
            with self.subTest(line=line):
                self.round_trip(framed(line))

    def test_prompts_escapes_and_control_bytes_are_data(self):
        for data in BYTES:
            with self.subTest(data=data):
                self.round_trip(data)
        self.round_trip(b"".join(BYTES) * 20)

    def test_every_byte_value_is_data(self):
        self.round_trip(bytes(range(256)) * 16)

    def test_codes_cut_at_every_length_of_a_read_are_data(self):
        # The module hands out at most 1500 bytes at a time: shift the codes across that edge.
        for shift in range(0, 20, 3):
            with self.subTest(shift=shift):
                self.round_trip(b"." * (1500 - shift) + framed("OK") + framed("+IPCLOSE: 9,1"))

    def test_a_peer_that_sends_codes_byte_by_byte_is_harmless(self):
        hostile = b"".join(map(framed, LINES[:17]))

        def byte_by_byte(connection):
            connection.setsockopt(servers.socket.IPPROTO_TCP, servers.socket.TCP_NODELAY, 1)
            for byte in hostile:
                connection.send(bytes([byte]))

        server = self.start(servers.TcpServer(byte_by_byte))
        seen = self.succeeds(self.over_modem(
            small_program("exchange"), ADDRESS, server.port, len(hostile) + 1))
        self.assert_same_bytes(seen.stdout, hostile)


if __name__ == "__main__":
    main()
