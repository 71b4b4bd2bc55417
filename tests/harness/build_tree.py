# SPDX-License-Identifier: MIT
"""Where the build's files are, and the environment that a program under test gets."""
import os
import subprocess
from pathlib import Path

# ctest sets both; by hand, the tree that tools/test builds is taken.
BUILD = Path(os.environ.get("TEST_BUILD_DIR", Path(__file__).resolve().parents[2] / "build"))
SANITIZE = os.environ.get("TEST_SANITIZE", "")
# What time limits are multiplied by on a slow machine.
PATIENCE = int(os.environ.get("TEST_PATIENCE", "1"))

# Where it is installed, for what is to be shown or tested from there.
PREFIX = Path(os.environ["TEST_PREFIX"]) if "TEST_PREFIX" in os.environ else None

LIBRARY = (next(PREFIX.rglob("liba7600sock.so")) if PREFIX
           else BUILD / "preload" / "liba7600sock.so")
SIMULATOR = PREFIX / "bin" / "a7600-sim" if PREFIX else BUILD / "tools" / "a7600-sim"


def small_program(name):
    """The path of a C program from tests/programs/src."""
    return str(BUILD / "tests" / "programs" / name)


def _sanitizer_runtimes():
    """What must come before a sanitized library in LD_PRELOAD."""
    for name, runtime in (("address", "libasan.so"), ("thread", "libtsan.so")):
        if name in SANITIZE.split(","):
            found = subprocess.run(["g++", f"-print-file-name={runtime}"], check=True,
                                   capture_output=True, text=True)
            yield os.path.realpath(found.stdout.strip())
    if SANITIZE:
        yield str(BUILD / "tests" / "harness" / "early.so")


def preload():
    """The value of LD_PRELOAD that puts the library into a program."""
    return " ".join([*_sanitizer_runtimes(), str(LIBRARY)])


# What the sanitizers' runtimes are told, besides where their reports go, which ctest says.
_SANITIZER_OPTIONS = {
    # The programs under test aren't ours: their leaks are theirs.
    "ASAN_OPTIONS": ["detect_leaks=0"],
    "UBSAN_OPTIONS": [],
    # What a program does in its signal handlers is its own affair. What is suppressed is no report.
    "TSAN_OPTIONS": [f"suppressions={Path(__file__).resolve().parent / 'tsan.supp'}",
                     "report_signal_unsafe=0", "print_suppressions=0"],
}


def _sanitizer_settings():
    if not SANITIZE:
        return {}
    return {name: ":".join([*options, os.environ.get(name, "")])
            for name, options in _SANITIZER_OPTIONS.items()}


def clean_environment(scratch):
    """What a program gets on the kernel's sockets: nothing of the caller's that could steer it
    (proxies, certificate stores, configuration files)."""
    return {
        **_sanitizer_settings(),
        "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "XDG_CONFIG_HOME": str(scratch),
        "LANG": "C.UTF-8",
    }
