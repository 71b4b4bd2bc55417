# SPDX-License-Identifier: MIT
"""`a7600 run`: a program and all that it starts on one modem, as if the command weren't there."""
import os
import signal
import subprocess
import sys

from harness import ADDRESS, build_tree, main, process, servers, small_program
from harness.build_tree import BUILD
from sharing.base import COMMAND, SharingTest, children_of, eventually, is_alive, is_root, named

FILE = bytes(range(256)) * 200
DAEMON_PORT = 7070

MULTIPROCESSING = """
import multiprocessing, sys, urllib.request
def fetch(url):
    return len(urllib.request.urlopen(url).read())
if __name__ == "__main__":
    with multiprocessing.Pool(4) as pool:
        print(sum(pool.map(fetch, [sys.argv[1]] * 8)))
"""

DAEMON = """
import os, socket, sys
listener = socket.create_server(("0.0.0.0", int(sys.argv[1])))
if os.fork():
    os._exit(5)
os.setsid()
nowhere = os.open("/dev/null", os.O_RDWR)
for standard in range(3):
    os.dup2(nowhere, standard)
for number in range(2):
    connection, peer = listener.accept()
    connection.sendall(b"hello %d" % number)
    connection.close()
"""

AS_NOBODY = """
import os, sys
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
if sys.argv[1] == "without":
    os.environ["A7600_ENGINE"] = os.environ["A7600_ENGINE"].partition("+")[0]
os.execvp(sys.argv[2], sys.argv[2:])
"""

ENGINE_DIES = """
import socket, sys
def talk():
    connection = socket.create_connection((sys.argv[1], int(sys.argv[2])), 20)
    connection.sendall(b"x")
    assert connection.recv(1) == b"x"
    return connection
first = talk()
print("connected", flush=True)
try:
    print("got", first.recv(1), flush=True)
except OSError as error:
    print("error", error.errno, flush=True)
second = talk()
print("again", flush=True)
"""


# Keeps every socket, as curl's pool does, though its peer has closed it.
KEEPS_ALL = """
import socket, sys
kept = [socket.socket() for _ in range(14)]
for number, connection in enumerate(kept):
    connection.settimeout(20)
    connection.connect((sys.argv[1], int(sys.argv[2])))
    connection.sendall(b"x")
    while connection.recv(100):
        pass
print(len(kept))
"""


class Run(SharingTest):
    simulator_options = ("--listen-map", f"{DAEMON_PORT}={DAEMON_PORT}")

    def setUp(self):
        super().setUp()
        self.web = self.start(servers.WebServer({"/file": FILE}))
        self.url = f"http://{ADDRESS}:{self.web.port}/file"

    def start_run(self, *words, **settings):
        return self.start_tool("run", "--", *words, name="run", **settings)

    def engine_of(self, running):
        """The pids of the supervisor and the engine."""
        supervisor = eventually(lambda: [pid for pid in children_of(running.process.pid)
                                         if named(pid) == "a7600-run"])[0]
        engine = eventually(lambda: [pid for pid in children_of(supervisor)
                                     if named(pid) == "a7600-engine"])[0]
        return supervisor, engine

    # ---- What CMD starts shares the modem

    def test_curl_fetches_a_file(self):
        self.assert_same_bytes(self.succeeds(self.run_tool("curl", "-sS", self.url)).stdout, FILE)

    def test_parallel_curls_of_a_shell_share_the_modem(self):
        self.web.gate = 3  # all three have to be connected at once
        seen = self.succeeds(self.run_tool(
            "bash", "-c", f"for i in 1 2 3; do curl -sS -o out$i {self.url} & done; wait"))
        self.assertEqual(seen.stderr, "")
        for number in (1, 2, 3):
            self.assert_same_bytes((self.scratch / f"out{number}").read_bytes(), FILE)

    # 14 transfers of `curl --parallel` stopped at the ninth: finished connections counted as links.
    def test_connections_that_the_peer_has_closed_take_no_link(self):
        def answer(connection):
            connection.recv(1)
            connection.sendall(b"done")

        server = self.start(servers.TcpServer(answer))
        seen = self.succeeds(self.run_tool(sys.executable, "-c", KEEPS_ALL, ADDRESS,
                                           str(server.port), timeout=60))
        self.assertEqual(seen.stdout, b"14\n")

    def test_git_clones_over_http(self):
        root = self.scratch / "git"
        environment = {**self.kernel_environment(), "GIT_CONFIG_NOSYSTEM": "1"}
        for argv in (["git", "init", "-q", "-b", "main", root],
                     ["git", "-C", root, "-c", "user.name=t", "-c", "user.email=t@example.test",
                      "commit", "-q", "--allow-empty", "-m", "first"],
                     ["git", "-C", root, "update-server-info"]):
            self.succeeds(process.run(argv, environment, 20))
        files = {f"/{path.relative_to(root / '.git')}": path.read_bytes()
                 for path in (root / ".git").rglob("*") if path.is_file()}
        web = self.start(servers.WebServer(files))
        # Its web server is a dumb one: no question mark in the path.
        self.succeeds(self.run_tool("env", "GIT_SMART_HTTP=0", "git", "clone", "-q",
                                    f"http://{ADDRESS}:{web.port}/", "clone", timeout=60))
        log = self.succeeds(process.run(["git", "-C", self.scratch / "clone", "log", "--format=%s"],
                                        environment, 20))
        self.assertEqual(log.stdout, b"first\n")

    def test_python_multiprocessing_shares_the_modem(self):
        (self.scratch / "pool.py").write_text(MULTIPROCESSING)
        seen = self.succeeds(self.run_tool(sys.executable, "pool.py", self.url))
        self.assertEqual(int(seen.stdout), 8 * len(FILE))

    def test_a_second_run_uses_the_engine_of_the_first(self):
        first = self.start_run("sleep", "30")
        self.engine_of(first)
        seen = self.succeeds(self.run_tool("curl", "-sS", self.url))
        self.assert_same_bytes(seen.stdout, FILE)
        self.assertTrue(first.running())

    def test_runs_that_start_at_once_share_one_engine(self):
        for turn in range(10):
            running = [self.start_tool("run", "--", "true", name=f"run{turn}.{number}")
                       for number in range(4)]
            for each in running:
                self.assertEqual(each.process.wait(20), 0, each.output())

    def test_runs_one_after_the_other_find_the_port_free(self):
        for _ in range(4):
            self.succeeds(self.run_tool("curl", "-sS", "-o", "/dev/null", self.url))
        eventually(lambda: not self.sockets(), what="the socket was not removed")

    def test_a_connect_that_was_given_up_does_not_keep_the_port(self):
        # The module goes on dialling, for two minutes at most.
        silent = self.start(servers.SilentPort())
        given_up = self.run_tool("curl", "-sS", "--max-time", "1",
                                 f"http://{ADDRESS}:{silent.port}/")
        self.assertEqual(given_up.status, 28, given_up)
        eventually(lambda: not self.sockets(), what="the engine has not ended")
        self.succeeds(self.client("curl", "-sS", "-o", "/dev/null", self.url))

    def test_a_program_that_becomes_another_user_keeps_the_modem_by_its_secret(self):
        if not is_root():
            self.skipTest("only root can become another user")
        for secret, status in (("with", 0), ("without", 7)):  # 7: could not connect
            with self.subTest(secret=secret):
                seen = self.run_tool(sys.executable, "-c", AS_NOBODY, secret, "curl", "-sS",
                                     self.url)
                self.assertEqual(seen.status, status, seen)

    # ---- What outlives CMD

    def test_a_background_program_finishes_after_cmd_has_ended(self):
        seen = self.run_tool("sh", "-c", f"(sleep 0.5; exec curl -sS -o late {self.url}) & exit 3")
        self.assertEqual(seen.status, 3, seen)
        late = self.scratch / "late"
        eventually(lambda: late.exists() and late.stat().st_size == len(FILE))
        eventually(lambda: not self.sockets(), what="the engine did not end")

    def test_a_daemon_serves_after_its_parent_has_ended_and_the_engine_ends_with_it(self):
        (self.scratch / "daemon.py").write_text(DAEMON)
        seen = self.run_tool(sys.executable, "daemon.py", DAEMON_PORT)
        self.assertEqual(seen.status, 5, seen)
        self.assertEqual(len(self.status()["servers"]), 1)
        for number in range(2):
            client = process.run(
                [sys.executable, "-c",
                 f"import socket; s = socket.create_connection(('127.0.0.1', {DAEMON_PORT}), 10)\n"
                 "data = b''\n"
                 "while piece := s.recv(100): data += piece\n"
                 "print(data.decode(), end='')"], self.kernel_environment(), 20)
            self.assertEqual(client.stdout, b"hello %d" % number, client)
        eventually(lambda: not self.sockets(), what="the engine did not end")

    # ---- Statuses

    def test_the_status_is_that_of_the_program(self):
        for script, status in (("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137),
                               ("kill -TERM $$", 143)):
            with self.subTest(script=script):
                self.assertEqual(self.run_tool("sh", "-c", script).status, status)

    def test_a_program_that_is_not_there_is_127(self):
        for name in ("no-such-program", "./no/such/program"):
            seen = self.run_tool(name)
            self.assertEqual(seen.status, 127, seen)
            self.assert_one_line(seen.stderr, name, "not found")

    def test_a_program_that_can_not_be_run_is_126(self):
        seen = self.run_tool("/etc/passwd")
        self.assertEqual(seen.status, 126, seen)
        self.assert_one_line(seen.stderr, "permission denied")

    def test_a_static_program_is_refused_with_the_reason_when_preload_is_asked_for(self):
        static = BUILD / "tests" / "sharing" / "static_program"
        script = self.scratch / "script"
        script.write_text(f"#!{static}\n")
        script.chmod(0o755)
        for each in (static, script):
            seen = self.tool("run", "--via", "preload", "--", each)
            self.assertEqual(seen.status, 126, seen)
            self.assert_one_line(seen.stderr, "static_program", "statically linked", "--via auto")

    def test_a_setuid_program_is_refused_with_the_reason(self):
        if not is_root():
            self.skipTest("only root can make a program of another user's setuid")
        program = self.scratch / "setuid"
        program.write_bytes(open("/bin/true", "rb").read())
        os.chown(program, 65534, 65534)
        program.chmod(0o4755)
        seen = self.run_tool(program)
        self.assertEqual(seen.status, 126, seen)
        self.assert_one_line(seen.stderr, "setuid")

    def test_an_engine_that_can_not_start_is_125(self):
        for options, words in ((("--port", "/dev/no-such-port"), ("/dev/no-such-port",)),
                               (("--baud", "fast"), ("A7600_BAUD", "fast")),
                               (("--no-such-option",), ("--no-such-option",))):
            with self.subTest(options=options):
                seen = self.tool("run", *options, "--", "true")
                self.assertEqual(seen.status, 125, seen)
                self.assert_one_line(seen.stderr, *words)

    def test_a_port_held_by_an_unshared_program_is_125_with_its_name(self):
        keeper = self.start(servers.TcpServer(servers.echo))
        holder = self.start_client(small_program("exchange"), ADDRESS, keeper.port, 1,
                                   ENGINE="thread", log=None)
        eventually(lambda: "CIPOPEN=" in self.modem_log(), what="no connection")
        seen = self.run_tool("true")
        self.assertTrue(holder.running(), holder.output())
        self.assertEqual(seen.status, 125, seen)
        self.assert_one_line(seen.stderr, "exchange", str(holder.process.pid), "a7600 run")

    # ---- Transparency

    def test_input_output_and_environment_pass_through(self):
        seen = self.run_tool("sh", "-c", "cat; echo err >&2; echo $A7600_PORT", stdin=b"in\n")
        self.assertEqual(seen.stdout, f"in\n{self.modem.port}\n".encode())
        self.assertEqual(seen.stderr, "err\n")

    def test_an_earlier_preload_is_kept(self):
        environment = self.tool_environment()
        before = environment.get("LD_PRELOAD", "")
        environment["LD_PRELOAD"] = f"{before} /no/such/library.so".strip()
        seen = process.run([COMMAND, "run", "--", "sh", "-c", "echo $LD_PRELOAD"], environment, 20)
        self.assertIn(b"/no/such/library.so", seen.stdout)
        self.assertIn(str(build_tree.LIBRARY.resolve()).encode(), seen.stdout)

    def test_a_pipe_ends_with_the_program_though_the_engine_lives_on(self):
        # communicate() would wait for whoever else holds the pipe.
        seen = self.run_tool("sh", "-c", f"curl -sS --limit-rate 20k {self.url} >slow 2>/dev/null & "
                             "exec 1>&- 2>&-", timeout=10, log="info")
        self.assertEqual(seen.status, 0, seen)
        eventually(lambda: not self.sockets(), what="the engine did not end")

    # ---- Signals

    def test_a_signal_reaches_the_program(self):
        running = self.start_run(
            "sh", "-c", "trap 'echo got; exit 9' TERM; echo ready; while :; do sleep 0.05; done")
        eventually(lambda: "ready" in running.output())
        os.kill(running.process.pid, signal.SIGTERM)
        self.assertEqual(running.process.wait(10), 9)
        self.assertIn("got", running.output())

    def test_a_program_that_stops_stops_the_command_and_goes_on_with_it(self):
        running = self.start_run("sh", "-c", "echo ready; kill -STOP $$; echo on; exit 4")
        eventually(lambda: "ready" in running.output())
        pid, status = os.waitpid(running.process.pid, os.WUNTRACED)
        self.assertTrue(os.WIFSTOPPED(status))
        os.kill(pid, signal.SIGCONT)
        self.assertEqual(running.process.wait(10), 4)
        self.assertIn("on", running.output())

    # ---- Deaths

    def test_a_killed_engine_is_an_error_at_once_and_the_next_socket_works(self):
        echo = self.start(servers.TcpServer(servers.echo))
        (self.scratch / "dies.py").write_text(ENGINE_DIES)
        running = self.start_run(sys.executable, "dies.py", ADDRESS, echo.port)
        eventually(lambda: "connected" in running.output())
        os.kill(self.engine_of(running)[1], signal.SIGKILL)
        self.assertEqual(running.process.wait(30), 0, running.output())
        self.assertRegex(running.output(), "error 10[04]")  # ENETDOWN, ECONNRESET
        self.assertIn("again", running.output())

    def test_a_killed_supervisor_leaves_the_program_and_its_status(self):
        running = self.start_run("sh", "-c", "echo ready; sleep 1; exit 6")
        eventually(lambda: "ready" in running.output())
        supervisor, engine = self.engine_of(running)
        os.kill(supervisor, signal.SIGKILL)
        self.assertEqual(running.process.wait(10), 6)
        eventually(lambda: not is_alive(engine), what="the engine did not end")

    def test_a_killed_client_gives_its_link_back(self):
        echo = self.start(servers.TcpServer(servers.echo))
        running = self.start_run(
            "sh", "-c", f"{small_program('exchange')} {ADDRESS} {echo.port} 1 & echo pid $!; wait")
        eventually(lambda: self.sockets())
        eventually(lambda: len(self.links()) == 1)
        pid = int(running.output().split("pid ")[1].split()[0])
        self.assertEqual(self.links()[0]["pid"], pid)
        os.kill(pid, signal.SIGKILL)
        # The link is closed, and then the engine ends, since nothing that CMD started is left.
        running.process.wait(10)
        eventually(lambda: "AT+CIPCLOSE" in self.modem_log(), what="the link was not closed")

    def test_the_first_process_waits_for_nothing_but_cmd(self):
        popen = subprocess.run([COMMAND, "run", "--", "true"], env=self.tool_environment(),
                               timeout=10)
        self.assertEqual(popen.returncode, 0)


if __name__ == "__main__":
    main()
