# SPDX-License-Identifier: MIT
"""What the library must not do to the programs that it is loaded into."""
import re
import subprocess
import sys

from harness import ADDRESS, LIBRARY, SANITIZE, ModemTest, main, servers


def exported_names(path):
    """Names that a shared library exports, without their versions."""
    listing = subprocess.run(["nm", "-D", "--defined-only", path], check=True, capture_output=True,
                             text=True).stdout
    for line in listing.splitlines():
        _, kind, name = line.split(maxsplit=2)
        if kind != "A":  # the names of the versions themselves
            yield name.partition("@")[0]


class Hygiene(ModemTest):
    def quiet(self, *argv, **settings):
        """Runs a program with the library as a user would, with A7600_LOG unset."""
        finished = self.succeeds(self.over_modem(*argv, log=None, **settings))
        self.assertEqual(finished.stderr, "", finished)
        return finished

    def test_a_program_without_sockets_prints_what_it_always_did(self):
        self.assertEqual(self.quiet("true").stdout, b"")
        self.assertEqual(self.quiet("echo", "hello").stdout, b"hello\n")

    def test_a_program_without_sockets_does_not_touch_the_port(self):
        self.quiet("true")
        self.quiet("true", PORT="/dev/no-such-port")
        self.assertEqual(self.modem_commands(), [])

    def test_a_program_without_sockets_has_one_thread(self):
        self.assertEqual(len(self.quiet("ls", "/proc/self/task").stdout.split()), 1)

    def test_a_program_without_sockets_has_no_further_descriptors(self):
        alone = self.over_kernel("ls", "/proc/self/fd").stdout
        self.assertEqual(self.quiet("ls", "/proc/self/fd").stdout, alone)

    def test_a_download_prints_nothing(self):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        page = self.quiet("curl", "-s", f"http://{ADDRESS}:{web.port}/")
        self.assertEqual(page.stdout, b"page\n")

    def test_a_program_sees_none_of_the_engines_descriptors(self):
        # The socket that the program has, and no port, epoll or control socket beside it.
        server = self.start(servers.TcpServer(servers.echo))
        count = ("import os, socket, sys; before = len(os.listdir('/proc/self/fd')); "
                 "s = socket.create_connection((sys.argv[1], int(sys.argv[2]))); "
                 "print(len(os.listdir('/proc/self/fd')) - before)")
        self.assertEqual(
            self.quiet(sys.executable, "-c", count, ADDRESS, server.port).stdout, b"1\n")

    def test_the_library_exports_no_cplusplus_name(self):
        mangled = [name for name in exported_names(LIBRARY) if name.startswith(("_Z", "__cxa"))]
        self.assertEqual(mangled, [])

    def test_every_exported_name_is_one_of_the_c_librarys(self):
        maps = self.over_kernel("cat", "/proc/self/maps").stdout.decode()
        libc = re.search(r"/\S*/libc\.so\.6", maps).group()
        ours = set(exported_names(LIBRARY))
        self.assertIn("connect", ours)
        self.assertEqual(ours - set(exported_names(libc)), set())

    def test_the_library_needs_no_cplusplus_runtime(self):
        if SANITIZE:
            self.skipTest("a sanitizer's runtime needs it")
        needed = subprocess.run(["objdump", "-p", LIBRARY], check=True, capture_output=True,
                                text=True).stdout
        self.assertNotIn("libstdc++", needed)


if __name__ == "__main__":
    main()
