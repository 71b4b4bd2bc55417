# SPDX-License-Identifier: MIT
"""Programs run with a hard timeout, in a process group of their own."""
import os
import signal
import subprocess
import time
from dataclasses import dataclass

from .build_tree import PATIENCE


@dataclass
class Finished:
    """How a program ended. `status` is its exit status, -N for signal N."""
    argv: list
    status: int
    stdout: bytes
    stderr: str
    seconds: float

    def __str__(self):
        return (f"$ {' '.join(self.argv)}\nstatus {self.status} after {self.seconds:.2f} s\n"
                f"stdout ({len(self.stdout)} bytes): {self.stdout[:2000]!r}\n"
                f"stderr: {self.stderr[-4000:]}")


class HardTimeout(AssertionError):
    """A program didn't end and was killed."""


def end_group(process, signal_number=signal.SIGKILL):
    """Signals everything in the process group that `process` leads."""
    try:
        os.killpg(process.pid, signal_number)
    except ProcessLookupError:
        pass


def run(argv, env, timeout, stdin=b"", cwd=None, pass_fds=()):
    """Runs a program to its end, at most `timeout` seconds, or more on a slow machine."""
    timeout *= PATIENCE
    argv = [str(word) for word in argv]
    start = time.monotonic()
    process = subprocess.Popen(argv, env=env, cwd=cwd, stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               pass_fds=pass_fds, start_new_session=True)
    try:
        out, err = process.communicate(stdin, timeout)
    except subprocess.TimeoutExpired:
        end_group(process)
        out, err = process.communicate()
        seen = Finished(argv, process.returncode, out, err.decode(errors="replace"),
                        time.monotonic() - start)
        raise HardTimeout(f"killed after {timeout} s:\n{seen}") from None
    except BaseException:
        end_group(process)
        process.wait()
        raise
    return Finished(argv, process.returncode, out, err.decode(errors="replace"),
                    time.monotonic() - start)


def eventually(condition, seconds=10, what="it did not come about"):
    """Waits until `condition()` is true, and returns what it was."""
    deadline = time.monotonic() + seconds * PATIENCE
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} within {seconds} s")
        time.sleep(0.02)
    return result


class Background:
    """A program that runs beside a test until `stop`. Its output goes to a file, so that it can
    never block on a full pipe."""

    def __init__(self, argv, env, output_path, cwd=None, stdout=None, stdin=subprocess.DEVNULL):
        self.argv = [str(word) for word in argv]
        self.output_path = output_path
        with open(output_path, "wb") as output:
            self.process = subprocess.Popen(
                self.argv, env=env, cwd=cwd, stdin=stdin, bufsize=0,
                stdout=output if stdout is None else stdout, stderr=output,
                start_new_session=True)

    def output(self):
        with open(self.output_path, errors="replace") as output:
            return output.read()

    def running(self):
        return self.process.poll() is None

    def stop(self, patience=5):
        """Ends it by SIGTERM, after `patience` seconds by SIGKILL; returns its exit status."""
        if self.running():
            end_group(self.process, signal.SIGTERM)
            try:
                self.process.wait(patience)
            except subprocess.TimeoutExpired:
                end_group(self.process)
        status = self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()
        return status
