# SPDX-License-Identifier: MIT
"""`a7600 serve` and `a7600 status`: one engine that programs find by themselves."""
import json
import os
import signal
import socket
import stat

from harness import ADDRESS, main, process, servers, small_program
from sharing.base import COMMAND, SharingTest, eventually

FILE = bytes(range(256)) * 200
NAME = "www.example.test"


class Serve(SharingTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def setUp(self):
        super().setUp()
        self.web = self.start(servers.WebServer({"/file": FILE}))
        self.url = f"http://{ADDRESS}:{self.web.port}/file"

    def fetches(self, **settings):
        seen = self.succeeds(self.client("curl", "-sS", self.url, **settings))
        self.assert_same_bytes(seen.stdout, FILE)

    # ---- Sharing

    def test_programs_find_the_engine_and_share_it(self):
        serving = self.serve()
        self.web.gate = 2
        both = [self.start_client("curl", "-sS", "-o", f"out{n}", self.url, name=str(n), ENGINE=None)
                for n in (1, 2)]
        for each in both:
            self.assertEqual(each.process.wait(20), 0, each.output())
        self.assertEqual(self.status()["engine"]["pid"], serving.process.pid)

    def test_a_name_that_one_program_has_looked_up_is_known_to_the_next(self):
        self.serve()
        for _ in range(2):
            seen = self.succeeds(self.client(small_program("probe"), "resolve", NAME))
            self.assertEqual(seen.stdout.decode().splitlines(), ["getaddrinfo 0", ADDRESS])
        self.assertEqual([command for command in self.modem_commands() if "CDNSGIP" in command],
                         [f'AT+CDNSGIP="{NAME}"'])

    def test_an_engine_named_by_its_path_is_used(self):
        path = self.runtime / "own" / "modem.sock"
        serving = self.start_tool("serve", "--socket", path, name="serve")
        eventually(path.exists)
        eventually(lambda: self.tool("status", ENGINE=path).status == 0)
        self.fetches(ENGINE=path)
        self.assertTrue(serving.running())

    def test_run_is_a_guest_of_a_running_engine(self):
        serving = self.serve()
        seen = self.succeeds(self.run_tool("curl", "-sS", self.url))
        self.assert_same_bytes(seen.stdout, FILE)
        self.assertTrue(serving.running())

    def test_without_one_a_program_starts_its_own(self):
        self.fetches()
        self.assertEqual(self.sockets(), [])

    def test_spawn_starts_one_for_all_that_ends_when_idle(self):
        self.fetches(ENGINE="spawn", log=None)
        pid = self.status()["engine"]["pid"]
        self.fetches(ENGINE="spawn", log=None)
        self.assertEqual(self.status()["engine"]["pid"], pid)
        eventually(lambda: not self.sockets(), seconds=25, what="the engine did not end")
        self.fetches(ENGINE="spawn", log=None)
        os.kill(self.status()["engine"]["pid"], signal.SIGTERM)
        eventually(lambda: not self.sockets())

    def test_a_program_that_used_an_engine_goes_on_when_that_has_ended(self):
        serving = self.serve()
        script = ("import sys, urllib.request\n"
                  "for line in sys.stdin:\n"
                  "    print(len(urllib.request.urlopen(sys.argv[1]).read()), flush=True)\n")
        reading, writing = os.pipe()
        output = open(self.scratch / "two.out", "w+b")
        import subprocess
        import sys
        program = subprocess.Popen([sys.executable, "-c", script, self.url], stdin=reading,
                                   stdout=output, env=self.client_environment())
        self.addCleanup(program.kill)
        os.close(reading)
        os.write(writing, b"1\n")
        eventually(lambda: output.seek(0) or output.read().count(b"\n") == 1)
        self.assertEqual(serving.stop(), 0)
        os.write(writing, b"2\n")
        os.close(writing)
        self.assertEqual(program.wait(20), 0)
        output.seek(0)
        self.assertEqual(output.read().split(), [b"51200", b"51200"])
        output.close()

    # ---- Its life

    def test_sigterm_ends_it_cleanly_and_leaves_the_network_up(self):
        sink = self.start(servers.Sink())
        serving = self.serve()
        self.succeeds(self.client(small_program("last_words"), "_exit", ADDRESS, sink.port, 5000))
        self.assertEqual(len(sink.take()), 5000)
        self.assertEqual(serving.stop(), 0, serving.output())
        self.assertEqual(self.sockets(), [])
        self.assertNotIn("NETCLOSE", self.modem_log())

    def test_a_second_one_for_the_port_says_who_serves(self):
        self.serve()
        seen = self.tool("serve")
        self.assertEqual(seen.status, 1, seen)
        self.assert_one_line(seen.stderr, "an engine runs there")

    def test_it_tells_systemd(self):
        notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(notifications.close)
        path = str(self.scratch / "notify")
        notifications.bind(path)
        notifications.settimeout(10)
        environment = {**self.tool_environment(), "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "100000"}
        serving = process.Background([COMMAND, "serve"], environment, self.scratch / "notify.out")
        self.addCleanup(serving.stop)
        self.assertIn(b"READY=1", notifications.recv(1000))
        self.assertEqual(notifications.recv(1000), b"WATCHDOG=1")
        self.assertEqual(notifications.recv(1000), b"WATCHDOG=1")
        os.kill(serving.process.pid, signal.SIGHUP)
        seen = [notifications.recv(1000) for _ in range(3)]
        self.assertTrue(any(b"RELOADING=1\nMONOTONIC_USEC=" in each for each in seen), seen)
        self.assertEqual(serving.stop(), 0)
        rest = []
        notifications.setblocking(False)
        try:
            while True:
                rest.append(notifications.recv(1000))
        except BlockingIOError:
            pass
        self.assertIn(b"STOPPING=1", rest)

    def test_sighup_reads_the_configuration_again(self):
        config = self.scratch / "serve.conf"
        config.write_text("connect_timeout = 60\n")
        serving = self.serve(CONFIG=config, log=None)
        config.write_text("connect_timeout = never\n")
        os.kill(serving.process.pid, signal.SIGHUP)
        eventually(lambda: "never" in serving.output(), what="no complaint")
        self.fetches()

    # ---- Its socket

    def test_the_socket_is_for_its_user_alone(self):
        self.serve()
        path, = self.sockets()
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)

    def test_mode_and_group_can_be_set(self):
        group = os.getgid()
        self.serve("--group", str(group), "--socket-mode", "666")
        path, = self.sockets()
        self.assertEqual(stat.S_IMODE(path.parent.stat().st_mode), 0o750)
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o666)
        for wrong in (("--group", "no-such-group"), ("--socket-mode", "999")):
            seen = self.tool("serve", *wrong)
            self.assertEqual(seen.status, 1, seen)
            self.assert_one_line(seen.stderr, *wrong)

    def test_a_link_in_the_place_of_the_directory_is_not_followed(self):
        (self.runtime / "elsewhere").mkdir()
        (self.runtime / "a7600").symlink_to(self.runtime / "elsewhere")
        seen = self.tool("serve")
        self.assertEqual(seen.status, 1, seen)
        self.assertEqual(list((self.runtime / "elsewhere").iterdir()), [])

    def test_a_directory_that_others_can_write_to_is_refused(self):
        (self.runtime / "a7600").mkdir()
        (self.runtime / "a7600").chmod(0o777)
        seen = self.tool("serve")
        self.assertEqual(seen.status, 1, seen)
        self.assert_one_line(seen.stderr, "others can write")

    def test_what_a_killed_engine_left_is_replaced(self):
        serving = self.serve()
        os.kill(serving.process.pid, signal.SIGKILL)
        serving.process.wait()
        self.assertEqual(len(self.sockets()), 1)
        self.serve()
        self.fetches()

    def test_a_file_in_the_socket_s_place_is_left_alone(self):
        directory = self.runtime / "own"
        directory.mkdir(mode=0o700)
        file = directory / "modem.sock"
        file.write_text("precious")
        seen = self.tool("serve", "--socket", file)
        self.assertEqual(seen.status, 1, seen)
        self.assertEqual(file.read_text(), "precious")

    # ---- Status

    def test_status_shows_modem_network_and_links(self):
        self.serve()
        echo = self.start(servers.TcpServer(servers.echo))
        holder = self.start_client(small_program("exchange"), ADDRESS, echo.port, 1)
        eventually(self.links)
        seen = self.status()
        self.assertEqual(seen["modem"]["port"], self.modem.port)
        self.assertTrue(seen["modem"]["model"])
        self.assertTrue(seen["modem"]["firmware"])
        self.assertEqual(seen["network"]["registration"], "home")
        self.assertRegex(seen["network"]["address"], r"^\d+\.\d+\.\d+\.\d+$")
        link, = seen["links"]
        self.assertEqual(link["peer"], f"{ADDRESS}:{echo.port}")
        self.assertEqual((link["pid"], link["program"], link["type"]),
                         (holder.process.pid, "exchange", "tcp"))
        self.assertIn(link["link"], range(10))
        self.assertEqual(seen["servers"], [])
        self.assertGreater(seen["counters"]["commands"], 0)
        text = self.succeeds(self.tool("status")).stdout.decode()
        self.assertIn("exchange", text)

    def test_watch_shows_it_again_and_again(self):
        self.serve()
        watching = self.start_tool("status", "--json", "--watch", name="watch")
        lines = eventually(lambda: len(watching.output().splitlines()) >= 2
                           and watching.output().splitlines())
        for line in lines[:2]:
            self.assertIn("modem", json.loads(line))

    def test_status_without_an_engine_says_so(self):
        seen = self.tool("status")
        self.assertEqual(seen.status, 1, seen)
        self.assert_one_line(seen.stderr, "no shared engine")


if __name__ == "__main__":
    main()
