# SPDX-License-Identifier: MIT
"""Programs that link liba7600 instead of being preloaded."""
import os
import socket
import subprocess
import time
import unittest
from pathlib import Path

from harness import ADDRESS, Background, ModemTest, main, servers
from harness.build_tree import BUILD, SANITIZE

KINDS = ("shared", "static")
# The engine's thread is there until the end, and what the C library holds for it is "possibly lost".
VALGRIND = ("valgrind", "--quiet", "--leak-check=full", "--show-leak-kinds=definite,indirect",
            "--errors-for-leak-kinds=definite,indirect", "--error-exitcode=99")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# Where the simulator offers the module's port 7000.
LISTEN_PORT = free_port()


def program(name, kind):
    return str(BUILD / "tests" / "direct" / f"{name}_{kind}")


class Linking(ModemTest):
    simulator_options = ("--dns", f"www.example.test={ADDRESS}",
                         "--listen-map", f"7000={LISTEN_PORT}")

    def body(self, answer):
        return answer.stdout.split(b"\r\n\r\n", 1)[1]

    def test_a_file_arrives_whole(self):
        data = os.urandom(300_000)
        web = self.start(servers.WebServer({"/file": data}))
        for kind in KINDS:
            with self.subTest(kind=kind):
                got = self.succeeds(self.over_kernel(
                    program("get", kind), self.modem.port, ADDRESS, web.port, "/file"))
                self.assert_same_bytes(self.body(got), data)
                self.assertEqual(got.stderr, "")

    def test_a_name_is_looked_up_through_the_modem(self):
        web = self.start(servers.WebServer({"/": b"here\n"}))
        got = self.succeeds(self.over_kernel(
            program("get", "shared"), self.modem.port, "www.example.test", web.port, "/"))
        self.assertEqual(self.body(got), b"here\n")
        self.assertIn('AT+CDNSGIP="www.example.test"', self.modem_log())

    def test_a_destination_on_loopback_is_the_kernels(self):
        web = self.start(servers.WebServer({"/": b"here\n"}))
        got = self.succeeds(self.over_kernel(
            program("get", "shared"), self.modem.port, "127.0.0.1", web.port, "/"))
        self.assertEqual(self.body(got), b"here\n")
        self.assertNotIn("CIPOPEN", self.modem_log())

    def test_a_server_answers_through_the_modem(self):
        for kind in KINDS:
            with self.subTest(kind=kind):
                server = Background([program("serve", kind), self.modem.port, "7000"],
                                    self.kernel_environment(), self.scratch / f"serve.{kind}")
                self.addCleanup(server.stop)
                with self.peer(server) as peer:
                    peer.sendall(b"hello")
                    self.assertEqual(servers.receive_exactly(peer, 5), b"HELLO")
                self.assertEqual(server.process.wait(20), 0, server.output())
                self.assertEqual(server.output().splitlines()[0], "listening")

    def peer(self, server):
        """A connection to the server, which takes a moment to listen."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return socket.create_connection(("127.0.0.1", LISTEN_PORT), timeout=10)
            except ConnectionRefusedError:
                if time.monotonic() > deadline or not server.running():
                    raise AssertionError(server.output()) from None
                time.sleep(0.02)

    @unittest.skipIf(SANITIZE, "a sanitizer's program does not run under valgrind")
    def test_valgrind_finds_nothing(self):
        web = self.start(servers.WebServer({"/file": os.urandom(300_000)}))
        for kind in KINDS:
            for what, words in (("a file", (ADDRESS, web.port, "/file")),
                                ("by name", ("www.example.test", web.port, "/file")),
                                ("the kernel's", ("127.0.0.1", web.port, "/file")),
                                ("no such name", ("www.example.invalid", "80", "/")),
                                ("no such port", (ADDRESS, free_port(), "/"))):
                with self.subTest(kind=kind, what=what):
                    seen = self.over_kernel(*VALGRIND, program("get", kind), self.modem.port,
                                            *words, timeout=60)
                    self.assertNotIn("==", seen.stderr)
                    self.assertEqual(seen.status, 1 if what.startswith("no") else 0, seen)

    def test_a_wrong_setting_is_named(self):
        seen = self.over_kernel(program("get", "shared"), "ttyUSB2", ADDRESS, "80", "/")
        self.assertEqual(seen.status, 1)
        self.assert_one_line(seen.stderr, "A7600_PORT", "ttyUSB2")

    def test_every_setting_has_a_member_and_is_checked(self):
        # What a file's unknown key is answered with: all keys that there are.
        unknown = Path(self.scratch) / "unknown.conf"
        unknown.write_text("unknown = 1\n")
        seen = subprocess.run([BUILD / "tools" / "a7600", "status"], capture_output=True, text=True,
                              env={"A7600_CONFIG": str(unknown)})
        keys = seen.stderr.split("allowed:")[1].replace(",", " ").split()
        self.assertIn("reset", keys)
        # Of numbers, one that is out of range; of texts, one that none of them may be. Every name of
        # a file is a trace's.
        wrong = {"baud": "1", "connect_timeout": "1"}
        for key in set(keys) - {"trace"}:
            with self.subTest(setting=key):
                got = self.over_kernel(program("setting", "shared"), key, wrong.get(key, '"\x01'))
                self.assertEqual((got.status, got.stdout), (1, b"EINVAL\n"))
                self.assert_one_line(got.stderr, "A7600_" + key.upper())

    def test_the_library_exports_its_own_names_only(self):
        names = subprocess.run(
            ["nm", "-D", "--defined-only", "--format=posix", BUILD / "lib" / "liba7600.so"],
            check=True, capture_output=True, text=True).stdout.splitlines()
        self.assertEqual([name for name in names if not name.startswith("a7600_")], [])


if __name__ == "__main__":
    main()
