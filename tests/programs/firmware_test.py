# SPDX-License-Identifier: MIT
"""Programs over each firmware that the simulator plays: what they get is the same."""
from harness import ADDRESS, ModemTest, main, servers

FILE = bytes(range(256)) * 200


class Firmware:
    """With the classes below, one for each profile."""

    def setUp(self):
        super().setUp()
        self.web = self.start(servers.WebServer({"/file": FILE}))

    def test_a_name_is_looked_up_and_a_file_arrives(self):
        url = f"http://www.example.test:{self.web.port}/file"
        self.assert_same_bytes(self.succeeds(self.over_modem("curl", "-sS", url)).stdout, FILE)

    # All with one peer: pushed data can't be told apart by it.
    def test_transfers_beside_each_other_arrive(self):
        words = []
        for number in range(8):
            words += ["-o", f"file{number}", f"http://{ADDRESS}:{self.web.port}/file"]
        self.succeeds(self.over_modem("curl", "-sS", "--no-progress-meter", "--parallel",
                                      "--parallel-immediate", *words))
        for number in range(8):
            self.assert_same_bytes((self.scratch / f"file{number}").read_bytes(), FILE)


class Manual(Firmware, ModemTest):
    simulator_options = ("--dns", f"www.example.test={ADDRESS}")


class A7670(Firmware, ModemTest):
    simulator_options = (*Manual.simulator_options, "--profile", "a7670")


class Sim7600(Firmware, ModemTest):
    simulator_options = (*Manual.simulator_options, "--profile", "sim7600")


class Odd(Firmware, ModemTest):
    simulator_options = (*Manual.simulator_options, "--profile", "odd")


if __name__ == "__main__":
    main()
