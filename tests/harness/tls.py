# SPDX-License-Identifier: MIT
"""A certificate authority of the test's own, and OpenSSL's server with a certificate from it."""
import socket
import subprocess
import time

from . import build_tree
from .process import Background


class Authority:
    """`certificate` is the file to trust; `issue(name)` gives a server's certificate and key."""

    def __init__(self, scratch):
        self._scratch = scratch
        self.certificate = scratch / "ca.pem"
        self._key = scratch / "ca.key"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", "/CN=test authority",
                      "-keyout", self._key, "-out", self.certificate)

    def issue(self, name):
        certificate, key = self._scratch / f"{name}.pem", self._scratch / f"{name}.key"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                      "-nodes", "-days", "2", "-subj", f"/CN={name}",
                      "-addext", f"subjectAltName=DNS:{name}",
                      "-addext", "basicConstraints=critical,CA:FALSE",
                      "-CA", self.certificate, "-CAkey", self._key,
                      "-keyout", key, "-out", certificate)
        return certificate, key

    def _openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True,
                       env=build_tree.clean_environment(self._scratch))


class TlsServer(Background):
    """`openssl s_server -WWW`: serves the files in `root` over TLS, one connection at a time."""

    def __init__(self, scratch, root, certificate, key):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        super().__init__(["openssl", "s_server", "-accept", f"127.0.0.1:{self.port}", "-WWW",
                          "-cert", certificate, "-key", key],
                         build_tree.clean_environment(scratch), scratch / "s_server.out", cwd=root)
        self._wait_until_ready()

    def _wait_until_ready(self, seconds=10):
        # s_server says ACCEPT when it listens.
        deadline = time.monotonic() + seconds
        while "ACCEPT" not in self.output():
            if not self.running() or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"openssl s_server doesn't listen:\n{self.output()}")
            time.sleep(0.01)
