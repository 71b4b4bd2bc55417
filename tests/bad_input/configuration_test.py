# SPDX-License-Identifier: MIT
"""Wrong values of the A7600_ variables: EINVAL and one line that names the variable and the value,
never a guess."""
from harness import ADDRESS, ModemTest, main, small_program

WRONG = [
    ("PORT", ""),
    ("PORT", "tcp:localhost"),
    ("PORT", "tcp:localhost:0"),
    ("PORT", "tcp:localhost:65536"),
    ("BAUD", ""),
    ("BAUD", "0"),
    ("BAUD", "-9600"),
    ("BAUD", "fast"),
    ("BAUD", "115200x"),
    ("BAUD", "99999999999999999999"),
    ("FLOW", "xonxoff"),
    ("APN", 'inter"net'),
    ("APN", "inter\rAT+CFUN=6"),
    ("PIN", "123"),
    ("PIN", "123456789"),
    ("PIN", "12a4"),
    ("RX", "pull"),
    ("MODE", "data"),
    ("BYPASS", "10.0.0.0/33"),
    ("BYPASS", "10.0.0/8"),
    ("BYPASS", "10.0.0.0/8:http"),
    ("BYPASS", "10.0.0.0/8:65536"),
    ("BYPASS", "everything"),
    ("ENGINE", "maybe"),
    ("LOG", "loud"),
    ("CONNECT_TIMEOUT", "2"),
    ("CONNECT_TIMEOUT", "121"),
    ("CONNECT_TIMEOUT", "soon"),
    ("CONFIG", "/no/such/file.conf"),
]


def shown(value):
    """What of a value can be looked for in a line for people."""
    return value.partition("\r")[0]


class Configuration(ModemTest):
    def probe(self, *words, **settings):
        return self.over_modem(small_program("probe"), *words, **{"log": None, **settings})

    def test_a_wrong_value_is_einval_at_socket_and_one_line(self):
        for name, value in WRONG:
            with self.subTest(name=name, value=value):
                seen = self.probe("connect", ADDRESS, "80", **{name: value})
                self.assertEqual((seen.status, seen.stdout), (1, b"socket EINVAL\n"), seen)
                self.assert_one_line(seen.stderr, f"A7600_{name}", shown(value))

    def test_a_log_file_that_can_not_be_written_is_an_error_and_one_line(self):
        seen = self.probe("connect", ADDRESS, "80", LOG="debug:/no/such/directory/log")
        self.assertEqual((seen.status, seen.stdout), (1, b"socket ENOENT\n"), seen)
        self.assert_one_line(seen.stderr, "A7600_LOG", "/no/such/directory/log")

    def test_a_named_engine_that_is_not_there_is_enetdown_and_one_line(self):
        seen = self.probe("connect", ADDRESS, "80", ENGINE="/no/such/engine.sock")
        self.assertEqual((seen.status, seen.stdout), (1, b"socket ENETDOWN\n"), seen)
        self.assert_one_line(seen.stderr, "A7600_ENGINE", "/no/such/engine.sock")

    def test_a_wrong_value_is_a_system_error_at_a_look_up(self):
        seen = self.probe("resolve", "www.example.test", BAUD="fast")
        self.assertEqual(seen.stdout, b"getaddrinfo EAI_SYSTEM EINVAL\n", seen)
        self.assert_one_line(seen.stderr, "A7600_BAUD", "fast")

    def test_a_wrong_line_of_the_file_is_named_with_its_number(self):
        path = self.scratch / "wrong.conf"
        path.write_text("# a comment\nA7600_BAUD=fast\n")
        seen = self.probe("connect", ADDRESS, "80", CONFIG=path)
        self.assertEqual(seen.stdout, b"socket EINVAL\n", seen)
        self.assert_one_line(seen.stderr, str(path), "2", "A7600_BAUD", "fast")

    def test_the_environment_overrides_the_file(self):
        path = self.scratch / "fine.conf"
        path.write_text("A7600_PORT=/dev/no-such-port\n")
        from_file = self.probe("connect", ADDRESS, "80", CONFIG=path, PORT=None)
        self.assertEqual(from_file.stdout, b"connect ENODEV\n", from_file)
        self.assertIn("/dev/no-such-port", from_file.stderr)

    def test_a_wrong_value_reaches_no_modem(self):
        self.probe("connect", ADDRESS, "80", BAUD="fast")
        self.assertEqual(self.modem_commands(), [])

    def test_a_program_that_opens_no_socket_is_not_disturbed(self):
        seen = self.succeeds(self.over_modem("echo", "hello", log=None, BAUD="fast"))
        self.assertEqual((seen.stdout, seen.stderr), (b"hello\n", ""))

    def test_curl_reports_a_wrong_value_and_ends(self):
        seen = self.over_modem("curl", "-s", f"http://{ADDRESS}/", log=None, RX="pull")
        self.assertEqual(seen.status, 7, seen)
        self.assert_one_line(seen.stderr, "A7600_RX", "pull")


if __name__ == "__main__":
    main()
