# SPDX-License-Identifier: MIT
"""Datagrams and names of programs under the filter, which resolve names themselves: from a resolver
on the network, and from one that resolv.conf has on this machine."""
import shutil
import socket
import subprocess
import threading

from harness import ADDRESS, main, process, servers
from seccomp.base import BUSYBOX, SeccompTest, go, static

NAME = "host.example"
RESOLVER = "203.0.113.53"
RESOLVER_PORT = 5353


class DatagramServer:
    """Answers each datagram with `handle(datagram)`."""

    def __init__(self, handle, port=0):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self.port = self._socket.getsockname()[1]
        self._handle = handle
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        while True:
            datagram, peer = self._socket.recvfrom(2048)
            if datagram == b"" or self._socket.fileno() < 0:
                return
            self._socket.sendto(self._handle(datagram), peer)

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join(5)
        self._socket.close()


def name_server(address):
    """A handler that says `address` for every A question, and nothing for others."""
    def handle(query):
        question = query[12:query.index(b"\0", 12) + 5]
        answer = b""
        if question[-4:] == b"\0\1\0\1":
            answer = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + socket.inet_aton(address)
        return (query[:2] + b"\x81\x80\0\1" + (b"\0\1" if answer else b"\0\0") + b"\0\0\0\0" +
                question + answer)
    return handle


class Names(SeccompTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}",
                         "--map", f"{RESOLVER}:53=127.0.0.1:{RESOLVER_PORT}")

    def setUp(self):
        super().setUp()
        self.web = self.start(servers.WebServer({"/": b"page\n"}))
        self.url = f"http://{NAME}:{self.web.port}/"

    def with_resolver(self, line, *words, options=()):
        """`a7600 run` where resolv.conf has this one line; it is put over the machine's own, in a
        mount namespace."""
        file = self.scratch / "resolv.conf"
        file.write_text(line + "\n")
        unshare = [shutil.which("unshare"), "--mount", "sh", "-c"]
        if subprocess.run([*unshare, f"mount --bind {file} /etc/resolv.conf"],
                          capture_output=True).returncode != 0:
            self.skipTest("no mount namespace can be had here, to put another resolv.conf into")
        script = f"mount --bind {file} /etc/resolv.conf && exec \"$@\""
        return process.run([*unshare, script, "sh", *self.command, "run", *options, "--", *words],
                           self.tool_environment(), 30, cwd=self.scratch)

    def test_datagrams_go_and_come_with_their_addresses(self):
        echo = self.start(DatagramServer(lambda datagram: datagram))
        kernel = self.succeeds(self.over_kernel(static("datagrams"), "127.0.0.1", echo.port))
        modem = self.succeeds(self.run_tool(static("datagrams"), ADDRESS, echo.port))
        self.assertEqual(modem.stdout, kernel.stdout)

    def test_the_library_under_the_filter_sends_datagrams_too(self):
        echo = self.start(DatagramServer(lambda datagram: datagram))
        script = ("import socket, sys\n"
                  "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
                  "s.sendto(b'x', (sys.argv[1], int(sys.argv[2])))\n"
                  "print(s.recvfrom(10)[1][0])\n")
        seen = self.succeeds(self.run_tool(BUSYBOX, "sh", "-c",
                                           f"python3 -c \"{script}\" {ADDRESS} {echo.port}"))
        self.assertEqual(seen.stdout, ADDRESS.encode() + b"\n")

    def test_a_resolver_on_the_network_is_asked_over_the_modem(self):
        self.start(DatagramServer(name_server(ADDRESS), RESOLVER_PORT))
        for words in ((go("http"), "get", self.url, 1), (BUSYBOX, "wget", "-q", "-O", "-", self.url)):
            with self.subTest(program=words[0].name):
                seen = self.with_resolver(f"nameserver {RESOLVER}", *words)
                self.assertEqual(seen.stdout, b"5\n" if words[0] != BUSYBOX else b"page\n", seen)
                self.assertNotIn("CDNSGIP", self.modem_log())

    def test_a_resolver_on_this_machine_is_the_module(self):
        for words in ((go("http"), "get", self.url, 1), (BUSYBOX, "wget", "-q", "-O", "-", self.url)):
            with self.subTest(program=words[0].name):
                seen = self.with_resolver("nameserver 127.0.0.53", *words)
                self.assertEqual(seen.stdout, b"5\n" if words[0] != BUSYBOX else b"page\n", seen)
                self.assertIn("CDNSGIP", self.modem_log())

    def test_the_c_librarys_own_queries_are_answered_by_the_module_too(self):
        script = ("import ctypes, socket\n"
                  "answer = ctypes.create_string_buffer(512)\n"
                  f"size = ctypes.CDLL(None).res_query(b'{NAME}', 1, 1, answer, 512)\n"
                  "print(socket.inet_ntoa(answer.raw[size - 4:size]))\n")
        seen = self.with_resolver("nameserver 127.0.0.53", "python3", "-c", script,
                                  options=("--via", "seccomp"))
        self.assertEqual(seen.stdout.decode(), f"{ADDRESS}\n", seen)
        self.assertIn("CDNSGIP", self.modem_log())

    def test_a_name_that_is_not_there_is_told_at_once(self):
        seen = self.with_resolver("nameserver 127.0.0.53", go("http"), "get",
                                  "http://nowhere.example/", 1)
        self.assertIn("no such host", seen.stderr)


if __name__ == "__main__":
    main()
