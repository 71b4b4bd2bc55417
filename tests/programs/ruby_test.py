# SPDX-License-Identifier: MIT
"""Ruby over the modem: Net::HTTP and TCPServer. Ruby connects without blocking, waits, and connects
a second time for the result."""
import os

from harness import ADDRESS, ModemTest, main, servers

PORT = 8080
NAME = "www.example.test"

GET_AND_PUT = """
require "net/http"
host, port = ARGV
Net::HTTP.start(host, port.to_i) do |web|
  puts web.get("/file").body.sum
  puts web.put("/stored", "x" * 100_000).code
end
"""

REFUSED = """
require "socket"
begin
  TCPSocket.new(ARGV[0], ARGV[1].to_i)
rescue SystemCallError => error
  puts error.class
end
"""

DATAGRAMS = """
require "socket"
here = UDPSocket.new
[1, 700, 1400].each do |size|
  here.send("x" * size, 0, ARGV[0], ARGV[1].to_i)
  data, from = here.recvfrom(2000)
  puts "#{data.size} #{from[1] == ARGV[1].to_i} #{from[3] == ARGV[0]}"
end
"""

SERVER = """
require "socket"
listener = TCPServer.new("0.0.0.0", ARGV[0].to_i)
loop do
  Thread.new(listener.accept) do |client|
    while line = client.gets
      client.write(line.upcase)
    end
    client.close
  end
end
"""


class Clients(ModemTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def test_net_http_gets_and_puts_by_number_and_by_name(self):
        data = os.urandom(200_000)
        web = self.start(servers.WebServer({"/file": data}))
        by_number = self.succeeds(self.over_both(
            lambda address: ["ruby", "-e", GET_AND_PUT, address, web.port]))
        self.assertEqual(by_number.stdout, b"%d\n201\n" % (sum(data) & 0xffff))
        self.assertEqual(web.uploads["/stored"], b"x" * 100_000)
        by_name = self.succeeds(self.over_modem("ruby", "-e", GET_AND_PUT, NAME, web.port))
        self.assertEqual(by_name.stdout, by_number.stdout)

    def test_a_refused_connection_is_an_exception(self):
        refusing = self.start(servers.RefusingPort())
        seen = self.succeeds(self.over_both(
            lambda address: ["ruby", "-e", REFUSED, address, refusing.port]))
        self.assertEqual(seen.stdout, b"Errno::ECONNREFUSED\n")

    def test_datagrams(self):
        server = self.start(servers.UdpEcho())
        seen = self.succeeds(self.over_both(
            lambda address: ["ruby", "-e", DATAGRAMS, address, server.port]))
        self.assertIn(b"1400 true true\n", seen.stdout)


class Servers(ModemTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_a_server_with_threads(self):
        server = self.behind_modem("ruby", "-e", SERVER, PORT, port=PORT)
        for word in (b"one\ntwo\n", b"three\n" * 1000):
            self.assertEqual(servers.ask(server.port, word, len(word)), word.upper())


if __name__ == "__main__":
    main()
