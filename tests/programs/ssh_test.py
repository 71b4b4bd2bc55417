# SPDX-License-Identifier: MIT
"""OpenSSH over the modem: its clients, and its server, which starts itself again for every
connection and closes all descriptors that it doesn't know."""
import os
import threading

from harness import ADDRESS, free_port, main, servers
from harness.ssh import Ssh
from sharing.base import COMMAND, SharingTest

PORT = 2222


class SshTest(SharingTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ssh = Ssh(cls.scratch)
        cls.data = os.urandom(300_000)
        (cls.scratch / "file").write_bytes(cls.data)

    def command(self, address, port, *words):
        return ["ssh", *self.ssh.options(port), f"{self.ssh.user}@{address}", *words]


class Clients(SshTest):
    def setUp(self):
        super().setUp()
        port = free_port()
        self.server = self.peer(*self.ssh.server(port), port=port)

    def test_a_remote_program_has_its_input_output_and_status(self):
        seen = self.over_both(lambda address: self.command(
            address, self.server.port, "cat; echo err >&2; exit 3"), stdin=self.data)
        self.assertEqual(seen.status, 3, seen)
        self.assert_same_bytes(seen.stdout, self.data)
        self.assertEqual(seen.stderr, "err\n")

    def test_scp_copies_there_and_back(self):
        there = f"{self.ssh.user}@{ADDRESS}:{self.scratch}/there"
        options = self.ssh.options(self.server.port, "P")
        for words in (["file", there], [there, "back"]):
            self.succeeds(self.over_modem("scp", "-q", *options, *words))
        self.assert_same_bytes((self.scratch / "back").read_bytes(), self.data)

    def test_sftp_lists_and_gets(self):
        seen = self.succeeds(self.over_modem(
            "sftp", "-q", "-b", "-", *self.ssh.options(self.server.port, "P"),
            f"{self.ssh.user}@{ADDRESS}",
            stdin=f"cd {self.scratch}\nls -1 file\nget file got\n".encode()))
        self.assertIn(b"file\n", seen.stdout)
        self.assert_same_bytes((self.scratch / "got").read_bytes(), self.data)

    def test_a_forwarded_port(self):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        here = free_port()
        self.peer(*self.command(ADDRESS, self.server.port, "-N", "-L",
                                f"127.0.0.1:{here}:127.0.0.1:{web.port}"),
                  port=here, env=self.modem_environment())
        page = self.succeeds(self.over_kernel("curl", "-sS", f"http://127.0.0.1:{here}/"))
        self.assertEqual(page.stdout, b"page\n")


class Server(SshTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def two_sessions_at_once(self, server):
        seen = []

        def session():
            seen.append(self.over_kernel(*self.command("127.0.0.1", server.port, "cat"),
                                         stdin=self.data))

        sessions = [threading.Thread(target=session) for _ in range(2)]
        for each in sessions:
            each.start()
        for each in sessions:
            each.join()
        self.assertEqual(len(seen), 2)
        for each in seen:
            self.assert_same_bytes(self.succeeds(each).stdout, self.data)
            self.assertEqual(each.stderr, "")

    def test_sessions_by_sshd(self):
        self.two_sessions_at_once(self.behind_modem(*self.ssh.server(PORT), port=PORT))

    def test_sessions_by_sshd_under_a7600_run(self):
        self.two_sessions_at_once(self.behind_modem(
            COMMAND, "run", "--", *self.ssh.server(PORT), port=PORT,
            env=self.tool_environment()))


if __name__ == "__main__":
    main()
