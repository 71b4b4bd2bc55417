# SPDX-License-Identifier: MIT
from harness import main
from sockets.differential import define

TESTS = define("errors")

if __name__ == "__main__":
    main()
