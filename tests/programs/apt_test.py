# SPDX-License-Identifier: MIT
"""apt-get over the modem, from a repository of the test's own. Its methods are programs of their
own; those that fetch become another user where they can."""
import gzip
import hashlib
import subprocess

from harness import ADDRESS, build_tree, main, servers
from sharing.base import SharingTest

NAME = "deb.example.test"
CONTROL = """Package: a7600-test-package
Version: 1.0
Architecture: all
Maintainer: test <test@example.test>
Description: nothing
"""


class Apt(SharingTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        tree = cls.scratch / "package"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN" / "control").write_text(CONTROL)
        (tree / "usr").mkdir()
        (tree / "usr" / "data").write_bytes(bytes(range(256)) * 200)
        file = cls.scratch / "a7600-test-package.deb"
        subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, file], check=True,
                       capture_output=True, env=build_tree.clean_environment(cls.scratch))
        cls.package = file.read_bytes()
        index = (f"{CONTROL}Filename: debian/{file.name}\nSize: {len(cls.package)}\n"
                 f"SHA256: {hashlib.sha256(cls.package).hexdigest()}\n\n").encode()
        cls.files = {f"/debian/{file.name}": cls.package, "/debian/Packages.gz": gzip.compress(index)}

    def setUp(self):
        super().setUp()
        self.web = self.start(servers.WebServer(self.files))
        self.root = self.scratch / self._testMethodName
        for part in ("state/lists/partial", "cache/archives/partial", "here"):
            (self.root / part).mkdir(parents=True)
            (self.root / part).chmod(0o777)
        (self.root / "status").touch()
        (self.root / "sources.list").write_text(
            f"deb [trusted=yes] http://{NAME}:{self.web.port}/ debian/\n")
        self.settings = [word for setting in (
            f"Dir::State={self.root}/state", f"Dir::State::status={self.root}/status",
            f"Dir::Cache={self.root}/cache", f"Dir::Etc::sourcelist={self.root}/sources.list",
            "Dir::Etc::sourceparts=-", "Dir::Etc::parts=-", "Dir::Etc::main=-",
            "Acquire::Languages=none") for word in ("-o", setting)]

    def update_and_download(self, run, *options):
        """`run(…)` runs apt-get, under test."""
        self.succeeds(run("apt-get", *self.settings, *options, "-q", "update"))
        self.succeeds(run("sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", self.root / "here",
                          "apt-get", *self.settings, *options, "-q", "download",
                          "a7600-test-package"))
        got, = (self.root / "here").glob("*.deb")
        self.assert_same_bytes(got.read_bytes(), self.package)
        self.assertIn(f'AT+CDNSGIP="{NAME}"', self.modem_log())

    def test_update_and_download_under_a7600_run(self):
        self.update_and_download(self.run_tool)

    def test_update_and_download_with_a_method_that_stays_who_it_is(self):
        # It hosts the engine itself, so it has to be allowed to open the serial port.
        self.update_and_download(self.over_modem, "-o", "APT::Sandbox::User=root")


if __name__ == "__main__":
    main()
