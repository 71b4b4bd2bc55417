# SPDX-License-Identifier: MIT
"""MQTT over the modem: mosquitto_pub and mosquitto_sub, and the broker."""
import os

from harness import ADDRESS, ModemTest, eventually, free_port, main

PORT = 1883


def words(host, port, *more):
    return ["-h", host, "-p", port, "-t", "test/topic", "-q", "2", *more]


class MqttTest(ModemTest):
    def broker(self, start, port):
        settings = self.scratch / f"mosquitto.{port}.conf"
        # It must not become another user, who may not open the serial port.
        settings.write_text(f"listener {port}\nallow_anonymous true\npersistence false\n"
                            "user root\nlog_type all\n")
        return start("mosquitto", "-c", settings, port=port)

    def exchange(self, publish, subscribe, publisher, subscriber):
        """`publish(…)` and `subscribe(…)` run their programs, at the broker (host, port)."""
        data = os.urandom(100_000)
        (self.scratch / "message").write_bytes(data)
        # Retained, so that it waits for its subscriber.
        self.succeeds(publish("mosquitto_pub", *words(*publisher, "-r", "-f", "message")))
        got = self.succeeds(subscribe("mosquitto_sub", *words(*subscriber, "-C", "1", "-N")))
        self.assert_same_bytes(got.stdout, data)


class Clients(MqttTest):
    def test_publishing_and_subscribing(self):
        broker = self.broker(self.peer, free_port())
        there = ADDRESS, broker.port
        self.exchange(self.over_modem, self.over_modem, there, there)

    def test_a_subscriber_that_waits_is_told(self):
        broker = self.broker(self.peer, free_port())
        subscriber = self.beside("mosquitto_sub", *words(ADDRESS, broker.port, "-C", "3"),
                                 env=self.modem_environment())
        eventually(lambda: "Sending SUBACK" in broker.output(), what="no subscription")
        for word in ("one", "two", "three"):
            self.succeeds(self.over_kernel("mosquitto_pub",
                                           *words("127.0.0.1", broker.port, "-m", word)))
        self.assertEqual(subscriber.process.wait(20), 0)
        self.assertEqual(subscriber.output(), "one\ntwo\nthree\n")


class Broker(MqttTest):
    simulator_options = ("--listen-map", f"{PORT}=0")
    fresh_modem = True

    def test_a_broker(self):
        there = "127.0.0.1", self.broker(self.behind_modem, PORT).port
        self.exchange(self.over_kernel, self.over_kernel, there, there)


if __name__ == "__main__":
    main()
