# SPDX-License-Identifier: MIT
"""With a shared engine, which outlives the programs that use it; and what is otherwise for a
program that is its own engine and becomes another one."""
from harness import SANITIZE, main
from sockets.differential import Shared, Topic, define

# AddressSanitizer takes what the unwinding of a cancelled thread leaves of its stack for a fault.
TESTS = define("processes", Shared,
               but=("blocking_calls_are_cancelled",) if "address" in SANITIZE else ())


class Alone(define("processes", Topic, faces=("alone",),
                   only=("a_program_that_becomes_another_keeps_its_connection",
                         "an_exec_that_fails_changes_nothing"))):
    pass


if __name__ == "__main__":
    main()
