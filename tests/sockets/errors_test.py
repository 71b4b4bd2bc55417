# SPDX-License-Identifier: MIT
from harness import SANITIZE, main
from sockets.differential import define

# A sanitizer reports a wild pointer instead.
TESTS = define("errors", but=("a_wild_pointer",) if SANITIZE else ())

if __name__ == "__main__":
    main()
