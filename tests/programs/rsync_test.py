# SPDX-License-Identifier: MIT
"""rsync over the modem: as a client of a daemon and over ssh, and as the daemon, which forks for
every connection."""
import os

from harness import ADDRESS, SANITIZE, free_port, main
from harness.ssh import Ssh
from sharing.base import SharingTest

PORT = 8730


class RsyncTest(SharingTest):
    def setUp(self):
        super().setUp()
        self.root = self.scratch / self._testMethodName
        for part in ("there", "here"):
            (self.root / part).mkdir(parents=True)
        self.files = {name: os.urandom(size)
                      for name, size in (("small", 1), ("large", 300_000), ("other", 50_000))}

    def fill(self, part):
        (self.root / part).mkdir(exist_ok=True)
        for name, data in self.files.items():
            (self.root / part / name).write_bytes(data)

    def assert_filled(self, part):
        self.assertEqual({path.name: path.read_bytes() for path in (self.root / part).iterdir()},
                         self.files)

    def daemon(self, start, port):
        (self.root / "rsyncd.conf").write_text(
            f"use chroot = no\nuid = {os.geteuid()}\ngid = {os.getegid()}\n"
            f"[module]\npath = {self.root}/there\nread only = no\n")
        return start("rsync", "--daemon", "--no-detach", f"--config={self.root}/rsyncd.conf",
                     f"--port={port}", port=port)

    def there_and_back(self, rsync, module, *options):
        """`rsync(…)` runs the rsync under test."""
        self.fill("here")
        self.succeeds(rsync("rsync", "-a", *options, f"{self.root}/here/", module))
        self.assert_filled("there")
        # A second time only what has changed goes over.
        self.files["large"] = self.files["large"][:150_000] + b"new" + self.files["large"][150_000:]
        self.fill("there")
        self.succeeds(rsync("rsync", "-a", *options, module, f"{self.root}/here"))
        self.assert_filled("here")


class Clients(RsyncTest):
    def test_a_daemons_module(self):
        server = self.daemon(self.peer, free_port())
        # Under ThreadSanitizer no signal reaches the child of a program that has threads, and rsync
        # waits for one: there the engine has to be elsewhere.
        rsync = self.run_tool if "thread" in SANITIZE else self.over_modem
        self.there_and_back(rsync, f"rsync://{ADDRESS}:{server.port}/module/")

    def test_over_ssh(self):
        ssh = Ssh(self.scratch)
        server = self.peer(*ssh.server(port := free_port()), port=port)
        module = f"{ssh.user}@{ADDRESS}:{self.root}/there/"
        for rsync in (self.over_modem, self.run_tool):
            self.there_and_back(rsync, module, "-e", ssh.client(server.port))


class Server(RsyncTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_a_daemon(self):
        server = self.daemon(self.behind_modem, PORT)
        self.there_and_back(self.over_kernel, f"rsync://127.0.0.1:{server.port}/module/")


if __name__ == "__main__":
    main()
