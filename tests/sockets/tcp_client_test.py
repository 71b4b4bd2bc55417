# SPDX-License-Identifier: MIT
from harness import main
from sockets.differential import define

TESTS = define("tcp_client")

if __name__ == "__main__":
    main()
