# SPDX-License-Identifier: MIT
"""A network namespace with nothing but loopback, so that a test whose library is missing or wrong
fails at once instead of sending packets to the outside, and so that nothing else that runs on the
machine can take a port. Where a directory above the tree is closed to other users, they see it open."""
import fcntl
import os
import shutil
import socket
import struct
import subprocess
import sys
from pathlib import Path

_MARK = "TEST_ISOLATED"
_TREE = Path(__file__).resolve().parents[2]


def isolated():
    return os.environ.get(_MARK) == "1"


def isolate():
    """Runs this process again inside such a namespace, where the machine allows one."""
    if _MARK in os.environ:
        if isolated():
            _raise_loopback()
        return
    unshare = [shutil.which("unshare") or "unshare", "--net"]
    hidden = _hidden()
    if os.geteuid() != 0:
        unshare += ["--user", "--map-root-user"]
    elif hidden:
        unshare += ["--mount", "sh", "-ec", _OPEN_TREE, hidden, _TREE, os.getcwd()]
    try:
        allowed = subprocess.run([*unshare, "true"], capture_output=True).returncode == 0
    except OSError:
        allowed = False
    os.environ[_MARK] = "1" if allowed else "0"
    if allowed:
        os.execv(unshare[0], [*unshare, *sys.orig_argv])


def _hidden():
    """The highest directory above the tree that other users, as whom some programs run, can't enter."""
    return next((above for above in reversed(_TREE.parents) if not above.stat().st_mode & 0o001),
                None)


# In a mount namespace: HIDDEN TREE CWD COMMAND…, with an empty directory in the place of HIDDEN, but
# for the tree.
_OPEN_TREE = """
kept=$(mktemp -d)
mount --bind "$1" "$kept"
mount -t tmpfs -o mode=755 tests "$0"
mkdir -p "$1"
mount --move "$kept" "$1"
rmdir "$kept"
cd "$2"
shift 2
exec "$@"
"""


def _raise_loopback():
    siocgifflags, siocsifflags, iff_up = 0x8913, 0x8914, 0x1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sH14x", b"lo", 0)
        name, flags = struct.unpack("16sH14x", fcntl.ioctl(probe, siocgifflags, request))
        fcntl.ioctl(probe, siocsifflags, struct.pack("16sH14x", name, flags | iff_up))
