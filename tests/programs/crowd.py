# SPDX-License-Identifier: MIT
"""Many connections at once, each with bytes of its own, for the tests of what may mix them up."""
import hashlib
import random
import threading

from harness import ADDRESS, ModemTest, servers

# Many connections at once in one program. The peer sends each what belongs to it alone (by its
# seed), and gets as much back; some read slowly and stop at random.
CROWD = """
import hashlib, random, socket, sys, threading, time

address, seed, links, size = sys.argv[1], *map(int, sys.argv[2:5])
ports = [int(port) for port in sys.argv[5:]]
seen = [None] * links

def talk(number):
    chance = random.Random(f"{seed} reader {number}")
    data = random.Random(f"{seed} {number} up").randbytes(size // 8)
    s = socket.create_connection((address, ports[number % len(ports)]))
    s.sendall(f"{number} {seed} {size}\\n".encode())
    def send():
        sent = 0
        while sent < len(data):
            piece = chance.choice((1, 20, 700, 1500, 9000))
            s.sendall(data[sent:sent + piece])
            sent += piece
            if number % 3 == 2:
                time.sleep(chance.random() * 0.02)
    writer = threading.Thread(target=send)
    writer.start()
    digest, left = hashlib.sha256(), size
    while left > 0:
        piece = s.recv(min(left, 16384))
        if not piece: break
        digest.update(piece)
        left -= len(piece)
        if number % 3 == 0 and chance.random() < 0.5:
            time.sleep(chance.random() * 0.25)
    writer.join()
    s.shutdown(socket.SHUT_WR)
    seen[number] = (digest.hexdigest(), left, s.recv(100).decode())
    s.close()

threads = [threading.Thread(target=talk, args=(number,)) for number in range(links)]
for thread in threads: thread.start()
for thread in threads: thread.join()
for number, what in enumerate(seen): print(number, *(what or ("nothing",)))
"""


class CrowdTest(ModemTest):
    fresh_modem = True

    def crowd(self, links=6, size=500_000, seed=1, peers=6, may_fail=0, **settings):
        """`may_fail` of the connections may be broken; what the others carry is right."""
        received = {}

        def serve(connection):
            line = b""
            while not line.endswith(b"\n"):
                line += connection.recv(1)
            number, _, size_wanted = line.decode().split()
            down = random.Random(f"{seed} {number} down").randbytes(int(size_wanted))
            sender = threading.Thread(target=connection.sendall, args=(down,))
            sender.start()
            up = servers.receive_exactly(connection, int(size_wanted) // 8)
            received[int(number)] = hashlib.sha256(up).hexdigest()
            sender.join()
            connection.sendall(b"end\n")

        ports = [self.start(servers.TcpServer(serve)).port for _ in range(peers)]
        seen = self.succeeds(self.over_modem(
            "/usr/bin/python3", "-c", CROWD, ADDRESS, str(seed), str(links), str(size),
            *map(str, ports), timeout=60, **{"log": None, **settings}))
        lines = [line for line in seen.stdout.decode().split("\n") if line]
        self.assertEqual(len(lines), links, seen)
        broken = [line for line in lines if line.endswith(" nothing")]
        self.assertLessEqual(len(broken), may_fail, seen)
        for number, line in enumerate(lines):
            if line in broken:
                continue
            down = random.Random(f"{seed} {number} down").randbytes(size)
            up = random.Random(f"{seed} {number} up").randbytes(size // 8)
            self.assertEqual(line, f"{number} {hashlib.sha256(down).hexdigest()} 0 end")
            self.assertEqual(received.get(number), hashlib.sha256(up).hexdigest(),
                             f"what connection {number} sent")
        return seen
