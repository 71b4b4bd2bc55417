# SPDX-License-Identifier: MIT
"""aria2 over the modem: one file in four parts, by four connections at once."""
import os

from harness import ADDRESS, free_port, main
from programs.nginx_test import NginxTest

NAME = "www.example.test"


class Aria2(NginxTest):
    simulator_options = ("--dns", f"{NAME}={ADDRESS}")

    def test_a_file_in_four_parts_by_number_and_by_name(self):
        data = os.urandom(5 << 20)
        (self.scratch / "file").write_bytes(data)
        port = free_port()
        self.nginx(self.peer, f"listen 127.0.0.1:{port};", f"root {self.scratch};", port)
        for host in (ADDRESS, NAME):
            self.succeeds(self.over_modem(
                "aria2c", "--no-conf", "--quiet", "--split=4", "--max-connection-per-server=4",
                "--min-split-size=1M", "--file-allocation=none", "--async-dns=false",
                f"--out=got.{host}", f"http://{host}:{port}/file", timeout=60))
            self.assert_same_bytes((self.scratch / f"got.{host}").read_bytes(), data)
        self.assertGreaterEqual(self.modem_log().count("+CIPOPEN: "), 8)


if __name__ == "__main__":
    main()
