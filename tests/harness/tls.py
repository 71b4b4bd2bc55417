# SPDX-License-Identifier: MIT
"""A certificate authority of the test's own, and OpenSSL's server with a certificate from it."""
import subprocess

from . import build_tree
from .peers import Peer, free_port


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


class TlsServer(Peer):
    """`openssl s_server -WWW`: serves the files in `root` over TLS, one connection at a time."""

    def __init__(self, scratch, root, certificate, key):
        port = free_port()
        super().__init__(["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-WWW",
                          "-cert", certificate, "-key", key],
                         build_tree.clean_environment(scratch), scratch / "s_server.out", port,
                         cwd=root)
