# SPDX-License-Identifier: MIT
"""What is installed for the system's own programs, as those read it: the unit and the udev rule."""
import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

from harness import main, process
from harness.build_tree import BUILD
from harness.usb import UsbModem, may_mount

SOURCE = Path(__file__).resolve().parents[2]


class SystemFiles(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="a7600-system-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)

    def test_systemd_finds_nothing_wrong_with_the_unit(self):
        # Where it will be installed nothing may be yet.
        text = re.sub(r"^ExecStart=\S+", f"ExecStart={BUILD / 'tools' / 'a7600'}",
                      (BUILD / "data" / "a7600.service").read_text(), flags=re.MULTILINE)
        unit = self.scratch / "a7600.service"
        unit.write_text(text)
        seen = process.run(["systemd-analyze", "verify", "--man=no", unit], os.environ, 60)
        self.assertEqual((seen.status, seen.stdout, seen.stderr), (0, b"", ""), seen)

    # ---- The udev rule, by udev's own engine

    def ignored(self, modem, action="add"):
        """Whether udev tells ModemManager to leave the port, and the device that it belongs to."""
        rules = self.scratch / "rules"
        rules.mkdir(exist_ok=True)
        shutil.copy(SOURCE / "data" / "78-a7600.rules", rules)
        places = [(rules, os.path.realpath("/lib/udev/rules.d"))]
        tty = (modem.root / "sys/class/tty/ttyUSB2").resolve()
        told = []
        for path in (tty, tty.parents[3]):
            seen = process.run(
                modem.command("udevadm", "test", f"--action={action}",
                              f"/{path.relative_to(modem.root / 'sys')}", files=places),
                # What it reads need not be the kernel's.
                {**os.environ, "SYSTEMD_DEVICE_VERIFY_SYSFS": "0"}, 30)
            self.assertEqual(seen.status, 0, seen)
            self.assertIn("78-a7600.rules", seen.stderr)
            told.append(b"ID_MM_DEVICE_IGNORE=1\n" in seen.stdout)
        return told

    @unittest.skipUnless(may_mount(), "no mount namespace can be had here, to plug a module into")
    def test_udev_has_modemmanager_leave_our_modules_and_no_others(self):
        for vendor, product, expected in (("1e0e", "9011", True), ("1e0e", "9001", True),
                                          ("1e0e", "9003", False), ("2c7c", "9011", False)):
            with self.subTest(vendor=vendor, product=product):
                modem = UsbModem(self.scratch / "usb", {"ttyUSB2": 4}, vendor, product)
                self.assertEqual(self.ignored(modem), [expected, expected])

    @unittest.skipUnless(may_mount(), "no mount namespace can be had here, to plug a module into")
    def test_it_holds_when_the_driver_binds_too(self):
        modem = UsbModem(self.scratch / "usb", {"ttyUSB2": 4})
        self.assertEqual(self.ignored(modem, "bind"), [True, True])


if __name__ == "__main__":
    main()
