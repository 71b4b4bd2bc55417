# SPDX-License-Identifier: MIT
"""Python's urllib, unmodified, over the modem: getaddrinfo, then a blocking connect, or with a
timeout a non-blocking one and poll."""
import os
import sys

from harness import ADDRESS, ModemTest, main, servers

MB = 1 << 20

GET = """
import shutil, sys, urllib.request
with urllib.request.urlopen(sys.argv[1]) as answer:
    shutil.copyfileobj(answer, sys.stdout.buffer)
"""

PUT = """
import sys, urllib.request
request = urllib.request.Request(sys.argv[1], data=open(sys.argv[2], 'rb').read(), method='PUT')
with urllib.request.urlopen(request) as answer:
    print(answer.status)
"""

GET_WITH_TIMEOUT = """
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen(sys.argv[1], timeout=2)
except urllib.error.URLError as error:
    print(type(error.reason).__name__, error.reason)
"""


class Urllib(ModemTest):
    def test_a_page_arrives(self):
        web = self.start(servers.WebServer({"/": b"<h1>It works</h1>\n"}))
        page = self.succeeds(self.over_both(
            lambda address: [sys.executable, "-c", GET, f"http://{address}:{web.port}/"]))
        self.assertEqual(page.stdout, b"<h1>It works</h1>\n")

    def test_two_megabytes_arrive_whole(self):
        data = os.urandom(2 * MB)
        web = self.start(servers.WebServer({"/file": data}))
        got = self.succeeds(self.over_modem(
            sys.executable, "-c", GET, f"http://{ADDRESS}:{web.port}/file", timeout=60))
        self.assert_same_bytes(got.stdout, data)

    def test_a_put_of_one_megabyte_arrives_whole(self):
        data = os.urandom(MB)
        (self.scratch / "upload").write_bytes(data)
        web = self.start(servers.WebServer())
        answer = self.succeeds(self.over_modem(
            sys.executable, "-c", PUT, f"http://{ADDRESS}:{web.port}/stored", "upload", timeout=60))
        self.assertEqual(answer.stdout, b"201\n")
        self.assert_same_bytes(web.uploads["/stored"], data)

    def test_a_timeout_while_connecting_is_honoured(self):
        silent = self.start(servers.SilentPort())
        late = self.succeeds(self.over_both(
            lambda address: [sys.executable, "-c", GET_WITH_TIMEOUT,
                             f"http://{address}:{silent.port}/"]))
        self.assertEqual(late.stdout, b"TimeoutError timed out\n")
        self.assertLess(late.seconds, 6, late)

    def test_a_timeout_while_reading_is_honoured(self):
        web = self.start(servers.WebServer({"/": b"late"}, gate=2))
        late = self.over_modem(sys.executable, "-c", GET_WITH_TIMEOUT,
                               f"http://{ADDRESS}:{web.port}/")
        self.assertIn("TimeoutError: timed out", late.stderr)
        self.assertLess(late.seconds, 6, late)

    def test_a_refused_connection_is_an_exception(self):
        refusing = self.start(servers.RefusingPort())
        refused = self.succeeds(self.over_both(
            lambda address: [sys.executable, "-c", GET_WITH_TIMEOUT,
                             f"http://{address}:{refusing.port}/"]))
        self.assertEqual(refused.stdout,
                         b"ConnectionRefusedError [Errno 111] Connection refused\n")


if __name__ == "__main__":
    main()
