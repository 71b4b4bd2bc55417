# SPDX-License-Identifier: MIT
"""The line to the module: its rate, and RTS/CTS."""
from harness import ADDRESS, ModemTest, main, servers

PAGE = b"page\n" * 400


class LineTest(ModemTest):
    fresh_modem = True

    def assert_page(self, **settings):
        web = self.start(servers.WebServer({"/": PAGE}))
        page = self.succeeds(self.over_modem("curl", "-sS", f"http://{ADDRESS}:{web.port}/",
                                             timeout=60, **settings))
        self.assert_same_bytes(page.stdout, PAGE)


class AtAnotherRate(LineTest):
    simulator_options = ("--fault", "check-baud=9600")

    def test_the_module_is_found_set_to_the_rate_that_is_wanted_and_put_back(self):
        self.assert_page(BAUD="921600")
        rates = [command for command in self.modem_commands() if command.startswith("AT+IPR=")]
        self.assertEqual(rates, ["AT+IPR=921600", "AT+IPR=9600"])


class WithoutRtsCts(LineTest):
    simulator_options = ("--fault", "no-rtscts")

    def test_a_line_that_dies_of_rtscts_is_brought_back(self):
        self.assert_page(FLOW="rtscts")
        self.assertIn("AT+IFC=0,0", self.modem_commands())


class WithRtsCts(LineTest):
    def test_the_module_is_told_to_keep_to_rtscts_and_told_otherwise_at_the_end(self):
        self.assert_page(FLOW="rtscts")
        flow = [command for command in self.modem_commands() if command.startswith("AT+IFC=")]
        self.assertEqual(flow, ["AT+IFC=2,2", "AT+IFC=0,0"])

    def test_nothing_is_changed_unless_asked(self):
        self.assert_page()
        changes = [command for command in self.modem_commands()
                   if command.startswith(("AT+IFC", "AT+IPR"))]
        self.assertEqual(changes, [])


if __name__ == "__main__":
    main()
