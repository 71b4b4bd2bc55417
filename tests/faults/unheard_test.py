# SPDX-License-Identifier: MIT
"""A module that has asked for a payload and heard none of it, until the next program comes."""
import os
import re
import threading
import tty

from harness import ADDRESS, ModemTest, main, small_program

ANSWERS = {
    "AT+NETOPEN?": "\r\n+NETOPEN: 1\r\n\r\nOK\r\n",
    "AT+CIPMODE?": "\r\n+CIPMODE: 0\r\n\r\nOK\r\n",
    "AT+CIPRXGET?": "\r\n+CIPRXGET: 1\r\n\r\nOK\r\n",
    "AT+IPADDR": "\r\n+IPADDR: 10.0.0.1\r\n\r\nOK\r\n",
}


class Module:
    """It opens every connection, and loses the network, its ear and its voice behind the first
    prompt. `wake()` brings them back; what it waited for, it still waits for."""

    def __init__(self):
        self._line, self._host = os.openpty()
        tty.setraw(self._host)
        self.port = os.ttyname(self._host)
        self.payload = b""  # of the one AT+CIPSEND
        self._announced = 0
        self._deaf = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def has_asked(self):
        return self._announced > 0

    def wake(self):
        self._deaf.clear()

    def stop(self):
        os.close(self._host)
        self._thread.join()
        os.close(self._line)

    def _run(self):
        heard = b""
        while True:
            try:
                bytes_ = os.read(self._line, 4096)
            except OSError:  # nobody has the other end any more
                return
            if self._deaf.is_set():
                continue
            missing = self._announced - len(self.payload)
            self.payload += bytes_[:missing]
            heard += bytes_[missing:]
            while b"\r" in heard:
                command, _, heard = heard.partition(b"\r")
                self._answer(command.decode(errors="replace").strip("\x1b\n"))

    def _answer(self, command):
        send = re.fullmatch(r"AT\+CIPSEND=\d+,(\d+)", command)
        opens = re.match(r"AT\+CIPOPEN=(\d+),", command)
        if send and not self._announced:
            self._announced = int(send[1])
            self._deaf.set()
            self._say("\r\n>\r\n+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY\r\n")
        elif opens:
            self._say(f"\r\nOK\r\n\r\n+CIPOPEN: {opens[1]},0\r\n")
        elif command.startswith("AT"):
            self._say(ANSWERS.get(command, "\r\nOK\r\n"))

    def _say(self, text):
        os.write(self._line, text.encode())


class Unheard(ModemTest):
    def test_what_the_next_program_says_first_is_not_the_payload(self):
        module = Module()
        self.addCleanup(module.stop)

        def exchange():
            return self.over_modem(small_program("exchange"), ADDRESS, "80", "5", stdin=b"hello",
                                   PORT=module.port, RX="buffer", CONNECT_TIMEOUT=5)

        self.assertNotEqual(exchange().status, 0)
        self.assertTrue(module.has_asked)
        self.assertEqual(module.payload, b"")
        module.wake()
        # Its own payload is not heard either, but by then the first one is filled up.
        exchange()
        self.assertEqual(module.payload, b"\r" * 5)


if __name__ == "__main__":
    main()
