# SPDX-License-Identifier: MIT
"""Programs that run beside a test: peers on the kernel's sockets, and servers behind the modem."""
import socket

from .process import Background, eventually


def free_port(kind=socket.SOCK_STREAM):
    """A port that nothing holds at the moment, for a program that can't tell which one it took."""
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_open(port, protocol="tcp"):
    """Whether something listens on the port, or for "udp" is bound to it. Asked of the kernel's
    table, since some servers take a connection that only looks for them as their client."""
    listening = "0A" if protocol == "tcp" else "07"
    for table in (protocol, f"{protocol}6"):
        try:
            with open(f"/proc/net/{table}") as rows:
                fields = [row.split() for row in rows]
        except FileNotFoundError:
            continue  # a kernel without IPv6
        for _, local, _, state, *_ in fields[1:]:
            if state == listening and int(local.rpartition(":")[2], 16) == port:
                return True
    return False


class Peer(Background):
    """A program that serves `port`, ready when the constructor returns."""

    def __init__(self, argv, env, output_path, port, protocol="tcp", cwd=None, seconds=20):
        self.port = port
        super().__init__(argv, env, output_path, cwd=cwd)
        try:
            eventually(lambda: is_open(port, protocol) or not self.running(), seconds,
                       f"{protocol} port {port} was not opened")
            if not self.running():
                raise AssertionError("it ended")
        except AssertionError as why:
            status = self.stop()
            raise AssertionError(f"{' '.join(self.argv)}: {why}; status {status}\n"
                                 f"{self.output()}") from None
