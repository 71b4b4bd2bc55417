# SPDX-License-Identifier: MIT
"""Real programs that no library can be loaded into, or that make their system calls past it, on the
modem: busybox-static, Go, and trees that mix them with others."""
import sys

from harness import ADDRESS, main, process, servers, sha256
from harness.git import GitHttpServer
from seccomp.base import BUSYBOX, GIT_LFS, START_AT, SeccompTest, go, static
from seccomp.lfs_server import LfsServer
from sharing.base import eventually

FILE = bytes(range(256)) * 100
PORT = 7171


class Programs(SeccompTest):
    simulator_options = ("--listen-map", f"{PORT}={PORT}")

    def setUp(self):
        super().setUp()
        self.assertTrue(BUSYBOX.exists(), f"tools/test unpacks {BUSYBOX}")
        self.web = self.start(servers.WebServer({"/file": FILE, "/": b"page\n"}))
        self.url = f"http://{ADDRESS}:{self.web.port}/file"

    def test_static_busybox_wget_fetches_a_file(self):
        seen = self.succeeds(self.run_tool(BUSYBOX, "wget", "-q", "-O", "-", self.url))
        self.assert_same_bytes(seen.stdout, FILE)
        self.assertEqual(seen.stderr, "")

    def test_a_static_shell_and_what_it_starts_share_the_modem(self):
        seen = self.succeeds(self.run_tool(
            BUSYBOX, "sh", "-c", f"{BUSYBOX} wget -q -O one {self.url} & curl -sS -o two {self.url}"
            f" & wget -q -O three {self.url} & wait"))
        self.assertEqual(seen.stderr, "")
        for name in ("one", "two", "three"):
            self.assert_same_bytes((self.scratch / name).read_bytes(), FILE)

    def test_a_shell_script_mixes_curl_and_static_programs(self):
        script = self.scratch / "script"
        script.write_text(f"#!/bin/sh -e\ncurl -sS -o one {self.url}\n"
                          f"{BUSYBOX} wget -q -O two {self.url}\n"
                          f"{static('exchange')} {ADDRESS} {self.web.port} 0 </dev/null\n"
                          f"python3 -c 'import os; os.posix_spawn(\"{BUSYBOX}\","
                          f" [\"wget\", \"-q\", \"-O\", \"three\", \"{self.url}\"], os.environ);"
                          " os.wait()'\n"
                          f"exec {go('http')} get {self.url} 1\n")
        script.chmod(0o755)
        seen = self.succeeds(self.run_tool(script))
        self.assertEqual(int(seen.stdout), len(FILE), seen)
        self.assertEqual(seen.stderr, "")
        for name in ("one", "two", "three"):
            self.assert_same_bytes((self.scratch / name).read_bytes(), FILE)

    def assert_starts_static_programs(self, *starter):
        """The command `starter PROGRAM ARGV…` starts a static one that has the modem, and only the
        descriptors that the kernel would have left it."""
        seen = self.succeeds(self.run_tool(*starter, BUSYBOX, "wget", "-q", "-O", "-", self.url))
        self.assert_same_bytes(seen.stdout, FILE)
        look = (*starter, BUSYBOX, "sh", "-c", "cd /proc/self/fd && echo *")
        kernel = self.succeeds(self.over_kernel(*look))
        self.assertEqual(self.succeeds(self.run_tool(*look)).stdout, kernel.stdout)

    def test_a_static_program_is_started_by_its_descriptor(self):
        script = ("import os, sys\n"
                  "os.execve(os.open(sys.argv[1], os.O_RDONLY), sys.argv[2:], os.environ)\n")
        self.assert_starts_static_programs(sys.executable, "-c", script)

    def test_a_static_program_is_started_by_execveat(self):
        for how in ("directory", "here", "itself", "no-link"):
            with self.subTest(how):
                self.assert_starts_static_programs(START_AT, how)

    def test_a_hundred_gets_of_a_go_program_run_at_once(self):
        url = f"http://{ADDRESS}:{self.web.port}/"
        for program in (go("http"), go("http_cgo")):
            with self.subTest(program=program.name):
                seen = self.succeeds(self.run_tool(program, "get", url, 100, timeout=60))
                self.assertEqual(seen.stdout, b"500\n")

    def test_a_go_server_answers(self):
        running = self.start_tool("run", "--", go("http"), "serve", PORT, 5, name="run")
        eventually(lambda: "listening" in running.output())
        for number in range(5):
            seen = process.run(["curl", "-sS", f"http://127.0.0.1:{PORT}/{number}"],
                               self.kernel_environment(), 20)
            self.assertEqual(seen.stdout, b"/%d\n" % number, seen)
        self.assertEqual(running.process.wait(10), 0, running.output())

    def test_git_lfs_pushes_and_clones_beside_git(self):
        self.assertTrue(GIT_LFS.exists(), f"tools/test unpacks {GIT_LFS}")
        (self.scratch / "repositories").mkdir(exist_ok=True)
        origin = self.scratch / "repositories" / f"{self.id()}.git"
        for words in (["init", "-q", "--bare", "-b", "main", origin],
                      ["-C", origin, "config", "http.receivepack", "true"]):
            self.succeeds(self.over_kernel("git", *words))
        git = self.start(GitHttpServer(origin.parent))
        store = self.start(LfsServer(ADDRESS))
        directory = self.scratch / self.id()
        directory.mkdir()
        (directory / "file").write_bytes(FILE)
        script = f"""set -e
            cd {directory}
            export PATH={GIT_LFS.parent}:$PATH HOME={directory}
            git config --global user.name Somebody
            git config --global user.email somebody@example.org
            git lfs install >/dev/null
            git init -q -b main work
            cd work
            git lfs track '*.bin' >/dev/null
            git config -f .lfsconfig lfs.url {store.url}
            mv ../file file.bin
            git add .
            git commit -qm "a large file"
            git push -q http://{ADDRESS}:{git.port}/{origin.name} main
            cd ..
            git clone -q http://{ADDRESS}:{git.port}/{origin.name} copy"""
        self.succeeds(self.run_tool("sh", "-c", script, timeout=60))
        self.assertEqual(list(store.objects), [sha256(FILE)])
        self.assert_same_bytes((directory / "copy" / "file.bin").read_bytes(), FILE)

    def test_everything_goes_by_the_filter_when_that_is_asked_for(self):
        seen = self.succeeds(self.run_via("seccomp", "curl", "-sS", self.url))
        self.assert_same_bytes(seen.stdout, FILE)
        seen = self.succeeds(self.run_via("seccomp", "sh", "-c", "echo ${LD_PRELOAD-none}"))
        self.assertNotIn(b"liba7600sock", seen.stdout)


class Refused(SeccompTest):
    """What starts nothing, so that no socket is ever put into a program."""

    def test_a_link_is_refused_where_none_may_be_followed(self):
        link = self.scratch / "busybox"
        link.symlink_to(BUSYBOX)
        seen = self.run_tool(START_AT, "no-link", link, "true")
        self.assertEqual((seen.status, seen.stdout), (1, b"execveat ELOOP\n"), seen)


if __name__ == "__main__":
    main()
