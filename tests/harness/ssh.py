# SPDX-License-Identifier: MIT
"""Keys and settings of the test's own for OpenSSH's client and server."""
import os
import pwd
import subprocess
from pathlib import Path

from . import build_tree

SSHD = "/usr/sbin/sshd"  # it starts itself again by this name


class Ssh:
    """A key that opens the account which runs the test, and a server's key that is known."""

    def __init__(self, scratch):
        self._scratch = scratch
        self._client_key = self._new_key("client_key")
        self._host_key = self._new_key("host_key")
        self.user = pwd.getpwuid(_user()).pw_name
        self._known = scratch / "known_hosts"
        kind, key, *_ = Path(f"{self._host_key}.pub").read_text().split()
        self._known.write_text(f"server {kind} {key}\n")
        self._config = scratch / "sshd_config"
        self._config.write_text(f"""
HostKey {self._host_key}
AuthorizedKeysFile {self._client_key}.pub
PermitRootLogin yes
StrictModes no
UsePAM no
PidFile none
Subsystem sftp internal-sftp
""")

    def _new_key(self, name):
        path = self._scratch / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True,
                       env=build_tree.clean_environment(self._scratch))
        return path

    def server(self, port):
        """The command of a server on `port`, in the foreground."""
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        return [*_as_user(), SSHD, "-D", "-e", "-f", self._config, "-p", port]

    def options(self, port, letter="p"):
        """What ssh needs before its destination; `letter` is "P" for scp and sftp."""
        return ["-F", "none", "-i", self._client_key, f"-{letter}", port, "-o", "BatchMode=yes",
                "-o", f"UserKnownHostsFile={self._known}", "-o", "HostKeyAlias=server"]

    def client(self, port):
        """The same as one line, for programs that start ssh."""
        return " ".join(map(str, ["ssh", *self.options(port)]))


def _outer_id(kind):
    """The id that 0 stands for, where this process is root only in a namespace of its own."""
    inside, outside, _ = Path(f"/proc/self/{kind}_map").read_text().split()[:3]
    return int(outside) if inside == "0" else 0


def _user():
    return os.geteuid() or _outer_id("uid")


def _as_user():
    """A root that has no other user to become can't be sshd's; an ordinary user can."""
    if os.geteuid() != 0 or _outer_id("uid") == 0:
        return []
    return ["unshare", "--user", f"--map-user={_outer_id('uid')}",
            f"--map-group={_outer_id('gid')}"]
