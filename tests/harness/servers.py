# SPDX-License-Identifier: MIT
"""Servers on loopback, each on a port that the kernel picked, each ended by `stop`."""
import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class TcpServer:
    """Gives every connection to `handle(connection)` in a thread of its own, and closes it
    afterwards."""

    def __init__(self, handle):
        self._handle = handle
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self._open = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            self._handle(connection)
        except OSError:
            pass  # the program went away: what it saw is the test's business
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def stop(self):
        # shutdown, as close alone leaves a thread that sleeps in accept or recv asleep.
        with self._lock:
            sockets = [self._listener, *self._open]
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def receive_all(connection):
    """Everything up to the end of file."""
    received = bytearray()
    while piece := connection.recv(65536):
        received += piece
    return bytes(received)


def receive_exactly(connection, size):
    received = bytearray()
    while len(received) < size and (piece := connection.recv(size - len(received))):
        received += piece
    return bytes(received)


def echo(connection):
    while piece := connection.recv(65536):
        connection.sendall(piece)


def ask(port, question, size):
    """The first `size` bytes that a server on loopback answers to `question`."""
    with socket.create_connection(("127.0.0.1", port), 20) as client:
        client.sendall(question)
        return receive_exactly(client, size)


def ask_datagram(port, question, seconds=20):
    """The datagram with which a server on loopback answers `question`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(seconds)
        client.sendto(question, ("127.0.0.1", port))
        return client.recv(65536)


class Sink(TcpServer):
    """Keeps what each connection sent until its end of file."""

    def __init__(self):
        self._arrived = []
        self._change = threading.Condition()
        super().__init__(self._keep)

    def _keep(self, connection):
        received = bytearray()
        try:
            while piece := connection.recv(65536):
                received += piece
        finally:
            with self._change:
                self._arrived.append(bytes(received))
                self._change.notify_all()

    def take(self, seconds=20):
        """What the next connection to end had sent."""
        with self._change:
            if not self._change.wait_for(lambda: self._arrived, seconds):
                raise AssertionError(f"no connection ended within {seconds} s")
            return self._arrived.pop(0)


class UdpEcho:
    """Sends every datagram back to where it came from."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        with self._socket:
            while True:
                data, sender = self._socket.recvfrom(65536)
                if sender[1] == self.port:
                    return
                self._socket.sendto(data, sender)

    def stop(self):
        # A datagram from itself, since close alone leaves a thread that sleeps in recvfrom asleep.
        self._socket.sendto(b"", ("127.0.0.1", self.port))


class WebServer:
    """HTTP/1.1 with `files` (path to bytes) to get, and `uploads` that were PUT. With `gate` n, no
    answer is given until n requests have arrived."""

    def __init__(self, files=None, gate=0):
        self.files = dict(files or {})
        self.uploads = {}
        self.requests = []
        self.gate = gate
        self.open_connections = 0
        self.most_open_connections = 0
        self._change = threading.Condition()
        handler = type("Handler", (_WebHandler,), {"web": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda request, address: None
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def count_connection(self, change):
        with self._change:
            self.open_connections += change
            self.most_open_connections = max(self.most_open_connections, self.open_connections)

    def note_request(self, line):
        with self._change:
            self.requests.append(line)
            self._change.notify_all()

    def pass_gate(self, seconds=20):
        with self._change:
            return self._change.wait_for(lambda: len(self.requests) >= self.gate, seconds)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class _WebHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # The answer's head and body in one write, as servers do it.
    wbufsize = 65536
    web = None

    def setup(self):
        super().setup()
        self.web.count_connection(+1)

    def finish(self):
        self.web.count_connection(-1)
        super().finish()

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.web.note_request(f"GET {self.path}")
        if not self.web.pass_gate():
            self._answer(504, b"the gate stayed shut\n")
        elif self.path in self.web.files:
            self._answer(200, self.web.files[self.path])
        else:
            self._answer(404, b"no such file\n")

    def do_PUT(self):
        self.web.note_request(f"PUT {self.path}")
        size = int(self.headers.get("Content-Length", 0))
        self.web.uploads[self.path] = self.rfile.read(size)
        self._answer(201, b"stored\n")

    def _answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class RefusingPort:
    """A port that is held but not listened on: every connection is refused."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]

    def stop(self):
        self._socket.close()


class SilentPort:
    """A port that never answers a connection: its queue is full, so the kernel drops what comes."""

    def __init__(self):
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = self._listener.getsockname()[1]
        self._fillers = []
        for _ in range(8):
            filler = socket.socket()
            filler.settimeout(0.2)
            self._fillers.append(filler)
            try:
                filler.connect(("127.0.0.1", self.port))
            except TimeoutError:
                return
        raise AssertionError("the queue of a listener with backlog 0 doesn't fill")

    def stop(self):
        for each in [self._listener, *self._fillers]:
            each.close()
