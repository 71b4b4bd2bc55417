# SPDX-License-Identifier: MIT
"""Traces as Wireshark's tools see them: what was sent is what is dissected."""
import hashlib
import os
import socket
import socketserver
import struct
import threading
import time

from harness import ADDRESS, main, process, servers, tls
from trace.tracing import TraceTest, logged_bytes

NAME = "www.example.test"
PAGE = b"<h1>It works</h1>\n" * 500


class Http(TraceTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def setUp(self):
        super().setUp()
        self.web = self.start(servers.WebServer({"/page": PAGE}))

    def check_page(self, rx):
        got = self.succeeds(self.traced("curl", "-sS", f"http://{NAME}:{self.web.port}/page", RX=rx))
        self.assertEqual(got.stdout, PAGE)
        self.assert_sound(got.trace)
        answers = self.fields(got.trace, "http.response", "http.response.code", "http.file_data")
        self.assertEqual(len(answers), 1)
        self.assertEqual(answers[0][0], "200")
        objects = self.scratch / f"objects-{rx}"
        self.tshark(got.trace, "-q", "--export-objects", f"http,{objects}")
        self.assertEqual((objects / "page").read_bytes(), PAGE)
        return got

    def test_curls_page_in_buffer_mode(self):
        self.check_page("buffer")

    def test_curls_page_in_push_mode(self):
        self.check_page("push")

    def test_the_connection_begins_and_ends_as_tcp_does(self):
        got = self.check_page("buffer")
        flags = [row[0] for row in self.fields(got.trace, "tcp", "tcp.flags.str")]
        letters = [flag.replace("·", "") for flag in flags]
        self.assertEqual(letters[:3], ["S", "AS", "A"])
        self.assertEqual(sorted(letters[-4:]), ["A", "A", "AF", "AF"])

    def test_a_refused_connection_is_a_reset(self):
        refusing = self.start(servers.RefusingPort())
        got = self.traced("curl", "-sS", f"http://{ADDRESS}:{refusing.port}/")
        self.assertEqual(got.status, 7, got)
        self.assert_sound(got.trace)
        flags = [row[0].replace("·", "") for row in self.fields(got.trace, "tcp", "tcp.flags.str")]
        self.assertEqual(flags, ["S", "AR"])

    def test_the_name_is_known_to_wireshark(self):
        got = self.check_page("buffer")
        hosts = self.tshark(got.trace, "-q", "-z", "hosts")
        self.assertIn(f"{ADDRESS}\t{NAME}", hosts)

    def test_the_serial_bytes_are_those_that_the_module_logged(self):
        for rx in ("buffer", "push"):
            with self.subTest(rx=rx):
                start = self.modem.log_size()
                data = os.urandom(50_000)
                self.web.files["/binary"] = data
                got = self.succeeds(self.traced(
                    "curl", "-sS", f"http://{ADDRESS}:{self.web.port}/binary", RX=rx))
                self.assert_same_bytes(got.stdout, data)
                deadline = time.monotonic() + 5
                while True:  # the simulator ends its log's last line a little later
                    host, module = logged_bytes(self.modem.log(start))
                    seen = self.serial_bytes(got.trace)
                    if seen == (host, module) or time.monotonic() > deadline:
                        break
                    time.sleep(0.05)
                self.assert_same_bytes(seen[0], host)
                self.assert_same_bytes(seen[1], module)

    def test_payloads_can_be_limited_and_dropped(self):
        secret = b"attack at dawn, said " + hashlib.sha256(PAGE).hexdigest().encode()
        self.web.files["/secret"] = secret
        for limit, rx in (("none", "buffer"), ("none", "push"), ("6", "buffer"), ("6", "push")):
            with self.subTest(limit=limit, rx=rx):
                got = self.succeeds(self.traced(
                    "curl", "-sS", "-H", "X-Word: mockingbird",
                    f"http://{ADDRESS}:{self.web.port}/secret",
                    options=["--payload", limit], RX=rx))
                self.assertEqual(got.stdout, secret)
                kept = got.trace.read_bytes()
                self.assertNotIn(b"attack at", kept)
                self.assertNotIn(b"mockingbird", kept)
                self.assertEqual(limit == "6" and b"GET /s" not in kept, False)
                self.assertIn(b"AT+CIPSEND=", kept)


class Pin(TraceTest):
    simulator_options = ("--fault", "sim-pin=4711")

    def test_the_pin_is_in_no_view(self):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        got = self.succeeds(self.traced("curl", "-sS", f"http://{ADDRESS}:{web.port}/", PIN="4711"))
        self.assertIn("AT+CPIN=4711\\r", self.modem_log().replace('"', ""))
        report = self.scratch / "report.html"
        self.succeeds(self.tracer("report", got.trace, "-o", report))
        summary = self.succeeds(self.tracer("summary", got.trace)).stdout
        for view in (got.trace.read_bytes(), got.stderr.encode(), report.read_bytes(), summary):
            self.assertNotIn(b"4711", view)
        for view in (got.trace.read_bytes(), got.stderr.encode()):
            self.assertRegex(view, rb'AT\+CPIN="?\*\*\*\*')
        for path in (got.trace, report):
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)


class Tls(TraceTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def test_the_handshake_is_dissected(self):
        root = self.scratch / "root"
        root.mkdir()
        data = os.urandom(100_000)
        (root / "file").write_bytes(data)
        authority = tls.Authority(self.scratch)
        server = self.start(tls.TlsServer(self.scratch, root, *authority.issue(NAME)))
        got = self.succeeds(self.traced("curl", "-sS", "--cacert", authority.certificate,
                                        f"https://{NAME}:{server.port}/file"))
        self.assert_same_bytes(got.stdout, data)
        self.assert_sound(got.trace)
        decode = ("-d", f"tcp.port=={server.port},tls")
        hellos = self.tshark(got.trace, *decode, "-Y", "tls.handshake", "-T", "fields", "-e",
                             "tls.handshake.type", "-e",
                             "tls.handshake.extensions_server_name").splitlines()
        self.assertEqual(hellos[0].split("\t"), ["1", NAME])
        self.assertEqual(hellos[1].split("\t")[0].split(",")[0], "2")
        records = self.tshark(got.trace, *decode, "-Y", "tls.app_data")
        self.assertGreater(len(records.splitlines()), 5)


class Mqtt(TraceTest):
    def test_the_messages_are_those_that_were_published(self):
        self.need("mosquitto", "mosquitto_pub")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        settings = self.scratch / "mosquitto.conf"
        settings.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n")
        broker = self.start(process.Background(["mosquitto", "-c", settings],
                                               self.kernel_environment(), self.scratch / "broker"))
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        self.assertTrue(broker.running(), broker.output())
        got = self.succeeds(self.traced("mosquitto_pub", "-h", ADDRESS, "-p", str(port), "-q", "1",
                                        "-t", "rooms/attic", "-m", "21.5 degrees"))
        self.assert_sound(got.trace)
        seen = self.tshark(got.trace, "-d", f"tcp.port=={port},mqtt", "-Y", "mqtt.msgtype == 3", "-T",
                           "fields", "-e", "mqtt.topic", "-e", "mqtt.msg").split()
        self.assertEqual(seen, ["rooms/attic", b"21.5 degrees".hex()])


class _Dns(socketserver.BaseRequestHandler):
    """Answers every question with one address."""
    ADDRESS = "198.51.100.23"

    def handle(self):
        question, link = self.request
        end = 12
        while question[end]:
            end += question[end] + 1
        end += 5
        answer = (question[:2] + b"\x81\x80" + struct.pack(">HHHH", 1, 1, 0, 0) + question[12:end] +
                  b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + socket.inet_aton(self.ADDRESS))
        link.sendto(answer, self.client_address)


class Dns(TraceTest):
    def test_digs_answer_is_dissected(self):
        self.need("dig")
        server = socketserver.UDPServer(("127.0.0.1", 0), _Dns)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        port = server.server_address[1]
        got = self.succeeds(self.traced("dig", "+noedns", "+short", f"@{ADDRESS}", "-p", str(port),
                                        "far.example.test"))
        self.assertEqual(got.stdout.decode().strip(), _Dns.ADDRESS)
        self.assert_sound(got.trace)
        seen = self.tshark(got.trace, "-d", f"udp.port=={port},dns", "-Y", "dns", "-T", "fields", "-e",
                           "dns.flags.response", "-e", "dns.qry.name", "-e", "dns.a").splitlines()
        self.assertEqual([line.split("\t") for line in seen],
                         [["0", "far.example.test", ""],
                          ["1", "far.example.test", _Dns.ADDRESS]])


if __name__ == "__main__":
    main()
