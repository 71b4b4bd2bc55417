# SPDX-License-Identifier: MIT
"""The time over the modem: chronyd, client and server, and ntpdig. None of them sets the clock."""
import os
import pwd
import re
import socket

from harness import ADDRESS, ModemTest, free_port, main

PORT = 1123
KERNEL_PORT = free_port(socket.SOCK_DGRAM)
# ntpdig knows no other port than 123.
TIME_SERVER = "203.0.113.123"


class NtpTest(ModemTest):
    def settings(self):
        """What keeps chronyd from all but its NTP port."""
        return ["cmdport 0", "bindcmdaddress /", f"pidfile {self.scratch}/chronyd.pid",
                f"user {pwd.getpwuid(os.geteuid()).pw_name}"]

    def server(self, start, port):
        settings = self.scratch / "chrony.conf"
        settings.write_text("\n".join([*self.settings(), f"port {port}", "local stratum 5",
                                       "allow all", f"pidfile {self.scratch}/server.pid", ""]))
        return start("chronyd", "-d", "-x", "-U", "-f", settings, port=port, protocol="udp")

    def assert_time_is_told(self, run, host, port):
        """chronyd asks once; its clock is the server's, so it is hardly off."""
        seen = self.succeeds(run("chronyd", "-Q", "-U", "-t", "20", *self.settings(), "port 0",
                                 f"server {host} port {port} iburst maxsamples 1"))
        offset = float(re.search(r"System clock wrong by (\S+) seconds", seen.stderr)[1])
        self.assertLess(abs(offset), 1)


class Clients(NtpTest):
    simulator_options = ("--map", f"{TIME_SERVER}:123=127.0.0.1:{KERNEL_PORT}")

    def setUp(self):
        super().setUp()
        self.server(self.peer, KERNEL_PORT)

    def test_chronyd_asks(self):
        self.assert_time_is_told(self.over_modem, ADDRESS, KERNEL_PORT)

    def test_ntpdig_asks(self):
        seen = self.succeeds(self.over_modem("ntpdig", TIME_SERVER))
        self.assertIn(f"{TIME_SERVER} s5 no-leap".encode(), seen.stdout)


class Server(NtpTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_chronyd_answers(self):
        server = self.server(self.behind_modem, PORT)
        self.assert_time_is_told(self.over_kernel, "127.0.0.1", server.port)


if __name__ == "__main__":
    main()
