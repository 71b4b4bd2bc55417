# SPDX-License-Identifier: MIT
"""A module on USB as the kernel shows one, in /sys, /dev and /run of the test's own."""
import os
import shutil
import subprocess

_DEVICE = "devices/pci0000:00/0000:00:14.0/usb1/1-1"
_KEPT = ("null", "zero", "full", "random", "urandom", "tty", "pts", "ptmx")

# $1: the root; then pairs of what is put where, up to "--"; then the program.
_SCRIPT = f"""
root=$1; shift
for name in {' '.join(_KEPT)}; do mount --rbind /dev/$name "$root/dev/$name"; done
while [ "$1" != -- ]; do mount --bind "$1" "$2"; shift 2; done; shift
for tree in dev sys run; do mount --rbind "$root/$tree" /$tree; done
exec "$@"
"""


def may_mount():
    """Whether this machine gives us a mount namespace."""
    try:
        return subprocess.run(["unshare", "--mount", "mount", "--bind", "/sys", "/sys"],
                              capture_output=True).returncode == 0
    except OSError:
        return False


class UsbModem:
    """`ports`: the number of the interface behind each, by name, such as {"ttyUSB2": 4}."""

    def __init__(self, root, ports, vendor="1e0e", product="9011"):
        self.root = root
        shutil.rmtree(root, ignore_errors=True)
        for tree in ("sys/bus/usb", "sys/bus/usb-serial/drivers/option1", "sys/class/tty",
                     "dev/serial/by-id", "dev/pts", "run/lock", "run/udev"):
            (root / tree).mkdir(parents=True)
        for name in _KEPT:
            if name != "pts":
                (root / "dev" / name).touch()
        self._add(_DEVICE, "bus/usb", uevent="DEVTYPE=usb_device\n", busnum="1\n", devnum="5\n",
                  idVendor=f"{vendor}\n", idProduct=f"{product}\n", manufacturer="SIMCom\n",
                  product="SimTech, Incorporated\n", serial="0123456789ABCDEF\n")
        for minor, (name, interface) in enumerate(ports.items()):
            self._add_port(name, interface, minor)

    def _add(self, path, subsystem, **files):
        folder = self.root / "sys" / path
        folder.mkdir(parents=True)
        for name, text in files.items():
            (folder / name).write_text(text)
        self._link(folder / "subsystem", self.root / "sys" / subsystem)

    def _link(self, path, target):
        # Relative, as sysfs has them.
        path.symlink_to(os.path.relpath(target, path.parent))

    def _add_port(self, name, interface, minor):
        path = f"{_DEVICE}/1-1:1.{interface:x}"
        self._add(path, "bus/usb", uevent="DEVTYPE=usb_interface\n",
                  bInterfaceNumber=f"{interface:02x}\n")
        port, tty = f"{path}/{name}", f"{path}/{name}/tty/{name}"
        sys = self.root / "sys"
        self._add(port, "bus/usb-serial", uevent="DRIVER=option1\n")
        self._link(sys / port / "driver", sys / "bus/usb-serial/drivers/option1")
        self._add(tty, "class/tty", dev=f"188:{minor}\n",
                  uevent=f"MAJOR=188\nMINOR={minor}\nDEVNAME={name}\n")
        self._link(sys / tty / "device", sys / port)
        self._link(sys / "class/tty" / name, sys / tty)
        (self.root / "dev" / name).touch()
        self._link(self.root / self.by_id(interface)[1:], self.root / "dev" / name)

    def by_id(self, interface):
        """The lasting name of the port behind that interface."""
        return ("/dev/serial/by-id/usb-SimTech__Incorporated_0123456789ABCDEF-"
                f"if{interface:02x}-port0")

    def command(self, *words, ports=(), files=()):
        """A command line that runs `words` where the module is plugged in. `ports`: the terminals
        that are behind its ports' names; `files`: what else is put where, as pairs."""
        pairs = [(terminal, self.root / "dev" / name) for name, terminal in dict(ports).items()]
        places = [str(word) for pair in [*pairs, *files] for word in pair]
        return ["unshare", "--mount", "sh", "-euc", _SCRIPT, "sh", str(self.root), *places, "--",
                *map(str, words)]
