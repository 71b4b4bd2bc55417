# SPDX-License-Identifier: MIT
from harness import main
from sockets.differential import Topic, define


class WithBypass(Topic):
    bypass = "127.0.0.0/8"  # as by default


TESTS = define("bypass", WithBypass)

if __name__ == "__main__":
    main()
