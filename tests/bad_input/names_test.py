# SPDX-License-Identifier: MIT
"""Host names that are none: they must never reach an AT command."""
from harness import ADDRESS, ModemTest, main, small_program

GOOD = "www.example.test"
LONGEST = ".".join(["a" * 63] * 3 + ["a" * 62])

WRONG = [
    'www"example.test',
    'x","203.0.113.7',
    "www.example.test\r",
    "www.example.test\r\nAT+CFUN=6\r\n",
    "www.example.test\nAT",
    "www example.test",
    "www.example.test\x1a",
    "w\xffw.example.test",
    "www..example.test",
    ".example.test",
    ".",
    "-www.example.test",
    "www.-example.test",
    "www.example.test;AT+CFUN=6",
    "a" * 64 + ".test",
    ".".join(["a" * 63] * 4),
]


class Names(ModemTest):
    simulator_options = ("--dns", f"{GOOD}={ADDRESS}")

    def look_ups(self):
        """The names that the modem was asked for."""
        return [command for command in self.modem_commands()
                if "CDNSGIP" in command.upper()]

    def test_a_name_that_the_manual_does_not_allow_reaches_no_at_command(self):
        self.assertGreaterEqual(max(map(len, WRONG)), 255)
        for name in WRONG:
            with self.subTest(name=name):
                seen = self.over_modem(small_program("probe"), "resolve", name, log=None)
                self.assertEqual(seen.stdout, b"getaddrinfo EAI_NONAME\n", seen)
        self.assertEqual(self.look_ups(), [])
        self.assertNotIn("CFUN", self.modem_log())

    def test_the_older_calls_refuse_such_names_too(self):
        for name in WRONG:
            with self.subTest(name=name):
                seen = self.over_modem(small_program("probe"), "resolve-old", name, log=None)
                self.assertEqual(seen.stdout, b"gethostbyname HOST_NOT_FOUND\n", seen)
        self.assertEqual(self.look_ups(), [])

    def test_a_name_of_254_characters_is_asked_for(self):
        self.assertEqual(len(LONGEST), 254)
        seen = self.over_modem(small_program("probe"), "resolve", LONGEST)
        self.assertEqual(seen.stdout, b"getaddrinfo EAI_NONAME\n", seen)
        self.assertEqual(self.look_ups(), [f'AT+CDNSGIP="{LONGEST}"'])

    def test_a_good_name_is_asked_for_once_and_answered(self):
        seen = self.succeeds(self.over_modem(small_program("probe"), "resolve", GOOD))
        self.assertEqual(seen.stdout.decode().splitlines(), ["getaddrinfo 0", ADDRESS])
        self.assertEqual(self.look_ups(), [f'AT+CDNSGIP="{GOOD}"'])

    def test_a_good_name_is_asked_for_once_by_a_program_that_looks_it_up_twice(self):
        script = ("import socket\n"
                  f"for name in ('{GOOD}', '{GOOD.upper()}', '{GOOD}.'):\n"
                  "    print(socket.gethostbyname(name))\n")
        seen = self.succeeds(self.over_modem("python3", "-c", script))
        self.assertEqual(seen.stdout.decode().split(), [ADDRESS] * 3)
        self.assertEqual(self.look_ups(), [f'AT+CDNSGIP="{GOOD}"'])

    def test_a_name_without_an_address_is_asked_for_each_time(self):
        script = ("import socket\n"
                  "for _ in range(2):\n"
                  "    try:\n"
                  "        socket.getaddrinfo('missing.example.test', 80)\n"
                  "    except socket.gaierror as error:\n"
                  "        print(error.errno == socket.EAI_NONAME)\n")
        seen = self.succeeds(self.over_modem("python3", "-c", script))
        self.assertEqual(seen.stdout.decode().split(), ["True"] * 2)
        self.assertEqual(len(self.look_ups()), 2)

    def test_the_older_calls_answer_a_good_name(self):
        seen = self.succeeds(self.over_modem(small_program("probe"), "resolve-old", GOOD))
        self.assertEqual(seen.stdout.decode().splitlines(), ["gethostbyname 0", ADDRESS])

    def test_numbers_and_localhost_are_not_asked_for(self):
        for name in (ADDRESS, "127.0.0.1", "::1", "localhost"):
            self.succeeds(self.over_modem(small_program("probe"), "resolve", name,
                                          PORT="/dev/no-such-port"))
        self.assertEqual(self.modem_commands(), [])


if __name__ == "__main__":
    main()
