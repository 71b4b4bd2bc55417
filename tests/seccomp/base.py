# SPDX-License-Identifier: MIT
"""What the tests of programs under the filter share."""
import os

from harness import process
from harness.build_tree import BUILD
from sharing.base import COMMAND, SharingTest, is_root

NOBODY = 65534

BUSYBOX = BUILD / "unpacked" / "busybox-static" / "bin" / "busybox"
GIT_LFS = BUILD / "unpacked" / "git-lfs" / "usr" / "bin" / "git-lfs"
START_AT = BUILD / "tests" / "seccomp" / "dynamic_start_at"


def static(name):
    """A C program, linked statically."""
    return BUILD / "tests" / "seccomp" / f"static_{name}"


def go(name):
    return BUILD / "tests" / "seccomp" / f"go_{name}"


def confined(how):
    """The command as it is on an older Linux, "5.9", or elsewhere: see src/confine.c."""
    return (static("confine"), how, COMMAND)


class SeccompTest(SharingTest):
    def run_via(self, via, *words, **more):
        return self.tool("run", "--via", via, "--", *words, **more)

    def as_ordinary_user(self, *words):
        """`a7600 run` by one who isn't root, without a log of the library's."""
        words = [*self.command, "run", *words]
        if is_root():
            for path in (self.modem.port, self.runtime):
                os.chown(path, NOBODY, NOBODY)
            words = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *words]
        return process.run(words, self.tool_environment(log=None), 30, cwd=self.scratch)
