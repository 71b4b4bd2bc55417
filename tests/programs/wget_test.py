# SPDX-License-Identifier: MIT
"""wget, unmodified, over the modem. It connects a blocking socket and waits with select."""
import os

from harness import ADDRESS, ModemTest, main, servers

MB = 1 << 20
ONCE = ["wget", "--no-verbose", "--tries=1", "--output-document=-"]


class Wget(ModemTest):
    def test_a_page_arrives(self):
        web = self.start(servers.WebServer({"/": b"<h1>It works</h1>\n"}))
        page = self.succeeds(self.over_both(
            lambda address: [*ONCE, f"http://{address}:{web.port}/"]))
        self.assertEqual(page.stdout, b"<h1>It works</h1>\n")

    def test_two_megabytes_arrive_whole(self):
        data = os.urandom(2 * MB)
        web = self.start(servers.WebServer({"/file": data}))
        got = self.succeeds(self.over_modem(
            *ONCE, f"http://{ADDRESS}:{web.port}/file", timeout=60))
        self.assert_same_bytes(got.stdout, data)

    def test_a_put_of_one_megabyte_arrives_whole(self):
        data = os.urandom(MB)
        (self.scratch / "upload").write_bytes(data)
        web = self.start(servers.WebServer())
        self.succeeds(self.over_modem(
            *ONCE, "--method=PUT", "--body-file=upload", f"http://{ADDRESS}:{web.port}/stored",
            timeout=60))
        self.assert_same_bytes(web.uploads["/stored"], data)

    def test_connect_timeout_is_honoured(self):
        silent = self.start(servers.SilentPort())
        late = self.over_both(
            lambda address: [*ONCE, "--connect-timeout=2", f"http://{address}:{silent.port}/"])
        self.assertEqual(late.status, 4, late)  # 4: network failure
        self.assertGreater(late.seconds, 1.9, late)
        self.assertLess(late.seconds, 6, late)

    def test_a_refused_connection_is_wgets_error(self):
        refusing = self.start(servers.RefusingPort())
        refused = self.over_both(
            lambda address: [*ONCE, f"http://{address}:{refusing.port}/"])
        self.assertEqual(refused.status, 4, refused)
        self.assertIn("Connection refused", refused.stderr)


if __name__ == "__main__":
    main()
