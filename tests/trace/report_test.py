# SPDX-License-Identifier: MIT
"""The report in a real browser: it renders, filters, says nothing on the console, and takes a
hundred thousand transactions."""
import re
import time

from harness import ADDRESS, main, servers
from trace.tracing import TraceTest, chromium


class Report(TraceTest):
    def setUp(self):
        super().setUp()
        self.need("chromium")

    def load(self, page, *options, **more):
        shot = self.scratch / "shot.png"
        document, console = chromium(page, shot, *options, scratch=self.scratch, **more)
        self.assertEqual(console, [])
        return document

    def count(self, document):
        found = re.search(r'id="count">(\d+) of (\d+)<', document)
        self.assertTrue(found, document[-2000:])
        return int(found[1]), int(found[2])

    def make(self, trace):
        page = self.scratch / "report.html"
        self.succeeds(self.tracer("report", trace, "-o", page))
        return f"file://{page}"

    def test_it_renders_and_filters(self):
        web = self.start(servers.WebServer({"/": b"<script>alert(1)</script>\n"}))
        refusing = self.start(servers.RefusingPort())
        got = self.traced("sh", "-c", f"curl -sS http://{ADDRESS}:{web.port}/; "
                                      f"curl -sS http://{ADDRESS}:{refusing.port}/")
        page = self.make(got.trace)
        document = self.load(page)
        self.assertIn('data-ready="yes"', document)
        shown, whole = self.count(document)
        self.assertEqual(shown, whole)
        self.assertGreater(whole, 20)
        self.assertIn(f"{ADDRESS}:{web.port}", document)
        self.assertIn("✕", document)
        shown, _ = self.count(self.load(page + "#q=cipopen"))
        self.assertTrue(0 < shown < whole, shown)
        errors, _ = self.count(self.load(page + "#errors=1"))
        self.assertTrue(0 < errors < whole, errors)
        none, _ = self.count(self.load(page + "#q=nothing-like-that"))
        self.assertEqual(none, 0)

    def test_it_needs_no_network(self):
        got = self.succeeds(self.traced("true"))
        page = self.scratch / "report.html"
        self.succeeds(self.tracer("report", got.trace, "-o", page))
        text = page.read_text(errors="replace")
        self.assertNotRegex(text, r"(src|href)=|@import|https?://(?!www\.w3\.org)")

    def test_a_picture_is_drawn_wide_and_narrow_light_and_dark(self):
        got = self.succeeds(self.traced("true"))
        page = self.make(got.trace)
        for size in ("1300,1000", "390,844"):
            for scheme in ((), ("--force-dark-mode",)):
                shot = self.scratch / "shot.png"
                shot.unlink(missing_ok=True)
                _, console = chromium(page, shot, *scheme, size=size, scratch=self.scratch, dump=False)
                self.assertEqual(console, [])
                self.assertEqual(shot.read_bytes()[:4], b"\x89PNG")

    def test_a_hundred_thousand_transactions(self):
        got = self.succeeds(self.traced("true"))
        page = self.scratch / "report.html"
        self.succeeds(self.tracer("report", got.trace, "-o", page))
        text = page.read_text(errors="replace")
        many = ",\n".join(f'[{i * 20000},{i % 10},{i % 50},"AT+CIPRXGET=2,{i % 10},1500",'
                          f'"+CIPRXGET: 2,{i % 10},1500,{i} OK",{-1 if i % 1000 == 0 else 0},1500,'
                          f'100,-1,{9000 + i % 3000},{1000 + i % 500}]' for i in range(100_000))
        text = re.sub(r'"commands":\[.*?\],\n"calls"',
                      lambda _: f'"commands":[{many}],\n"calls"', text, count=1, flags=re.S)
        text = re.sub(r'"duration":\d+', '"duration":2000000000', text, count=1)
        page.write_text(text)
        start = time.monotonic()
        document = self.load(f"file://{page}")
        taken = time.monotonic() - start
        shown, whole = self.count(document)
        self.assertEqual(shown, whole)
        self.assertGreaterEqual(whole, 100_000)
        # Only what is in sight is in the document.
        self.assertLess(len(re.findall(r'class="row', document)), 200)
        self.assertLess(taken, 60)
        shown, _ = self.count(self.load(f"file://{page}#errors=1&link=0"))
        self.assertEqual(shown, 100)


if __name__ == "__main__":
    main()
