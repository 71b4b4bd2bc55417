# SPDX-License-Identifier: MIT
"""Perl over the modem: IO::Socket::INET, client and server, blocking and with a time-out, and
HTTP::Tiny, which puts one socket's number over another's by dup2."""
import os

from harness import ADDRESS, ModemTest, main, servers

PORT = 8080
NAME = "www.example.test"

TALK = """
use IO::Socket::INET;
my ($host, $port, @timeout) = @ARGV;
my $peer = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => "tcp",
                                 @timeout ? (Timeout => $timeout[0]) : ()) or die "connect: $@\\n";
for my $turn (1 .. 5) {
  print $peer "line $turn\\n";
  print scalar <$peer>;
}
print $peer->peerhost eq $host ? "peer\\n" : "another peer\\n";
"""

GET = """
use HTTP::Tiny;
my $web = HTTP::Tiny->new(keep_alive => 1);
for my $url (@ARGV) {
  my $answer = $web->get($url);
  print "$answer->{status} ", length $answer->{content}, " ", unpack("%32C*", $answer->{content}), "\\n";
}
"""

DATAGRAMS = """
use IO::Socket::INET;
my ($host, $port) = @ARGV;
my $here = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Proto => "udp") or die;
for my $size (1, 700, 1400) {
  $here->send("x" x $size);
  $here->recv(my $data, 2000);
  print length $data, " ", $here->peerport == $port ? "peer" : "another", "\\n";
}
"""

FORKING_SERVER = """
use IO::Socket::INET;
$SIG{CHLD} = "IGNORE";
my $listener = IO::Socket::INET->new(LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die;
while (my $client = $listener->accept) {
  next if fork;
  while (my $line = <$client>) { print $client uc $line; }
  exit;
}
"""


class Clients(ModemTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def test_a_conversation(self):
        server = self.start(servers.TcpServer(servers.echo))
        for timeout in ([], [20]):
            with self.subTest(timeout=timeout):
                seen = self.succeeds(self.over_both(
                    lambda address: ["perl", "-e", TALK, address, server.port, *timeout]))
                self.assertEqual(seen.stdout.splitlines()[-2:], [b"line 5", b"peer"])

    def test_a_refused_connection_is_perls_error(self):
        refusing = self.start(servers.RefusingPort())
        for timeout in ([], [20]):
            seen = self.over_both(
                lambda address: ["perl", "-e", TALK, address, refusing.port, *timeout])
            self.assertIn("Connection refused", seen.stderr)

    def test_http_tiny_gets_pages_by_number_and_by_name(self):
        data = os.urandom(200_000)
        web = self.start(servers.WebServer({"/a": data, "/b": b"bb"}))
        seen = self.succeeds(self.over_modem(
            "perl", "-e", GET,
            *(f"http://{host}:{web.port}/{page}" for host in (ADDRESS, NAME) for page in "ab")))
        page = b"200 %d %d\n" % (len(data), sum(data))
        self.assertEqual(seen.stdout, (page + b"200 2 %d\n" % sum(b"bb")) * 2)

    def test_datagrams(self):
        server = self.start(servers.UdpEcho())
        self.succeeds(self.over_both(
            lambda address: ["perl", "-e", DATAGRAMS, address, server.port]))


class Servers(ModemTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_a_server_that_forks(self):
        server = self.behind_modem("perl", "-e", FORKING_SERVER, PORT, port=PORT)
        for word in (b"one\ntwo\n", b"three\n" * 1000):
            self.assertEqual(servers.ask(server.port, word, len(word)), word.upper())


if __name__ == "__main__":
    main()
