# SPDX-License-Identifier: MIT
"""In a mount namespace with resolv.conf, nsswitch.conf and hosts of the test's own, so that both
sides know the same names."""
import unittest

from harness import isolated, main
from sockets.differential import Topic, define
from sockets.name_server import NameServer

NAME, ADDRESS = "www.example.test", "203.0.113.20"
FILES = {
    "resolv.conf": "nameserver 127.0.0.1\noptions timeout:2 attempts:1\n",
    "nsswitch.conf": "hosts: files dns\nservices: files\nprotocols: files\n",
    "hosts": "127.0.0.1 localhost\n192.0.2.55 printer.example.test printer # upstairs\n",
}
MOUNT = 'while [ "$1" != -- ]; do mount --bind "$1" "/etc/${1##*/}" || exit 125; shift; done; ' \
        'shift; exec "$@"'


class WithNames(Topic):
    simulator_options = (*Topic.simulator_options, "--dns", f"{NAME}={ADDRESS}")

    @classmethod
    def setUpClass(cls):
        if not isolated():
            raise unittest.SkipTest("this machine allows no namespaces, and a name server needs "
                                    "port 53 and an /etc/resolv.conf of its own")
        super().setUpClass()
        for name, text in FILES.items():
            (cls.scratch / name).write_text(text)
        cls.start_for_all(NameServer({NAME: ADDRESS}))

    def variables(self, far, own, ports):
        # Neither side's addresses have a part to play: as numbers they are the same.
        return super().variables("-", "-", ports)

    def command(self, binary, case):
        return ["unshare", "--mount", "sh", "-c", MOUNT, "sh",
                *(self.scratch / name for name in FILES), "--", binary, case]


TESTS = define("names", WithNames)

if __name__ == "__main__":
    main()
