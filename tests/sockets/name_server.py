# SPDX-License-Identifier: MIT
"""A name server for the kernel's side of the cases about names: A records from a dictionary,
and names that it leaves unanswered."""
import socket
import struct
import threading

_A, _NXDOMAIN = 1, 3


class NameServer:
    """Answers on 127.0.0.1:53 until `stop`."""

    def __init__(self, addresses, unanswered=()):
        self._addresses = addresses
        self._unanswered = unanswered
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 53))
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                query, sender = self._socket.recvfrom(512)
            except OSError:
                return
            if query == b"stop":
                return
            if answer := self._answer(query):
                self._socket.sendto(answer, sender)

    def _answer(self, query):
        labels, at = [], 12
        while size := query[at]:
            labels.append(query[at + 1:at + 1 + size].decode("latin-1"))
            at += 1 + size
        question = query[12:at + 5]
        kind, _ = struct.unpack("!HH", query[at + 1:at + 5])
        name = ".".join(labels).lower()
        if name in self._unanswered:
            return None
        address = self._addresses.get(name)
        records = b""
        if address and kind == _A:
            # A pointer to the question's name, class IN, a minute.
            records = struct.pack("!HHHIH", 0xc00c, _A, 1, 60, 4) + socket.inet_aton(address)
        flags = 0x8180 | (0 if address else _NXDOMAIN)
        head = query[:2] + struct.pack("!HHHHH", flags, 1, 1 if records else 0, 0, 0)
        return head + question + records

    def stop(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
            own.sendto(b"stop", ("127.0.0.1", 53))
        self._socket.close()
