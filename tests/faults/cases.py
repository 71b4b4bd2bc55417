# SPDX-License-Identifier: MIT
"""The matrix: what can go wrong, during what, in which mode, with whose firmware."""
import random
import re
from dataclasses import dataclass

WORKLOADS = ("download", "upload", "echo", "udp", "nine", "server")
MODES = ("buffer", "push", "auto", "transparent")
PROFILES = ("manual", "a7670", "sim7600", "odd")

# What the library waits for at most, in seconds (lib/modem): the prompt of a send, its result, the
# answer to a read, a module that doesn't answer any more, the result of a close.
PROMPT, SEND, READ, PROBES, CLOSE = 20, 35, 10, 12, 30
# A connection, by A7600_CONNECT_TIMEOUT.
CONNECT = 6
# What a busy machine may add.
LOAD = 20


@dataclass(frozen=True)
class Mishap:
    """`spec` is of the simulator's --fault, after "2:" of its --second-fault, or after "!" a request
    to its control socket, made at a random moment. "{a-b}" stands for a random number."""
    spec: str
    harmless: bool = False  # everything must arrive
    cuts: bool = False      # a stream may end early in order: so the module or the peer said
    strikes: int = 99       # how many connections it can hit
    patience: int = 0       # how long it may hold a program up, in seconds
    # The program may end with the module in the middle of a payload, or in data mode, and the next
    # one can't know of it: what it asks may reach the lost connection's peer.
    orphans: bool = False
    # Bytes are lost at the module, and it tells nobody.
    holes: bool = False
    # A7600_RESET that it takes, or a person who switches the module off and on again.
    reset: str = ""
    off_and_on: bool = False
    only: tuple = WORKLOADS
    modes: tuple = MODES

    def name(self):
        return re.split(r"[=@, ]", self.spec)[0]


_COMMAND_MODES = ("buffer", "push", "auto")
_SENDING = ("upload", "echo", "udp", "nine", "server")

MISHAPS = (
    # The line.
    Mishap("fragment={1-6}@{20-100}", harmless=True, patience=20),
    Mishap("silence={200-1500}@{2-6}", patience=READ + PROBES + PROMPT),
    Mishap("silence={12000-16000}@{1-4}x1", patience=SEND + READ + PROBES),
    Mishap("silence=0@{1-5}x1", patience=SEND + READ + PROBES + CLOSE, modes=_COMMAND_MODES),
    Mishap("!silence {300-2500}", patience=READ + PROBES),
    # In transparent mode silence is what a quiet peer looks like, too: nothing can tell.
    Mishap("!silence 0", patience=SEND + READ + 2 * PROBES + CLOSE, modes=_COMMAND_MODES),
    Mishap("late-answer={50-300}@{2-10}", harmless=True, patience=30),
    # Not in transparent mode, where what comes before the module's CLOSED is the peer's.
    Mishap("noise={4-200}@{1-20}", patience=SEND + PROMPT + READ + PROBES, modes=_COMMAND_MODES),
    Mishap("blank@{10-60}", harmless=True, modes=_COMMAND_MODES),
    Mishap("urc@{10-60}", harmless=True),
    Mishap("urc-before-echo@{10-100}", harmless=True),
    Mishap("urc-between-lines@{10-100}", harmless=True),
    Mishap("urc-before-prompt@{10-100}", harmless=True),
    Mishap("chatter={2-50}", harmless=True),
    Mishap("echo-back@{2-20}", harmless=True),
    Mishap("late-prompt={20-300}@{5-20}", harmless=True, patience=20),
    Mishap("no-prompt@{1-10}x1", patience=2 * PROMPT + PROBES, only=_SENDING),
    Mishap("swap-order@{20-100}", harmless=True),
    Mishap("check-baud=115200", harmless=True),
    Mishap("check-baud=9600", patience=PROBES),
    Mishap("no-rtscts", harmless=True),
    Mishap("unplug={50-800}@{1-5}x1", patience=PROBES, orphans=True),
    Mishap("!unplug {50-800}", patience=PROBES, orphans=True),
    # The line of the second AT port.
    Mishap("2:fragment={1-6}@{20-100}", harmless=True, patience=20, modes=_COMMAND_MODES),
    Mishap("2:silence=0@{1-5}x1", patience=SEND + READ + PROBES + CLOSE, modes=_COMMAND_MODES),
    Mishap("2:noise={4-200}@{1-20}", patience=SEND + PROMPT + READ + PROBES, modes=_COMMAND_MODES),
    Mishap("2:unplug={50-800}@{1-10}x1", patience=PROBES, strikes=1, modes=_COMMAND_MODES),
    Mishap("2:deaf", harmless=True, modes=_COMMAND_MODES),
    # Receiving.
    Mishap("miss-data-urc@{2-20}", harmless=True, patience=60),
    Mishap("repeat-data-urc@{20-100}", harmless=True),
    Mishap("no-header-type", harmless=True),
    # What comes faster than it is read is lost, also to a server's client, and UDP's answers.
    Mishap("overflow", holes=True, patience=60),
    Mishap("remote-close={100-60000}", cuts=True, strikes=1),
    Mishap("!end {0-9}", cuts=True, strikes=1, modes=_COMMAND_MODES),
    # Sending.
    Mishap("short-send={1-300}@{2-10}x1", strikes=1, only=_SENDING),
    Mishap("short-send=0@{2-10}x1", strikes=1, only=_SENDING),
    Mishap("send-zero@{2-10}x1", strikes=1, only=_SENDING),
    Mishap("send-failed@{2-10}x1", strikes=1, only=_SENDING),
    Mishap("send-busy@{2-20}", harmless=True, patience=20),
    Mishap("send-error={1-12}@{2-10}x1", patience=PROBES, only=_SENDING),
    Mishap("no-send-result@{2-10}x1", patience=SEND + PROBES, only=_SENDING),
    Mishap("no-send-answer@{2-10}x1", patience=SEND + PROBES, only=_SENDING),
    # Links, servers, names.
    Mishap("link-collision@{20-100}x{1-4}", harmless=True, modes=_COMMAND_MODES),
    Mishap("clients-high", harmless=True),
    Mishap("open-error=4@{30-100}x{1-3}", harmless=True, modes=_COMMAND_MODES),
    # Where transparent mode fails it gives no reason, only CONNECT FAIL.
    Mishap("open-error=8@{30-100}x{1-2}", harmless=True, modes=_COMMAND_MODES),
    Mishap("open-error={1-12}@{30-100}x1", strikes=9, patience=PROBES),
    Mishap("open-anyway@{30-100}x1", strikes=1),
    Mishap("close-error={1-12}@{20-100}", harmless=True, patience=CLOSE),
    Mishap("keep-closed", harmless=True, modes=_COMMAND_MODES),
    Mishap("server-error={1-12}@100x1", only=("server",), modes=_COMMAND_MODES),
    Mishap("stop-error={1-12}@100x1", only=("server",), modes=_COMMAND_MODES),
    Mishap("ip-error={0-22}@{1-6}x{1-3}", patience=PROBES),
    Mishap("dns-error@100x1"),
    Mishap("dns-slow={100-500}", harmless=True),
    Mishap("dns-garbage@{50-100}", patience=20),
    # The network.
    Mishap("net-error={1-12}"),
    Mishap("netclose-error={1-12}", patience=CLOSE),
    Mishap("net-drop={100-60000}", patience=PROBES),
    Mishap("net-drop-open={100-60000}", patience=PROBES),
    Mishap("!net-drop", patience=PROBES),
    Mishap("!net-drop open", patience=PROBES),
    Mishap("not-registered"),
    Mishap("denied", patience=20),
    Mishap("slow-registration={100-1500}", harmless=True),
    Mishap("roaming", harmless=True),
    Mishap("no-signal", harmless=True),
    Mishap("login=user:password"),
    # The module.
    Mishap("reboot={1-30000},boot-ms={20-1500}", patience=SEND + READ + PROBES),
    Mishap("reboot={1-400},boot-ms={20-1500}", patience=SEND + READ + PROBES),
    Mishap("reboot-out={1-60000},boot-ms={20-1500}", patience=SEND + READ + PROBES),
    Mishap("reboot-in-payload@{2-20}x1,boot-ms={20-1500}", patience=SEND + READ + PROBES,
           only=_SENDING),
    Mishap("reboot-in-open@100x1,boot-ms={20-1500}", patience=SEND + READ + PROBES),
    Mishap("!reboot", patience=SEND + READ + PROBES),
    Mishap("cold-start,boot-ms={20-1000}", harmless=True),
    Mishap("stale=links", harmless=True, patience=PROBES),
    Mishap("stale=payload", harmless=True, patience=PROBES),
    Mishap("stale=transparent", harmless=True, patience=PROBES),
    Mishap("deaf", patience=SEND + READ + PROBES),
    Mishap("hang@{1-4}x1", patience=SEND + READ + PROBES + CLOSE, off_and_on=True,
           modes=_COMMAND_MODES),
    Mishap("no-stack@{1-10}x1", patience=SEND + READ + PROBES + CLOSE, reset="cfun"),
    Mishap("no-command=+CIPTIMEOUT", harmless=True),
    Mishap("no-command=+CIPACK", harmless=True),
    Mishap("no-command=+CIPRXGET", patience=PROBES),
    Mishap("no-command=+CIPSEND", patience=PROBES),
    Mishap("sim-missing"),
    Mishap("sim-pin={1000-9999}"),
    Mishap("sim-puk"),
    Mishap("sim-failure"),
    Mishap("sim-busy", harmless=True),
)

# A module can only be found like this, or not.
_FROM_THE_START = ("check-baud", "cold-start", "stale", "sim-", "login", "no-command", "boot-ms", "2:")


@dataclass(frozen=True)
class Case:
    mishaps: tuple
    specs: tuple  # the mishaps', with their numbers
    workload: str
    mode: str
    profile: str
    seed: int

    def __str__(self):
        return "/".join((self.workload, self.mode, self.profile, str(self.seed),
                         "+".join(mishap.spec for mishap in self.mishaps)))

    def harmless(self):
        return all(mishap.harmless for mishap in self.mishaps)

    def cuts(self):
        return any(mishap.cuts for mishap in self.mishaps)

    def two_ports(self):
        """A third of all, and where something happens at the second."""
        return self.seed % 3 == 0 or any(spec.startswith("2:") for spec in self.specs)

    def orphans(self):
        return any(mishap.orphans for mishap in self.mishaps)

    def holes(self):
        return any(mishap.holes for mishap in self.mishaps)

    def reset(self):
        return next((mishap.reset for mishap in self.mishaps if mishap.reset), "off")

    def off_and_on(self):
        return any(mishap.off_and_on for mishap in self.mishaps)

    def from_the_start(self):
        """The faults that the simulator starts with: three fifths of those that may come later."""
        return [spec for spec in self.specs
                if not spec.startswith("!") and
                (self.seed % 5 > 1 or spec.startswith(_FROM_THE_START))]

    def requests(self):
        """What its control socket is asked for at a random moment."""
        start = self.from_the_start()
        return [spec.removeprefix("!") if spec.startswith("!") else f"fault {spec}"
                for spec in self.specs if spec not in start]

    def strikes(self):
        """How many connections may fail."""
        if self.harmless():
            return 0
        return sum(mishap.strikes for mishap in self.mishaps if not mishap.harmless)

    def bound(self):
        """How long the program may take, in seconds."""
        patience = sum(mishap.patience for mishap in self.mishaps)
        # Every step into and out of data mode waits out its guard times (manual 1.2).
        if self.mode == "transparent" or self.workload == "udp":  # it may lose some datagrams
            patience += 30
        return CONNECT + LOAD + patience


def case(mishaps, workload, mode, profile, seed):
    dice = random.Random(seed)

    def number(match):
        low, high = match[1].split("-")
        return str(dice.randint(int(low), int(high)))

    specs = tuple(re.sub(r"\{(\d+-\d+)\}", number, mishap.spec) for mishap in mishaps)
    return Case(tuple(mishaps), specs, workload, mode, profile, seed)


def named(text):
    """The case that prints itself as `text`."""
    workload, mode, profile, seed, specs = text.split("/", 4)
    by_spec = {mishap.spec: mishap for mishap in MISHAPS}
    # A "+" before a capital is part of a command's name.
    return case(tuple(by_spec[spec] for spec in re.split(r"\+(?![A-Z])", specs) if spec), workload,
                mode, profile, int(seed))


def possible(workload, mode, profile):
    # Of CR CR LF before CLOSED, in data mode, the first CR is taken for the peer's.
    return mode != "transparent" or (workload in ("download", "upload", "echo") and
                                     profile != "odd")


def every_cell():
    """Each mishap during each workload, in each mode, with each profile."""
    return [((mishap,), workload, mode, profile)
            for mishap in MISHAPS for workload in WORKLOADS for mode in MODES
            for profile in PROFILES
            if workload in mishap.only and mode in mishap.modes and
            possible(workload, mode, profile)]


def endless(seed, only=""):
    """The whole matrix in random order, a combination of two or three mishaps behind every fourth
    case; then again with other numbers."""
    dice = random.Random(seed)
    cells = [cell for cell in every_cell() if only in cell[0][0].spec]
    while cells:
        dice.shuffle(cells)
        for count, (mishaps, workload, mode, profile) in enumerate(cells):
            yield case(mishaps, workload, mode, profile, dice.randrange(1 << 24))
            if count % 4 or only:
                continue
            fitting = [mishap for mishap in MISHAPS
                       if workload in mishap.only and mode in mishap.modes]
            mixed = tuple(dice.sample(fitting, dice.randint(2, 3)))
            yield case(mixed, workload, mode, profile, dice.randrange(1 << 24))
