# SPDX-License-Identifier: MIT
"""The test case that the black-box tests are made of."""
import hashlib
import shutil
import signal
import tempfile
import unittest
from pathlib import Path

from . import build_tree, process
from .isolation import isolate
from .peers import Peer
from .process import Background
from .simulator import ADDRESS, Simulator

_TAIL = 6000


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class ModemTest(unittest.TestCase):
    """Tests that share one simulated modem, or with `fresh_modem` have one each;
    `simulator_options` is its command line. On a failure the modem's log and the library's are
    printed from where the test began."""

    simulator_options = ()
    fresh_modem = False

    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="a7600-test-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        # Some programs under test become another user.
        cls.scratch.chmod(0o755)
        (cls.scratch / "empty.conf").touch()
        cls.modem = None
        cls.addClassCleanup(cls._stop_modem)

    @classmethod
    def _stop_modem(cls):
        if cls.modem is not None:
            cls.modem.stop()

    def setUp(self):
        self._modem_log_start = 0
        self._library_logs = []
        self._beside = []
        if self.fresh_modem or self.modem is None or not self.modem.running():
            self._stop_modem()
            type(self).modem = Simulator(self.scratch, *self.simulator_options)
        self.modem.settle()
        self._modem_log_start = self.modem.log_size()

    def modem_log(self):
        """What the simulator logged since this test began."""
        return self.modem.log(self._modem_log_start)

    def modem_commands(self):
        """The AT commands that the simulator was sent since this test began."""
        return self.modem.commands(self._modem_log_start)

    def diagnostics(self):
        """What a person needs to see of a failed test."""
        if self.modem is None:
            return "--- the simulator didn't start"
        parts = [f"--- the simulator ({self.modem.argv}), its log's end:\n"
                 f"{self.modem_log()[-_TAIL:]}"]
        if not self.modem.running():
            parts.append(f"--- it ended with {self.modem.stop()}:\n{self.modem.output()[-_TAIL:]}")
        for log in self._library_logs:
            text = log.read_text(errors="replace") if log.exists() else "(never written)"
            parts.append(f"--- the library's log, its end:\n{text[-_TAIL:]}")
        for each in self._beside:
            parts.append(f"--- {' '.join(each.argv)}, its output's end:\n{each.output()[-_TAIL:]}")
        return "\n".join(parts)

    def kernel_environment(self):
        return build_tree.clean_environment(self.scratch)

    def modem_environment(self, log="debug", **settings):
        """The environment that puts a program on the modem. With `log` None, A7600_LOG stays
        unset, as for a user; else the library's log goes to a file. `settings` are further A7600_
        variables by their name's end; None leaves one unset."""
        environment = {
            **self.kernel_environment(),
            "LD_PRELOAD": build_tree.preload(),
            "A7600_CONFIG": str(self.scratch / "empty.conf"),
            "A7600_PORT": self.modem.ports,
        }
        if log is not None:
            path = self.scratch / f"{self.id()}.{len(self._library_logs)}.log"
            self._library_logs.append(path)
            environment["A7600_LOG"] = f"{log}:{path}"
        for name, value in settings.items():
            environment.pop(f"A7600_{name}", None)
            if value is not None:
                environment[f"A7600_{name}"] = str(value)
        return environment

    def over_modem(self, *argv, timeout=30, stdin=b"", cwd=None, **settings):
        """Runs a program with the library in it."""
        return process.run(argv, self.modem_environment(**settings), timeout, stdin,
                           cwd or self.scratch)

    def over_kernel(self, *argv, timeout=30, stdin=b"", cwd=None):
        """Runs a program as it is."""
        return process.run(argv, self.kernel_environment(), timeout, stdin, cwd or self.scratch)

    def over_both(self, command, timeout=30, stdin=b""):
        """Runs `command(address)` over the kernel to loopback and over the modem to ADDRESS; status
        and output must be the same. Returns how it ended over the modem."""
        kernel = self.over_kernel(*command("127.0.0.1"), timeout=timeout, stdin=stdin)
        modem = self.over_modem(*command(ADDRESS), timeout=timeout, stdin=stdin)
        if (kernel.status, kernel.stdout) != (modem.status, modem.stdout):
            self.fail(f"over the kernel:\n{kernel}\nover the modem:\n{modem}")
        return modem

    def succeeds(self, finished):
        self.assertEqual(finished.status, 0, finished)
        return finished

    def start(self, server):
        """A server for this test alone."""
        self.addCleanup(server.stop)
        return server

    def beside(self, *argv, env=None, cwd=None, **more):
        """Starts a program that runs until the test ends, on the kernel's sockets if no other
        environment is given."""
        return self._note(Background(argv, env or self.kernel_environment(), self._output_path(),
                                     cwd or self.scratch, **more))

    def peer(self, *argv, port, protocol="tcp", env=None, cwd=None):
        """A server on the kernel's sockets, ready when this returns."""
        return self._note(Peer(argv, env or self.kernel_environment(), self._output_path(), port,
                               protocol, cwd or self.scratch))

    def behind_modem(self, *argv, port, protocol="tcp", cwd=None, env=None):
        """A server with the library in it, on the module's `port`, which one of
        simulator_options maps: "--listen-map", "PORT=0". Its `port` is the real one, where the
        kernel's clients reach it."""
        return self._note(Peer(argv, env or self.modem_environment(), self._output_path(),
                               self.modem.listening[port], protocol, cwd or self.scratch))

    def _output_path(self):
        return self.scratch / f"{self.id()}.{len(self._beside)}.out"

    def _note(self, program):
        self._beside.append(program)
        return self.start(program)

    @classmethod
    def start_for_all(cls, server):
        """A server for all tests of the class."""
        cls.addClassCleanup(server.stop)
        return server

    def assert_same_bytes(self, got, expected):
        """Like assertEqual, for data too long to print."""
        if sha256(got) != sha256(expected):
            same = next((at for at, (a, b) in enumerate(zip(got, expected)) if a != b),
                        min(len(got), len(expected)))
            self.fail(f"{len(got)} bytes instead of {len(expected)}; they differ from byte {same} "
                      f"on: {got[same:same + 40]!r} instead of {expected[same:same + 40]!r}")

    def assert_one_line(self, text, *words, levels=("error",)):
        """`text` is one line of the library's, at one of `levels`, that holds each of `words`."""
        lines = text.splitlines()
        self.assertEqual(len(lines), 1, f"not one line but:\n{text}")
        self.assertIn(lines[0].split(": ")[:2], [["a7600", level] for level in levels])
        for word in words:
            self.assertIn(word, lines[0])


class _Result(unittest.TextTestResult):
    def _explain(self, test):
        if isinstance(test, ModemTest):
            self.stream.writeln(test.diagnostics())

    def addError(self, test, err):
        super().addError(test, err)
        self._explain(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._explain(test)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._explain(test)


def main():
    """Runs the tests of the calling file, isolated where the machine allows it."""
    isolate()
    # ctest ends a test that takes too long by SIGTERM: clean up then, too.
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    runner = unittest.TextTestRunner(verbosity=2, resultclass=_Result)
    unittest.main(module="__main__", testRunner=runner)
