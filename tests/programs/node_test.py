# SPDX-License-Identifier: MIT
"""Node.js over the modem: http and https, client and server, and dgram. libuv registers its sockets
with epoll after connect, and closes them by system calls of its own."""
import os

from harness import ADDRESS, ModemTest, main, servers, tls

PORT = 8080
NAME = "www.example.test"

GET = """
const [url, ca] = process.argv.slice(1);
const options = ca ? { ca: require("fs").readFileSync(ca) } : {};
require(ca ? "https" : "http").get(url, options, (answer) => answer.pipe(process.stdout));
"""

# Six requests at once, by an agent that keeps three connections alive.
POSTS = """
const http = require("http");
const [host, port] = process.argv.slice(1);
const agent = new http.Agent({ keepAlive: true, maxSockets: 3 });
const send = (number) => new Promise((done) => {
  const request = http.request({ host, port, agent, method: "PUT", path: "/" + number },
    (answer) => answer.resume().on("end", () => done(answer.statusCode)));
  request.end(Buffer.alloc(50000, String(number)));
});
Promise.all([0, 1, 2, 3, 4, 5].map(send)).then((codes) => {
  console.log(codes.join());
  agent.destroy();
});
"""

REFUSED = """
const [host, port] = process.argv.slice(1);
require("net").connect(port, host).on("error", (error) => console.log(error.code));
"""

WEB_SERVER = """
const http = require("http");
http.createServer((request, answer) => {
  let size = 0;
  request.on("data", (piece) => { size += piece.length; });
  request.on("end", () => answer.end(`${request.method} ${request.url} ${size}\\n`));
}).listen(Number(process.argv[1]));
"""

DATAGRAMS = """
const [host, port] = process.argv.slice(1);
const here = require("dgram").createSocket("udp4");
const sizes = [1, 700, 1400];
const next = () => sizes.length ? here.send(Buffer.alloc(sizes.shift()), port, host) : here.close();
here.on("message", (data, from) => {
  console.log(data.length, from.address === host, from.port === Number(port));
  next();
});
next();
"""

DATAGRAM_SERVER = """
const here = require("dgram").createSocket("udp4");
here.on("message", (data, from) => here.send(data.toString().toUpperCase(), from.port, from.address));
here.bind(Number(process.argv[1]));
"""


def node(script, *words):
    return ["node", "-e", script, *words]


class Clients(ModemTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def test_a_page_by_name(self):
        web = self.start(servers.WebServer({"/": b"page\n"}))
        page = self.succeeds(self.over_modem(*node(GET, f"http://{NAME}:{web.port}/")))
        self.assertEqual((page.stdout, page.stderr), (b"page\n", ""))

    def test_a_file_over_tls(self):
        data = os.urandom(300_000)
        (self.scratch / "file").write_bytes(data)
        authority = tls.Authority(self.scratch)
        server = self.start(tls.TlsServer(self.scratch, self.scratch, *authority.issue(NAME)))
        got = self.succeeds(self.over_modem(
            *node(GET, f"https://{NAME}:{server.port}/file", authority.certificate)))
        self.assert_same_bytes(got.stdout, data)

    def test_uploads_at_once_on_kept_connections(self):
        web = self.start(servers.WebServer())
        seen = self.succeeds(self.over_both(lambda address: node(POSTS, address, web.port)))
        self.assertEqual(seen.stdout, b"201,201,201,201,201,201\n")
        self.assertEqual(web.uploads, {f"/{i}": b"%d" % i * 50_000 for i in range(6)})

    def test_a_refused_connection_is_an_event(self):
        refusing = self.start(servers.RefusingPort())
        seen = self.succeeds(self.over_both(lambda address: node(REFUSED, address, refusing.port)))
        self.assertEqual(seen.stdout, b"ECONNREFUSED\n")

    def test_datagrams_come_back_from_whom_they_were_sent_to(self):
        server = self.start(servers.UdpEcho())
        seen = self.succeeds(self.over_both(lambda address: node(DATAGRAMS, address, server.port)))
        self.assertIn(b"1400 true true\n", seen.stdout)


class Servers(ModemTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_an_http_server(self):
        (self.scratch / "upload").write_bytes(os.urandom(100_000))
        server = self.behind_modem(*node(WEB_SERVER, PORT), port=PORT)
        url = f"http://127.0.0.1:{server.port}"
        seen = self.succeeds(self.over_kernel(
            "curl", "-sS", "--parallel", "--parallel-immediate", "--data-binary", "@upload",
            *(f"{url}/{number}" for number in range(4))))
        self.assertEqual(sorted(seen.stdout.splitlines()),
                         [b"POST /%d 100000" % number for number in range(4)])

    def test_a_datagram_server_answers_each_sender(self):
        server = self.behind_modem(*node(DATAGRAM_SERVER, PORT), port=PORT, protocol="udp")
        for word in (b"one", b"two"):
            self.assertEqual(servers.ask_datagram(server.port, word), word.upper())


if __name__ == "__main__":
    main()
