# SPDX-License-Identifier: MIT
"""What the tests of A7600_MODE=transparent share."""
import time

from harness import ADDRESS, ModemTest

# Reads its connection to the end, after what it is told to send has been sent with pauses.
TALK = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
for piece in sys.argv[3:]:
    if piece.startswith("pause="):
        time.sleep(float(piece[6:]))
    else:
        s.sendall(piece.encode())
while data := s.recv(65536):
    sys.stdout.buffer.write(data)
    sys.stdout.flush()
"""


class TransparentTest(ModemTest):
    simulator_options = ("--listen-map", "7070=7070")

    def modem_environment(self, log="debug", **settings):
        return super().modem_environment(log, **{"MODE": "transparent", **settings})

    def wait_for(self, word, seconds=10):
        """Until the line has carried `word` since the test began."""
        deadline = time.monotonic() + seconds
        while word not in self.modem_log() and time.monotonic() < deadline:
            time.sleep(0.02)

    def talk(self, port, *pieces, timeout=40):
        return self.over_modem("/usr/bin/python3", "-c", TALK, ADDRESS, str(port), *pieces,
                               timeout=timeout)
