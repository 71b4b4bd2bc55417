# SPDX-License-Identifier: MIT
from harness import main
from sockets.differential import define

TESTS = define("ipv6")

if __name__ == "__main__":
    main()
