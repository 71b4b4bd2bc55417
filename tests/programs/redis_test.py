# SPDX-License-Identifier: MIT
"""Redis over the modem: redis-cli and redis-benchmark, which connect a second time for the result
of the first, and redis-server, which accepts until there is nothing more to accept."""
from harness import ADDRESS, ModemTest, free_port, main

PORT = 6379


class RedisTest(ModemTest):
    def server(self, start, port):
        return start("redis-server", "--port", port, "--bind", "0.0.0.0", "--save", "",
                     "--protected-mode", "no", "--dir", self.scratch, port=port)


class Clients(RedisTest):
    def setUp(self):
        super().setUp()
        self.redis = self.server(self.peer, free_port())

    def test_redis_cli_stores_and_reads(self):
        value = "v" * 50_000
        for words, answer in ((("SET", "key", value), "OK"), (("GET", "key"), value),
                              (("STRLEN", "key"), "50000"), (("GET", "none"), "")):
            seen = self.succeeds(self.over_both(
                lambda address: ["redis-cli", "-h", address, "-p", self.redis.port, *words]))
            self.assertEqual(seen.stdout.decode(), f"{answer}\n")

    def test_redis_cli_sends_many_commands_at_once(self):
        commands = b"".join(b"SET key:%d value:%d\r\n" % (i, i) for i in range(2000))
        seen = self.succeeds(self.over_modem("redis-cli", "-h", ADDRESS, "-p", self.redis.port,
                                             "--pipe", stdin=commands))
        self.assertIn(b"errors: 0, replies: 2000\n", seen.stdout)

    def test_redis_benchmark_with_five_connections(self):
        self.succeeds(self.over_modem("redis-benchmark", "-h", ADDRESS, "-p", self.redis.port,
                                      "-c", "5", "-n", "500", "-t", "set,get", "-q"))


class Server(RedisTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_a_server(self):
        redis = self.server(self.behind_modem, PORT)
        seen = self.succeeds(self.over_kernel("redis-benchmark", "-p", redis.port, "-c", "5",
                                              "-n", "500", "-t", "set,get", "-q"))
        self.assertNotIn("Error", seen.stderr)
        seen = self.succeeds(self.over_kernel("redis-cli", "-p", redis.port, "DBSIZE"))
        self.assertEqual(seen.stdout, b"1\n")


if __name__ == "__main__":
    main()
