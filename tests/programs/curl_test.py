# SPDX-License-Identifier: MIT
"""curl, unmodified, over the modem: the same bytes, the same exit status as over the kernel."""
import os

from harness import ADDRESS, ModemTest, main, servers

MB = 1 << 20


class Curl(ModemTest):
    def test_a_page_arrives(self):
        web = self.start(servers.WebServer({"/": b"<h1>It works</h1>\n"}))
        page = self.succeeds(self.over_both(
            lambda address: ["curl", "-sS", f"http://{address}:{web.port}/"]))
        self.assertEqual(page.stdout, b"<h1>It works</h1>\n")
        self.assertEqual(page.stderr, "")

    def test_a_missing_page_is_curls_error_not_ours(self):
        web = self.start(servers.WebServer())
        page = self.over_both(
            lambda address: ["curl", "-sSf", f"http://{address}:{web.port}/nothing"])
        self.assertEqual(page.status, 22, page)

    def test_five_megabytes_arrive_whole(self):
        data = os.urandom(5 * MB)
        web = self.start(servers.WebServer({"/file": data}))
        got = self.succeeds(self.over_modem(
            "curl", "-sS", f"http://{ADDRESS}:{web.port}/file", timeout=60))
        self.assert_same_bytes(got.stdout, data)

    def test_eight_files_arrive_whole_in_parallel(self):
        files = {f"/{i}": os.urandom(200_000 + i) for i in range(8)}
        web = self.start(servers.WebServer(files))
        self.succeeds(self.over_modem(
            "curl", "-sS", "--parallel", "--parallel-immediate", "--parallel-max", "8",
            "--remote-name-all", *(f"http://{ADDRESS}:{web.port}{path}" for path in files),
            timeout=60))
        for path, data in files.items():
            self.assert_same_bytes((self.scratch / path[1:]).read_bytes(), data)

    def test_two_pages_use_one_connection(self):
        web = self.start(servers.WebServer({"/a": b"a\n", "/b": b"b\n"}))
        pages = self.succeeds(self.over_both(
            lambda address: ["curl", "-sS", *(f"http://{address}:{web.port}/{p}" for p in "ab")]))
        self.assertEqual(pages.stdout, b"a\nb\n")
        self.assertEqual(web.most_open_connections, 1)

    def test_a_put_of_one_megabyte_arrives_whole(self):
        data = os.urandom(MB)
        (self.scratch / "upload").write_bytes(data)
        web = self.start(servers.WebServer())
        answer = self.succeeds(self.over_modem(
            "curl", "-sS", "-T", "upload", f"http://{ADDRESS}:{web.port}/stored", timeout=60))
        self.assertEqual(answer.stdout, b"stored\n")
        self.assert_same_bytes(web.uploads["/stored"], data)

    def test_connect_timeout_is_honoured(self):
        silent = self.start(servers.SilentPort())
        late = self.over_both(
            lambda address: ["curl", "-sS", "--connect-timeout", "2",
                             f"http://{address}:{silent.port}/"])
        self.assertEqual(late.status, 28, late)  # 28: timed out
        self.assertGreater(late.seconds, 1.9, late)
        self.assertLess(late.seconds, 6, late)

    def test_a_refused_connection_is_curls_error(self):
        refusing = self.start(servers.RefusingPort())
        refused = self.over_both(
            lambda address: ["curl", "-sS", f"http://{address}:{refusing.port}/"])
        self.assertEqual(refused.status, 7, refused)  # 7: could not connect
        self.assertIn("CIPOPEN", self.modem_log())

    def test_of_twelve_connections_two_wait_for_a_link_and_all_finish(self):
        # No answer is given before ten requests are there, so ten connections are open at once;
        # the module has ten links, so an eleventh can't be.
        files = {f"/{i}": os.urandom(1000) for i in range(12)}
        web = self.start(servers.WebServer(files, gate=10))
        self.succeeds(self.over_modem(
            "curl", "-sS", "--parallel", "--parallel-immediate", "--parallel-max", "12",
            "-H", "Connection: close", "--remote-name-all",
            *(f"http://{ADDRESS}:{web.port}{path}" for path in files), timeout=60))
        for path, data in files.items():
            self.assert_same_bytes((self.scratch / path[1:]).read_bytes(), data)
        self.assertEqual(web.most_open_connections, 10)


if __name__ == "__main__":
    main()
