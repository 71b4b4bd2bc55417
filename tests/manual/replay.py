#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Replays a transcript in the manual's manner against the simulated modem, over its port.

    replay.py PATH-OF-A7600-SIM TRANSCRIPT

A transcript is what a terminal shows, as the manual prints it:

    AT+CIPSEND=1,5      a line that begins with AT is typed by the host (and echoed)
    >HELLO              what follows the prompt is typed once the prompt has come; <CTRL+Z>, <ESC>
                        and <ETX> stand for those bytes
    OK                  everything else the modem must say; a \\ before it is dropped

    # text              a comment; here stands what the manual prints differently, and why
    @after FILE         that transcript comes first, on the same module
    @options ARGS       more options for the simulator
    @escape             the host is silent, sends +++, and is silent again
    @host sends TEXT    bytes of transparent mode
    @peer sends TEXT    the far side of TCP; its addresses are the manual's, see PEER below
    @peer receives TEXT
    @peer closes
    @udp sends TEXT     the far side of UDP
    @udp receives TEXT
    @buffered LINK,N    N bytes have come to the link's buffer (asked by CIPRXGET=4, not recorded)
    @client connects PORT   a client of the module's server on that port
    @client receives TEXT
    @client closes

The output must be equal byte for byte, except that blank lines and addresses (IP:PORT and
"IP",PORT) are not compared. Exit status 0: equal; 1: different; 2: the rig failed.
"""

import os
import re
import select
import shlex
import socket
import subprocess
import sys
import time
import tty

PATIENCE = 10.0
PEER = "117.131.85.139"
PEER_TCP_PORT = 5253
PEER_UDP_PORT = 5254
CLIENT_ADDRESS = "127.0.0.5"
SERVER_PORTS = (8080, 9090, 7070, 6060)
BYTES = {"<CTRL+Z>": "\x1a", "<ESC>": "\x1b", "<ETX>": "\x03"}


class Different(Exception):
    pass


def load(path):
    """The steps of a transcript, those of the transcripts that it follows first."""
    steps = []
    with open(path, encoding="latin-1", newline="\n") as file:
        for line in file:
            line = line.rstrip("\n")
            if line.startswith("@after "):
                steps += load(os.path.join(os.path.dirname(path), line.split(None, 1)[1]))
            elif line.strip() and not line.startswith("#"):
                steps.append(line)
    return steps


def normal(line):
    line = re.sub(r"\d+\.\d+\.\d+\.\d+:\d+", "IP:PORT", line)
    return re.sub(r'"\d+\.\d+\.\d+\.\d+",\d+', '"IP",PORT', line)


def compare(got, text):
    if got != text:
        raise Different(f"the far side got {got!r} instead of {text!r}")


class FarSide:
    """The sockets that the module's connections end in."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.datagrams.bind(("127.0.0.1", 0))
        self.datagrams.settimeout(PATIENCE)
        self.module = None  # where the last datagram came from
        self.connection = None
        self.client = None
        self.ports = {}  # of the module's servers: real ones

    def options(self):
        tcp = self.listener.getsockname()[1]
        udp = self.datagrams.getsockname()[1]
        result = ["--map", f"{PEER}:{PEER_TCP_PORT}=127.0.0.1:{tcp}",
                  "--map", f"{PEER}:{PEER_UDP_PORT}=127.0.0.1:{udp}",
                  "--map", f"192.168.108.5={CLIENT_ADDRESS}",
                  "--dns", "www.baidu.com=61.135.169.121",
                  "--listen-map", "5000=0"]
        for port in SERVER_PORTS:
            result += ["--listen-map", f"{port}=0"]
        return result

    def stream(self):
        if self.connection is None:
            self.connection, _ = self.listener.accept()
            self.connection.settimeout(PATIENCE)
        return self.connection

    def send_datagram(self, text):
        self.datagrams.sendto(text, self.module or ("127.0.0.1", self.ports[5000]))

    def receive_datagram(self, text):
        got, self.module = self.datagrams.recvfrom(65536)
        compare(got, text)

    def receive(self, text, source):
        got = b""
        while len(got) < len(text):
            piece = source.recv(len(text) - len(got))
            if not piece:
                break
            got += piece
        compare(got, text)


class Replay:
    def __init__(self, simulator, steps):
        self.far = FarSide()
        options = self.far.options()
        for step in steps:
            if step.startswith("@options "):
                options += shlex.split(step.split(None, 1)[1])
        self.process = subprocess.Popen([simulator] + options, stdout=subprocess.PIPE, text=True)
        self.port = os.open(self.process.stdout.readline().split()[1], os.O_RDWR | os.O_NOCTTY)
        tty.setraw(self.port)
        for _ in range(1 + len(SERVER_PORTS)):
            _, port, real = self.process.stdout.readline().split()
            self.far.ports[int(port)] = int(real)
        self.raw = b""
        self.expected = []

    def stop(self):
        self.process.terminate()
        if self.process.wait(PATIENCE) != 0:
            raise Different("the simulator's exit status isn't 0")

    def shown(self):
        text = self.raw.decode("latin-1")
        return [normal(line) for line in text.split("\r\n") if line]

    def wait(self, expected):
        """Reads until exactly these lines have come."""
        end = time.monotonic() + PATIENCE
        while self.shown() != expected:
            shown = self.shown()
            wrong = any(a != b for a, b in zip(shown[:-1], expected)) or len(shown) > len(expected)
            left = end - time.monotonic()
            if wrong or left <= 0:
                raise Different("expected:\n  " + "\n  ".join(map(repr, expected)) +
                                "\nshown:\n  " + "\n  ".join(map(repr, shown)))
            if select.select([self.port], [], [], left)[0]:
                self.raw += os.read(self.port, 65536)

    def type(self, text):
        os.write(self.port, text.encode("latin-1"))

    def step(self, line):
        for name, byte in BYTES.items():
            line = line.replace(name, byte)
        if line.startswith("\\"):
            self.expected.append(normal(line[1:]))
        elif line.startswith("AT"):
            self.wait(self.expected)
            # Pushed data has no line end of its own; a terminal shows what is typed behind it.
            self.raw += b"\r\n"
            self.type(line + "\r")
            self.expected.append(normal(line) + "\r")
        elif line.startswith(">"):
            self.wait(self.expected + [">"])
            self.type(line[1:])
            self.expected.append(line)
        elif line.startswith("@"):
            self.act(line)
        else:
            self.expected.append(normal(line))

    def act(self, line):
        words = line.split(None, 2)
        action = " ".join(words[:2])
        text = words[2].encode("latin-1") if len(words) > 2 else b""
        if words[0] == "@options":
            return
        if not action.endswith(" receives"):
            self.wait(self.expected)
        if words[0] == "@escape":
            self.escape()
        elif words[0] == "@buffered":
            self.wait_for_buffer(words[1])
        elif action == "@host sends":
            self.type(words[2])
        elif action == "@peer sends":
            self.far.stream().sendall(text)
        elif action == "@peer receives":
            self.far.receive(text, self.far.stream())
        elif action == "@udp sends":
            self.far.send_datagram(text)
        elif action == "@udp receives":
            self.far.receive_datagram(text)
        elif action == "@peer closes":
            self.far.stream().close()
        elif action == "@client connects":
            port = self.far.ports[int(words[2])]
            self.far.client = socket.create_connection(("127.0.0.1", port), PATIENCE,
                                                       (CLIENT_ADDRESS, 0))
        elif action == "@client receives":
            self.far.receive(text, self.far.client)
        elif action == "@client closes":
            self.far.client.close()
        else:
            raise ValueError(f"unknown step: {line}")

    def wait_for_buffer(self, what):
        link, size = what.split(",")
        command = f"AT+CIPRXGET=4,{link}"
        before = self.raw
        answered = self.expected
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            self.type(command + "\r")
            while not self.shown()[-1] == "OK" or len(self.shown()) < len(answered) + 3:
                self.raw += os.read(self.port, 65536)
            if f"+CIPRXGET: 4,{link},{size}" in self.shown()[len(answered):]:
                self.raw = before
                return
            self.raw = before
        raise Different(f"no {size} bytes in link {link}'s buffer")

    def escape(self):
        # The guard times are the point here, so this does wait.
        time.sleep(1.1)
        self.type("+++")

    def run(self, steps):
        for step in steps:
            self.step(step)
        # Nothing more comes: the next answer follows directly.
        self.step("AT")
        self.step("OK")
        self.wait(self.expected)


def main():
    if len(sys.argv) != 3:
        print(__doc__)
        return 2
    steps = load(sys.argv[2])
    replay = Replay(sys.argv[1], steps)
    try:
        replay.run(steps)
        replay.stop()
    except Different as difference:
        print(f"{sys.argv[2]}: {difference}")
        return 1
    finally:
        if replay.process.poll() is None:
            replay.process.kill()
            replay.process.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
