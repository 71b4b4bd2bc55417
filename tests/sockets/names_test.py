# SPDX-License-Identifier: MIT
"""In a mount namespace with resolv.conf, nsswitch.conf and hosts of the test's own, so that both
sides know the same names."""
import unittest

from harness import SANITIZE, isolated, main
from sockets.differential import Topic, define
from sockets.name_server import NameServer

NAME, ADDRESS = "www.example.test", "203.0.113.20"
UNANSWERED = "silent.example.test"
CANCELLED = "a_thread_is_cancelled_in_a_look_up"
OWN_QUERIES = "the_resolvers_own_calls_ask_the_name_server"
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
        cls.start_for_all(NameServer({NAME: ADDRESS}, unanswered=(UNANSWERED,)))

    def variables(self, far, own, ports):
        # Neither side's addresses have a part to play: as numbers they are the same.
        return super().variables("-", "-", ports)

    def command(self, *words):
        return ["unshare", "--mount", "sh", "-c", MOUNT, "sh",
                *(self.scratch / name for name in FILES), "--", *words]


# ThreadSanitizer crashes in threads that the C library starts for itself, as getaddrinfo_a() does,
# and reports a thread that is cancelled in getaddrinfo(): with any program, without the library, too.
THREADS = ((f"{CANCELLED}_preload", "look_ups_in_the_background_preload") if "thread" in SANITIZE
           else ())

TESTS = define("names", WithNames, but=(CANCELLED, *THREADS))


class FirstAnswerIsLate(WithNames):
    fresh_modem = True
    simulator_options = (*WithNames.simulator_options, "--fault", "dns-slow=1500@100x1")


CANCELLED_TESTS = define("names", FirstAnswerIsLate, only=(CANCELLED,), but=THREADS)


class OwnQueries(WithNames):
    topic = "names"

    def test_the_resolvers_own_calls_pass_the_module_by(self):
        self.assertIn(ADDRESS, self.over_modem_sockets(OWN_QUERIES, "preload"))
        self.assertEqual(self.modem_commands(), [])


if __name__ == "__main__":
    main()
