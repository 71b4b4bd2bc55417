# SPDX-License-Identifier: MIT
"""The serial port: absent, not a serial port, or another program's."""
import signal
import threading

from harness import ADDRESS, Background, ModemTest, main, servers, small_program
from harness.process import end_group

ABSENT = "/dev/no-such-port"


class Port(ModemTest):
    def probe(self, *words, **settings):
        return self.over_modem(small_program("probe"), *words, log=None, **settings)

    def assert_modem_works(self):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        page = self.succeeds(self.over_modem("curl", "-sS", f"http://{ADDRESS}:{web.port}/"))
        self.assertEqual(page.stdout, b"page\n")

    def holder(self):
        """A program that has a connection through the modem and keeps it."""
        connected = threading.Event()

        def hold(connection):
            connected.set()
            servers.receive_all(connection)

        server = self.start(servers.TcpServer(hold))
        program = self.start(Background(
            [small_program("exchange"), ADDRESS, server.port, 1], self.modem_environment(),
            self.scratch / "holder.out"))
        self.assertTrue(connected.wait(20), program.output())
        return program

    def test_a_port_that_does_not_exist_is_enodev(self):
        seen = self.probe("connect", ADDRESS, "80", PORT=ABSENT)
        self.assertEqual(seen.stdout, b"connect ENODEV\n", seen)
        self.assert_one_line(seen.stderr, ABSENT)
        self.assertLess(seen.seconds, 5)

    def test_a_nonblocking_connect_without_a_port_ends_in_enodev(self):
        seen = self.probe("connect-nb", ADDRESS, "80", PORT=ABSENT)
        self.assertEqual(seen.stdout.split()[-1], b"ENODEV", seen)
        self.assert_one_line(seen.stderr, ABSENT)

    # It was ECONNREFUSED without a word: as if the web server had refused.
    def test_a_serial_server_that_is_not_there_is_enodev(self):
        port = f"tcp:127.0.0.1:{self.start(servers.RefusingPort()).port}"
        seen = self.probe("connect", ADDRESS, "80", PORT=port)
        self.assertEqual(seen.stdout, b"connect ENODEV\n", seen)
        self.assert_one_line(seen.stderr, port, "refused")

    def test_a_look_up_without_a_port_is_a_system_error(self):
        seen = self.probe("resolve", "www.example.test", PORT=ABSENT)
        self.assertEqual(seen.stdout, b"getaddrinfo EAI_SYSTEM ENODEV\n", seen)
        self.assert_one_line(seen.stderr, ABSENT)

    def test_a_device_that_is_no_serial_port_is_an_error(self):
        for path in ("/dev/null", "/etc/passwd", "/"):
            with self.subTest(path=path):
                seen = self.probe("connect", ADDRESS, "80", PORT=path)
                self.assertEqual(seen.status, 1, seen)
                self.assert_one_line(seen.stderr, path)

    def test_a_port_in_use_is_ebusy_and_names_its_holder(self):
        holder = self.holder()
        seen = self.probe("connect", ADDRESS, "80")
        self.assertEqual(seen.stdout, b"connect EBUSY\n", seen)
        self.assert_one_line(seen.stderr, self.modem.port, "exchange",
                                   str(holder.process.pid))
        look_up = self.probe("resolve", "www.example.test")
        self.assertEqual(look_up.stdout, b"getaddrinfo EAI_SYSTEM EBUSY\n", look_up)
        self.assert_one_line(look_up.stderr, "exchange", str(holder.process.pid))
        self.assertTrue(holder.running())
        holder.stop()
        self.assert_modem_works()

    def test_a_killed_holder_leaves_the_port_free_and_the_modem_usable(self):
        holder = self.holder()
        end_group(holder.process, signal.SIGKILL)
        holder.process.wait()
        self.assert_modem_works()

    def test_a_program_that_ends_leaves_the_port_free(self):
        for _ in range(3):
            self.assert_modem_works()


if __name__ == "__main__":
    main()
