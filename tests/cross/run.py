# SPDX-License-Identifier: MIT
"""The sockets' tests on a build for another machine, under qemu-user, as far as that carries them.
tools/cross-build builds what is run, and calls this.

qemu-user has no SO_PEEK_OFF, by which a stream's data is taken, no option with 64-bit time, and no
time-out of recvmmsg(2). What is left: options and datagrams."""
from harness import case, eventually, free_port, is_open, main, process
from harness.simulator import Simulator
from sockets.differential import define


class ServedSimulator(Simulator):
    """Behind a serial server: qemu-user has no TCSETS2 either, by which a terminal's rate is set."""

    def __init__(self, scratch, *options, **more):
        super().__init__(scratch, *options, **more)
        port = free_port()
        self.server = process.Background(
            # One client at a time: two would share what the module says.
            ["socat", "-t0", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork,max-children=1",
             f"{self.port},raw,echo=0"],
            {}, scratch / "socat.out")
        eventually(lambda: is_open(port), what="socat does not listen")
        self.port = f"tcp:127.0.0.1:{port}"

    def stop(self, patience=5):
        self.server.stop()
        return super().stop(patience)


case.Simulator = ServedSimulator

OPTIONS = define("options", but=["linger_and_timeouts_are_read_back", "of_sol_socket_for_tcp",
                                 "of_sol_socket_for_udp", "tcp_info_knows_the_state"])
DATAGRAMS = define("udp", but=["messages_within_a_time", "nothing_to_read_is_eagain",
                               "waiting_for_many_messages_ends"])

if __name__ == "__main__":
    main()
