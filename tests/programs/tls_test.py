# SPDX-License-Identifier: MIT
"""https against OpenSSL's own server, by a name that only the modem can look up, with certificate
checks on."""
import os
import sys

from harness import ADDRESS, ModemTest, main, tls

NAME = "www.example.test"
OTHER_NAME = "other.example.test"
PORT = 4433

GET = """
import shutil, ssl, sys, urllib.request
trust = ssl.create_default_context(cafile=sys.argv[2])
with urllib.request.urlopen(sys.argv[1], context=trust) as answer:
    shutil.copyfileobj(answer, sys.stdout.buffer)
"""


class Tls(ModemTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}", "--dns", f"{OTHER_NAME}={ADDRESS}")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.data = os.urandom(300_000)
        root = cls.scratch / "root"
        root.mkdir()
        (root / "file").write_bytes(cls.data)
        authority = tls.Authority(cls.scratch)
        cls.trust = str(authority.certificate)
        cls.server = cls.start_for_all(
            tls.TlsServer(cls.scratch, root, *authority.issue(NAME)))
        cls.url = f"https://{NAME}:{cls.server.port}/file"

    def test_the_rig_works_over_the_kernel(self):
        here = f"{NAME}:{self.server.port}:127.0.0.1"
        got = self.succeeds(self.over_kernel("curl", "-sS", "--cacert", self.trust,
                                             "--resolve", here, self.url))
        self.assert_same_bytes(got.stdout, self.data)

    def test_curl_gets_a_file_from_a_named_server(self):
        got = self.succeeds(self.over_modem("curl", "-sS", "--cacert", self.trust, self.url))
        self.assert_same_bytes(got.stdout, self.data)
        self.assertIn(f'AT+CDNSGIP="{NAME}"', self.modem_log())

    def test_wget_gets_a_file_from_a_named_server(self):
        got = self.succeeds(self.over_modem("wget", "--no-verbose", "--output-document=-",
                                            f"--ca-certificate={self.trust}", self.url))
        self.assert_same_bytes(got.stdout, self.data)

    def test_urllib_gets_a_file_from_a_named_server(self):
        got = self.succeeds(self.over_modem(sys.executable, "-c", GET, self.url, self.trust))
        self.assert_same_bytes(got.stdout, self.data)

    def test_s_client_talks_to_a_named_server(self):
        seen = self.over_modem(
            "openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", self.trust,
            "-verify_hostname", NAME, "-servername", NAME,
            "-connect", f"{NAME}:{self.server.port}", stdin=b"GET /file HTTP/1.0\r\n\r\n")
        self.assert_same_bytes(seen.stdout.partition(b"\r\n\r\n")[2], self.data)

    def test_a_certificate_for_another_name_is_refused(self):
        wrong = f"https://{OTHER_NAME}:{self.server.port}/file"
        got = self.over_modem("curl", "-sS", "--cacert", self.trust, wrong)
        self.assertEqual((got.status, got.stdout), (60, b""), got)  # 60: certificate not accepted

    def test_a_certificate_of_an_unknown_authority_is_refused(self):
        got = self.over_modem("curl", "-sS", self.url)
        self.assertEqual((got.status, got.stdout), (60, b""), got)


class Server(ModemTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_s_server_behind_the_modem(self):
        data = os.urandom(100_000)
        (self.scratch / "file").write_bytes(data)
        authority = tls.Authority(self.scratch)
        certificate, key = authority.issue(NAME)
        server = self.behind_modem("openssl", "s_server", "-accept", PORT, "-WWW",
                                   "-cert", certificate, "-key", key, port=PORT)
        for _ in range(2):
            got = self.succeeds(self.over_kernel(
                "curl", "-sS", "--cacert", authority.certificate,
                "--resolve", f"{NAME}:{server.port}:127.0.0.1",
                f"https://{NAME}:{server.port}/file"))
            self.assert_same_bytes(got.stdout, data)


if __name__ == "__main__":
    main()
