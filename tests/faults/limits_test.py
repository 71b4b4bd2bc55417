# SPDX-License-Identifier: MIT
"""What a machine can run out of: descriptors, memory, room on the disk. The call fails with its
errno; nothing crashes, hangs, or is told a success that was none."""
import resource
import subprocess
import unittest

from harness import ADDRESS, SANITIZE, ModemTest, main, servers, small_program

unsanitized = unittest.skipIf(SANITIZE, "a sanitizer takes memory and descriptors of its own")

# Makes sockets until one fails, then gives them back and uses one.
DESCRIPTORS = """
import errno, socket, sys
held = []
try:
    while True:
        held.append(socket.socket())
        if len(held) > 1000: sys.exit("no end of descriptors")
except OSError as failed:
    print(errno.errorcode[failed.errno])
while len(held) > 4: held.pop().close()
s = held.pop()
s.connect((sys.argv[1], int(sys.argv[2])))
s.sendall(b"ping")
print(s.recv(4))
"""

# Connects, exchanges and closes so many times in a row; says how its descriptors and memory grew.
ROW = """
import os, resource, socket, sys
def state():
    with open("/proc/self/statm") as statm: pages = int(statm.read().split()[1])
    return len(os.listdir("/proc/self/fd")), pages * 4
for turn in range(int(sys.argv[3])):
    with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as s:
        s.sendall(b"ping")
        assert s.recv(4) == b"ping"
    if turn == 100: first = state()
descriptors, kilobytes = (b - a for a, b in zip(first, state()))
print(descriptors, kilobytes)
"""

SHUTDOWN = """
import errno, socket, threading
s = socket.socket()
s.bind(("", 7171))
s.listen()
result = []
def accept():
    try: s.accept()
    except OSError as error: result.append(errno.errorcode[error.errno])
thread = threading.Thread(target=accept)
thread.start()
while open(f"/proc/self/task/{thread.native_id}/wchan").read() in ("", "0"): pass
s.shutdown(socket.SHUT_RDWR)
thread.join(10)
print(result)
"""


class Limits(ModemTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.echo = cls.start_for_all(servers.TcpServer(servers.echo))

    def python(self, script, *words, limits=(), timeout=60, **settings):
        def set_limits():
            for which, most in limits:
                resource.setrlimit(which, (most, most))

        environment = self.modem_environment(**settings)
        return subprocess.run(["/usr/bin/python3", "-c", script, ADDRESS, str(self.echo.port),
                               *words], env=environment, capture_output=True, text=True,
                              timeout=timeout, preexec_fn=set_limits, cwd=self.scratch)

    def works(self):
        self.succeeds(self.over_modem(small_program("exchange"), ADDRESS, self.echo.port, 4,
                                      stdin=b"ping"))

    @unsanitized
    def test_descriptors_run_out_and_come_back(self):
        seen = self.python(DESCRIPTORS, limits=[(resource.RLIMIT_NOFILE, 64)])
        self.assertEqual((seen.stdout, seen.stderr), ("EMFILE\nb'ping'\n", ""))

    @unsanitized
    def test_no_memory_is_an_error_not_a_crash(self):
        # From far too little for a thread and its engine to just enough.
        for kilobytes in (40_000, 60_000, 80_000, 100_000, 140_000):
            with self.subTest(kilobytes=kilobytes):
                seen = self.python(DESCRIPTORS, limits=[(resource.RLIMIT_AS, kilobytes * 1024),
                                                        (resource.RLIMIT_NOFILE, 64)])
                self.assertGreaterEqual(seen.returncode, 0, seen.stderr)
        self.works()

    def test_a_full_disk_costs_the_log_and_the_trace_only(self):
        for settings in ({"log": None, "LOG": "debug:/dev/full"}, {"TRACE": "/dev/full"}):
            with self.subTest(settings=settings):
                seen = self.over_modem(small_program("exchange"), ADDRESS, self.echo.port, 4,
                                       stdin=b"ping", **settings)
                self.assertEqual((seen.status, seen.stdout), (0, b"ping"), seen)

    @unsanitized
    def test_many_connections_in_a_row_leave_nothing_behind(self):
        seen = self.python(ROW, "10000", timeout=110, log=None)
        self.assertEqual(seen.returncode, 0, seen.stderr)
        descriptors, kilobytes = map(int, seen.stdout.split())
        self.assertEqual(descriptors, 0)
        # Python's own, and what the engine remembers of failed sockets, are far below.
        self.assertLess(kilobytes, 4096)

    def test_shutdown_wakes_who_waits_in_accept(self):
        seen = self.python(SHUTDOWN)
        self.assertEqual((seen.stdout, seen.stderr), ("['EINVAL']\n", ""))


if __name__ == "__main__":
    main()
