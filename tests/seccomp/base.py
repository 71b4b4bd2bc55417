# SPDX-License-Identifier: MIT
"""What the tests of programs under the filter share."""
from harness.build_tree import BUILD
from sharing.base import SharingTest

BUSYBOX = BUILD / "unpacked" / "busybox-static" / "bin" / "busybox"


def static(name):
    """A C program, linked statically."""
    return BUILD / "tests" / "seccomp" / f"static_{name}"


def go(name):
    return BUILD / "tests" / "seccomp" / f"go_{name}"


class SeccompTest(SharingTest):
    def run_via(self, via, *words, **more):
        return self.tool("run", "--via", via, "--", *words, **more)
