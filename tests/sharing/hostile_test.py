# SPDX-License-Identifier: MIT
"""Programs that share an engine and mean no good, or are just badly off."""
import array
import errno
import os
import signal
import socket
import struct
import subprocess
import sys

from harness import ADDRESS, main, servers, small_program
from sharing.base import SharingTest, eventually, is_root

MAGIC, VERSION = 0x41373630, 3
SOCKET, CONNECT, DESCRIBE, FINISH, STATUS, COMMAND = 1, 2, 7, 14, 15, 16


def request(op, data=b"", **fields):
    """A control message, as lib/wire/message.h has it."""
    return struct.pack("=IHHIiiiiiIHH16s256s", MAGIC, VERSION, op, fields.get("flags", 0),
                       socket.AF_INET, socket.SOCK_STREAM, 0, fields.get("level", 0), 0,
                       fields.get("ip", 0), fields.get("port", 0), len(data),
                       fields.get("secret", b""), data)


def call(path, message, descriptors=()):
    """The reply's errno and descriptors; None when the engine hung up."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(10)
        connection.connect(path)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", descriptors))]
        connection.sendmsg([message], rights if descriptors else [])
        try:
            reply, received, _, _ = socket.recv_fds(connection, 4096, 4)
        except ConnectionResetError:
            return None
        if not reply:
            return None
        return struct.unpack_from("=IHHi", reply)[3], received


TEN = """
import socket, sys, time
sockets = []
for i in range(10):
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex((sys.argv[1], int(sys.argv[2])))
    sockets.append(s)
print("ready", flush=True)
time.sleep(60)
"""

DEAF = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
time.sleep(60)
"""

AS_NOBODY = """
import os, sys
sys.path[:0] = [sys.argv[1]]
from sharing.hostile_test import call, request
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
for op in map(int, sys.argv[3:]):
    data = b"AT" if op == 16 else b""
    answer = call(sys.argv[2], request(op, data))
    print(answer[0] if answer else "hung up")
"""


class Hostile(SharingTest):
    def setUp(self):
        super().setUp()
        self.echo = self.start(servers.TcpServer(servers.echo))
        self.web = self.start(servers.WebServer({"/file": b"hello\n"}))
        self.serving = self.serve()
        self.path = str(self.sockets()[0])

    def others_are_served(self):
        seen = self.succeeds(self.client("curl", "-sS", "--max-time", "20",
                                         f"http://{ADDRESS}:{self.web.port}/file"))
        self.assertEqual(seen.stdout, b"hello\n")
        self.assertTrue(self.serving.running(), self.serving.output())

    def abstract_address(self):
        """The engine's abstract name, which every process can list."""
        with open("/proc/net/unix") as names:
            found = [line.split()[-1] for line in names
                     if f"@a7600.{self.serving.process.pid}." in line]
        return "\0" + min(found, key=len)[1:]

    def run_as_nobody(self, address, *ops):
        tests = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        seen = subprocess.run(
            [sys.executable, "-c", AS_NOBODY.replace("sys.argv[2]", repr(address)), tests, "-",
             *map(str, ops)], capture_output=True, text=True, timeout=20)
        self.assertEqual(seen.returncode, 0, seen.stderr)
        return seen.stdout.split()

    # ---- Messages

    def test_messages_that_are_none_are_turned_down(self):
        good = request(SOCKET)
        wrong = [b"x", b"\0" * len(good), good[:-1], good + b"x", b"\xff" * len(good),
                 struct.pack("=I", MAGIC + 1) + good[4:],
                 good[:4] + struct.pack("=H", 99) + good[6:],
                 good[:6] + struct.pack("=H", 0) + good[8:],
                 good[:6] + struct.pack("=H", 999) + good[8:],
                 good[:38] + struct.pack("=H", 257) + good[40:]]
        for message in wrong:
            answer = call(self.path, message)
            self.assertTrue(answer is None or answer[0] == errno.EPROTO, (message[:50], answer))
        self.others_are_served()

    def test_random_messages_do_no_harm(self):
        import random
        chance = random.Random(6)
        for _ in range(500):
            op = chance.choice([op for op in range(1, 18)])
            message = bytearray(request(op, chance.randbytes(chance.randrange(257)),
                                        flags=chance.getrandbits(2), level=chance.getrandbits(4),
                                        ip=chance.getrandbits(32), port=chance.getrandbits(16)))
            if chance.random() < 0.5:
                message[chance.randrange(len(message))] = chance.getrandbits(8)
            with open("/dev/null") as null, \
                    socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
                connection.connect(self.path)
                rights = array.array("i", [null.fileno()] * chance.choice([0, 0, 1, 3]))
                connection.sendmsg([message], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)]
                                   if rights else [])
        self.others_are_served()

    def test_passed_descriptors_are_not_kept(self):
        before = len(os.listdir(f"/proc/{self.serving.process.pid}/fd"))
        with open("/dev/null") as null:
            for count in (1, 2, 3, 4, 100):
                for _ in range(20):
                    call(self.path, request(DESCRIBE), [null.fileno()] * count)
        self.others_are_served()
        eventually(lambda: len(os.listdir(f"/proc/{self.serving.process.pid}/fd")) <= before + 1)

    def test_a_socket_is_only_for_who_can_present_it(self):
        error, (own,) = call(self.path, request(SOCKET))
        self.assertEqual(error, 0)
        self.assertEqual(call(self.path, request(DESCRIBE), [own])[0], 0)
        self.assertEqual(call(self.path, request(DESCRIBE))[0], errno.ENOTSOCK)
        with socket.socketpair()[0] as foreign, open("/dev/null") as null:
            for each in (foreign.fileno(), null.fileno()):
                self.assertEqual(call(self.path, request(DESCRIBE), [each])[0], errno.ENOTSOCK)
        os.close(own)

    def test_nobody_ends_a_shared_engine_by_a_message(self):
        # A descriptor that came along once opened every door.
        with open("/dev/null") as null:
            for descriptors in ([], [null.fileno()]):
                self.assertEqual(call(self.path, request(FINISH), descriptors)[0], errno.EPERM)
        self.others_are_served()

    # ---- Other users

    def test_another_user_gets_nothing(self):
        if not is_root():
            self.skipTest("only root can become another user")
        self.assertEqual(self.run_as_nobody(self.abstract_address(), SOCKET, STATUS, COMMAND, FINISH),
                         [str(errno.EPERM)] * 4)
        self.others_are_served()

    def test_a_user_of_the_group_gets_sockets_but_no_commands(self):
        if not is_root():
            self.skipTest("only root can become another user")
        self.serving.stop()
        self.serving = self.serve("--group", "65534")
        self.assertEqual(self.run_as_nobody(self.abstract_address(), SOCKET, STATUS, COMMAND, FINISH),
                         ["0", "0", str(errno.EPERM), str(errno.EPERM)])

    def test_a_client_gives_nothing_to_another_user_s_engine(self):
        if not is_root():
            self.skipTest("only root can become another user")
        script = ("import os, socket, sys\n"
                  "os.setgid(65534)\n"
                  "os.setuid(65534)\n"
                  "s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)\n"
                  "s.bind('\\0a7600-false')\n"
                  "s.listen()\n"
                  "print('ready', flush=True)\n"
                  "connection = s.accept()[0]\n"
                  "print('got', len(connection.recv(4096)), flush=True)\n")
        false = self.start_client(sys.executable, "-c", script, name="false", log=None)
        eventually(lambda: "ready" in false.output())
        seen = self.client("curl", "-sS", f"http://{ADDRESS}:{self.web.port}/file",
                           ENGINE="@a7600-false")
        self.assertNotEqual(seen.status, 0)
        eventually(lambda: "got" in false.output())
        self.assertIn("got 0", false.output())

    # ---- Greed and idleness

    def test_silent_callers_do_not_shut_others_out(self):
        silent = []
        for _ in range(600):
            connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
            connection.connect(self.path)
            silent.append(connection)
        self.others_are_served()
        for connection in silent:
            connection.close()

    def test_sockets_of_one_process_are_bounded(self):
        import resource
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        held = []
        self.addCleanup(lambda: [os.close(each) for each in held])
        for _ in range(1024):
            error, received = call(self.path, request(SOCKET))
            self.assertEqual(error, 0)
            held += received
        self.assertEqual(call(self.path, request(SOCKET))[0], errno.EMFILE)
        self.others_are_served()

    def test_one_process_can_not_have_all_links(self):
        greedy = self.start_client(sys.executable, "-c", TEN, ADDRESS, self.echo.port)
        eventually(lambda: "ready" in greedy.output())
        eventually(lambda: len(self.links()) == 9)
        self.assertEqual(len(self.links("waiting")), 1)
        self.others_are_served()
        self.assertEqual(len(self.links()), 9)

    def test_a_deaf_and_a_stopped_program_do_not_stall_others(self):
        flood = self.start(servers.TcpServer(lambda c: c.sendall(bytes(4_000_000))))
        deaf = self.start_client(sys.executable, "-c", DEAF, ADDRESS, flood.port, name="deaf")
        stopped = self.start_client(small_program("exchange"), ADDRESS, self.echo.port, 1,
                                    name="stopped")
        eventually(lambda: len(self.links()) == 2)
        os.kill(stopped.process.pid, signal.SIGSTOP)
        self.others_are_served()
        os.kill(stopped.process.pid, signal.SIGKILL)
        os.kill(deaf.process.pid, signal.SIGKILL)
        eventually(lambda: not self.status()["links"], what="the links were not closed")
        self.others_are_served()

    def test_an_engine_that_dies_is_an_error_for_each_client_at_once(self):
        clients = [self.start_client(small_program("exchange"), ADDRESS, self.echo.port, 1,
                                     name=str(n)) for n in range(3)]
        eventually(lambda: len(self.links()) == 3)
        os.kill(self.serving.process.pid, signal.SIGKILL)
        for client in clients:
            self.assertNotEqual(client.process.wait(10), None)


if __name__ == "__main__":
    main()
