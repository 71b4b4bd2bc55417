# SPDX-License-Identifier: MIT
"""What the black-box tests, the benchmark and the demo share: a simulated modem, servers on
loopback, and programs run through the one against the others."""
from . import servers, tls
from .build_tree import LIBRARY, SANITIZE, small_program
from .case import ModemTest, main, sha256
from .isolation import isolated
from .peers import Peer, free_port, is_open
from .process import Background, Finished, HardTimeout, eventually
from .simulator import ADDRESS, Simulator
