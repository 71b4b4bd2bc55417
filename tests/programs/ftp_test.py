# SPDX-License-Identifier: MIT
"""lftp over the modem: a control connection, and a passive data connection for each file."""
import os

from harness import ADDRESS, ModemTest, free_port, main

# A server that gives the module's address of it for data connections.
SERVER = """
import sys
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer
port, root, address = sys.argv[1:]
FTPHandler.authorizer = DummyAuthorizer()
FTPHandler.authorizer.add_anonymous(root, perm="elrmwd")
FTPHandler.masquerade_address = address
FTPServer(("127.0.0.1", int(port)), FTPHandler).serve_forever(timeout=0.1)
"""


class Lftp(ModemTest):
    def setUp(self):
        super().setUp()
        self.root = self.scratch / self._testMethodName
        (self.root / "there" / "tree").mkdir(parents=True)
        self.files = {f"file{i}": os.urandom(50_000 + i) for i in range(4)}
        for name, data in self.files.items():
            (self.root / "there" / "tree" / name).write_bytes(data)
        self.server = self.peer("/usr/bin/python3", "-c", SERVER, port := free_port(),
                                self.root / "there", ADDRESS, port=port)

    def lftp(self, *commands, epsv):
        return self.over_modem(
            "lftp", "-c", "; ".join([
                f"set ftp:prefer-epsv {epsv}", "set net:max-retries 1", "set net:timeout 20",
                f"open ftp://{ADDRESS}:{self.server.port}", *commands]), cwd=self.root)

    def assert_same_files(self, directory):
        self.assertEqual({path.name: path.read_bytes() for path in directory.iterdir()},
                         self.files)

    def test_four_files_come_at_once_and_go_back(self):
        for epsv in ("no", "yes"):
            with self.subTest(epsv=epsv):
                self.succeeds(self.lftp(f"mirror --parallel=4 tree got-{epsv}", epsv=epsv))
                self.assert_same_files(self.root / f"got-{epsv}")
                self.succeeds(self.lftp(f"mirror -R got-{epsv} back-{epsv}", epsv=epsv))
                self.assert_same_files(self.root / "there" / f"back-{epsv}")

    def test_a_listing(self):
        seen = self.succeeds(self.lftp("cls -1 tree", epsv="no"))
        self.assertEqual(seen.stdout, b"".join(b"tree/file%d\n" % i for i in range(4)))


if __name__ == "__main__":
    main()
