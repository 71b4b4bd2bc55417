# SPDX-License-Identifier: MIT
"""The same programs where the kernel can do less: descriptors are given in two steps before Linux
5.14, and before 5.19 every signal breaks off a call that is being served (Go sends itself many)."""
from harness import main
from seccomp import names_test, programs_test, static_test
from seccomp.base import confined
from sockets.differential import Shared, define


class ProgramsOnLinux59(programs_test.Programs):
    command = confined("5.9")


class StaticOnLinux59(static_test.Static):
    command = confined("5.9")


class NamesOnLinux59(names_test.Names):
    command = confined("5.9")


class ProgramsOnLinux514(programs_test.Programs):
    command = confined("5.14")


class StaticOnLinux514(static_test.Static):
    command = confined("5.14")


class SharedOnLinux514(Shared):
    a7600 = confined("5.14")


# Threads, signals with and without SA_RESTART, cancellation, exec.
PROCESSES_ON_LINUX_514 = define("processes", SharedOnLinux514, faces=("static",))


if __name__ == "__main__":
    main()
