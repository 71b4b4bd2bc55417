# SPDX-License-Identifier: MIT
"""With a shared engine, which outlives the programs that use it; and what is otherwise for a
program that is its own engine and becomes another one."""
from harness import main
from sockets.differential import ALONE, Shared, Topic, define

TESTS = define("processes", Shared)


class Alone(define("processes", Topic, faces=(ALONE,),
                   only=("a_program_that_becomes_another_keeps_its_connection",
                         "an_exec_that_fails_changes_nothing"))):
    pass


if __name__ == "__main__":
    main()
