# SPDX-License-Identifier: MIT
"""nginx over the modem, with worker processes: as the server behind it, and as a proxy whose
upstream is beyond it; and ab, which connects a second time for the result of the first. nginx
registers a socket with edge-triggered epoll before it connects."""
import os
import signal
import threading

from harness import ADDRESS, ModemTest, free_port, main, servers
from sharing.base import SharingTest, eventually, is_alive

PORT = 8080


class NginxTest(ModemTest):
    def settings(self, listen, location, daemon="off", log="stderr"):
        """The words that start it with a configuration of the test's own."""
        root = self.scratch / self._testMethodName
        root.mkdir()
        (root / "nginx.conf").write_text(f"""
daemon {daemon};
master_process on;
worker_processes 2;
pid {root}/pid;
error_log {log} warn;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {root}/body;
  proxy_temp_path {root}/proxy;
  fastcgi_temp_path {root}/fastcgi;
  uwsgi_temp_path {root}/uwsgi;
  scgi_temp_path {root}/scgi;
  server {{
    {listen}
    location / {{ {location} }}
  }}
}}
""")
        return ["nginx", "-p", root, "-c", root / "nginx.conf"]

    def nginx(self, start, listen, location, port, **more):
        return start(*self.settings(listen, location), port=port, **more)

    def get_at_once(self, count, url):
        seen = []
        threads = [threading.Thread(target=lambda: seen.append(
            self.over_kernel("curl", "-sS", url))) for _ in range(count)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        self.assertEqual(len(seen), count)
        return [self.succeeds(each).stdout for each in seen]


class Server(NginxTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_two_workers_serve_a_file_to_six_clients(self):
        data = os.urandom(100_000)
        (self.scratch / "file").write_bytes(data)
        server = self.nginx(self.behind_modem, f"listen {PORT}; listen [::]:{PORT};",
                            f"root {self.scratch};", PORT)
        for got in self.get_at_once(6, f"http://127.0.0.1:{server.port}/file"):
            self.assert_same_bytes(got, data)


class Daemon(SharingTest, NginxTest):
    simulator_options = ("--listen-map", f"{PORT}=0")

    def test_it_serves_on_under_a7600_run_when_its_parent_has_ended(self):
        data = os.urandom(100_000)
        (self.scratch / "file").write_bytes(data)
        start = self.settings(f"listen {PORT};", f"root {self.scratch};", daemon="on", log="log")
        self.succeeds(self.run_tool(*start))
        master = int((self.scratch / self._testMethodName / "pid").read_text())
        self.addCleanup(lambda: is_alive(master) and os.kill(master, signal.SIGKILL))
        eventually(lambda: self.status()["servers"], what="no server")
        for got in self.get_at_once(4, f"http://127.0.0.1:{self.modem.listening[PORT]}/file"):
            self.assert_same_bytes(got, data)
        os.kill(master, signal.SIGQUIT)
        eventually(lambda: not self.sockets(), what="the engine did not end with it")


class Proxy(NginxTest):
    def test_requests_of_loopback_are_passed_on_over_the_modem(self):
        data = os.urandom(100_000)
        web = self.start(servers.WebServer({"/file": data}))
        port = free_port()
        self.nginx(self.peer, f"listen 127.0.0.1:{port};",
                   f"proxy_pass http://{ADDRESS}:{web.port};", port, env=self.modem_environment())
        for got in self.get_at_once(6, f"http://127.0.0.1:{port}/file"):
            self.assert_same_bytes(got, data)
        self.succeeds(self.over_kernel("curl", "-sS", "--data-binary", "@nginx.conf", "-X", "PUT",
                                       f"http://127.0.0.1:{port}/stored",
                                       cwd=self.scratch / self._testMethodName))
        self.assertIn(b"worker_processes", web.uploads["/stored"])


class Ab(NginxTest):
    def test_fifty_requests_of_five_connections(self):
        port = free_port()
        self.nginx(self.peer, f"listen 127.0.0.1:{port};", f'return 200 "{"x" * 1500}";', port)
        for options in ([], ["-k"]):
            seen = self.succeeds(self.over_modem("ab", "-q", "-n", "50", "-c", "5", *options,
                                                 f"http://{ADDRESS}:{port}/"))
            report = " ".join(seen.stdout.decode().split())
            self.assertIn("Complete requests: 50 Failed requests: 0", report)


if __name__ == "__main__":
    main()
