# SPDX-License-Identifier: MIT
"""git over the modem: a repository is cloned, and a commit pushed, over each of its protocols. git
starts a helper for http and ssh, and copies the socket of git:// to others of its programs."""
import os

from harness import ADDRESS, free_port, main
from harness.git import GitHttpServer
from harness.process import run
from harness.ssh import Ssh
from sharing.base import SharingTest

PORT = 9418
AUTHOR = ["-c", "user.name=test", "-c", "user.email=test@example.test"]


class GitTest(SharingTest):
    def setUp(self):
        super().setUp()
        self.root = self.scratch / self._testMethodName
        self.root.mkdir()
        self.bare = self.root / "repository.git"
        first = self.root / "first"
        self.git("init", "-q", "-b", "main", first)
        (first / "file").write_bytes(os.urandom(200_000))
        self.commit(first, "first")
        self.git("clone", "-q", "--bare", first, self.bare)
        self.git("-C", self.bare, "config", "http.receivepack", "true")
        self.clone = self.root / "clone"

    def git(self, *words):
        """git on the kernel's sockets, where it needs any."""
        finished = run(["git", *words], self.kernel_environment(), 20)
        return self.succeeds(finished).stdout.decode().strip()

    def commit(self, where, message):
        self.git("-C", where, "add", ".")
        self.git("-C", where, *AUTHOR, "commit", "-q", "-m", message)

    def clone_and_push(self, url, git, *options):
        """`git(…)` runs the git under test; `options` come before its words."""
        self.succeeds(git("git", *options, "clone", "-q", url, self.clone))
        self.git("-C", self.clone, "fsck", "--strict")
        self.assertEqual(self.git("-C", self.clone, "log", "--format=%s"), "first")
        (self.clone / "new").write_bytes(os.urandom(100_000))
        self.commit(self.clone, "second")
        self.succeeds(git("git", "-C", self.clone, *options, "push", "-q", "origin", "main"))
        self.git("-C", self.bare, "fsck", "--strict")
        self.assertEqual(self.git("-C", self.bare, "log", "--format=%s"), "second\nfirst")

    def start_daemon(self, start, port):
        return start("git", "daemon", f"--base-path={self.root}", "--export-all",
                     "--enable=receive-pack", "--reuseaddr", f"--port={port}", port=port)


class Clients(GitTest):
    def test_http(self):
        server = self.start(GitHttpServer(self.root))
        self.clone_and_push(f"http://{ADDRESS}:{server.port}/repository.git", self.over_modem)

    def test_http_under_a7600_run(self):
        server = self.start(GitHttpServer(self.root))
        self.clone_and_push(f"http://{ADDRESS}:{server.port}/repository.git", self.run_tool)

    def test_the_git_protocol(self):
        server = self.start_daemon(self.peer, free_port())
        self.clone_and_push(f"git://{ADDRESS}:{server.port}/repository.git", self.over_modem)

    def test_ssh_under_a7600_run(self):
        ssh = Ssh(self.scratch)
        server = self.peer(*ssh.server(port := free_port()), port=port)
        self.clone_and_push(f"{ssh.user}@{ADDRESS}:{self.bare}", self.run_tool,
                            "-c", f"core.sshCommand={ssh.client(server.port)}")


class Server(GitTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_git_daemon(self):
        server = self.start_daemon(self.behind_modem, PORT)
        self.clone_and_push(f"git://127.0.0.1:{server.port}/repository.git", self.over_kernel)


if __name__ == "__main__":
    main()
