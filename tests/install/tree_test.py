# SPDX-License-Identifier: MIT
"""The build installed into an empty root, and used from there: the examples built as a user builds
them, the doctor, the demo."""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from harness import ADDRESS, Simulator, main, process, servers
from harness.build_tree import BUILD, clean_environment

SOURCE = Path(__file__).resolve().parents[2]
PAGE = b"from the installed tree\n" * 50


def output_of(*words, **more):
    return subprocess.run([str(word) for word in words], check=True, text=True,
                          capture_output=True, **more).stdout


def defined_symbols(library):
    lines = output_of("nm", "-D", "--defined-only", "--format=posix", library).splitlines()
    return {line.split()[0] for line in lines}


class Installed(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="a7600-install-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch, ignore_errors=True)
        root = cls.scratch / "root"
        output_of("cmake", "--install", BUILD, env={**os.environ, "DESTDIR": str(root)})
        # Whatever the prefix is: nothing in it may depend on where it is.
        cls.prefix = next(root.rglob("bin/a7600")).parent.parent
        cls.library = next(cls.prefix.rglob("liba7600.so"))
        cls.preload = next(cls.prefix.rglob("liba7600sock.so"))
        cls.libdir = cls.library.parent
        cls.environment = {**clean_environment(cls.scratch), "A7600_CONFIG": "/dev/null",
                           "XDG_RUNTIME_DIR": str(cls.scratch),
                           "LD_LIBRARY_PATH": str(cls.libdir),
                           "CMAKE_PREFIX_PATH": str(cls.prefix),
                           "PKG_CONFIG_PATH": str(cls.libdir / "pkgconfig")}
        cls.web = servers.WebServer({"/": PAGE})
        cls.addClassCleanup(cls.web.stop)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            cls.listen_port = probe.getsockname()[1]
        cls.modem = Simulator(cls.scratch, "--dns", f"www.example.test={ADDRESS}",
                              "--listen-map", f"7000={cls.listen_port}")
        cls.addClassCleanup(cls.modem.stop)

    def run_here(self, *words, timeout=60, **environment):
        seen = process.run(words, {**self.environment, **environment}, timeout, cwd=self.scratch)
        self.assertEqual(seen.status, 0, seen)
        return seen

    # ---- What is there

    def test_all_of_it_is_there(self):
        wanted = """bin/a7600 bin/a7600-trace bin/a7600-sim include/a7600/socket.h
            lib/systemd/system/a7600.service lib/udev/rules.d/78-a7600.rules
            share/bash-completion/completions/a7600 share/zsh/vendor-completions/_a7600
            share/fish/vendor_completions.d/a7600.fish
            share/doc/a7600sock/examples/a7600.conf share/doc/a7600sock/THIRD-PARTY.md
            share/doc/a7600sock/README.md
            share/man/man1/a7600.1.gz share/man/man1/a7600-trace.1.gz share/man/man1/a7600-sim.1.gz
            share/man/man3/a7600_socket.3.gz share/man/man5/a7600.conf.5.gz
            share/man/man8/liba7600sock.8.gz""".split()
        wanted += [str(self.libdir.relative_to(self.prefix) / name) for name in (
            "liba7600.so", "liba7600.a", "liba7600sock.so", "pkgconfig/a7600.pc",
            "cmake/a7600/a7600Config.cmake")]
        self.assertEqual([name for name in wanted if not (self.prefix / name).exists()], [])

    def test_the_library_has_a_versioned_name_and_brings_no_cxx_library(self):
        dynamic = output_of("readelf", "-d", self.library)
        self.assertRegex(dynamic, r"SONAME.*\[liba7600\.so\.[0-9]+\]")
        self.assertIn("[libserialport.so.0]", dynamic)
        for library in (self.library, self.preload):
            self.assertNotIn("libstdc++", output_of("readelf", "-d", library))

    def test_the_preload_library_exports_its_table_and_nothing_else(self):
        table = (SOURCE / "preload" / "symbols.def").read_text()
        listed = set(re.findall(r"^SYMBOL\([^,]*, (\w+),", table, re.MULTILINE))
        self.assertIn("connect", listed)
        self.assertEqual(defined_symbols(self.preload), listed)

    def test_the_library_exports_its_header_and_nothing_else(self):
        header = (SOURCE / "include" / "a7600" / "socket.h").read_text()
        declared = set(re.findall(r"^(?:int|void|ssize_t) (a7600_\w+)\(", header, re.MULTILINE))
        self.assertEqual(defined_symbols(self.library), declared)

    def test_the_unit_names_commands_that_are_installed(self):
        unit = (self.prefix / "lib/systemd/system/a7600.service").read_text()
        command = re.search(r"^ExecStart=(\S+)", unit, re.MULTILINE)[1]
        self.assertTrue(command.endswith("/bin/a7600"))
        self.assertTrue((self.prefix / "bin" / "a7600").exists())

    # ---- What it does

    def check_examples(self, folder, programs):
        url = ("203.0.113.7", str(self.web.port))
        for name in programs:
            if name == "serve":
                self.check_server(folder / name)
                continue
            words = ([f"{url[0]}:{url[1]}/"] * 2 if name == "fetch" else [*url, "/"])
            seen = self.run_here(folder / name, self.modem.port, *words)
            if name == "fetch":
                self.assertEqual(len(seen.stdout.splitlines()), 2, seen)
            else:
                self.assertTrue(seen.stdout.endswith(PAGE), seen)

    def peer(self, server):
        """A connection to the server, which takes a moment to listen."""
        deadline = time.monotonic() + 20
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.listen_port), timeout=10)
            except ConnectionRefusedError:
                if time.monotonic() > deadline or not server.running():
                    raise AssertionError(server.output()) from None
                time.sleep(0.02)

    def check_server(self, program):
        output = self.scratch / "serve.out"
        server = process.Background([program, self.modem.port, "7000"], self.environment, output)
        self.addCleanup(server.stop)
        with self.peer(server) as peer:
            peer.sendall(b"hello")
            self.assertEqual(servers.receive_exactly(peer, 5), b"HELLO")
        self.assertEqual(server.process.wait(20), 0, server.output())

    def test_the_examples_build_with_find_package_and_run(self):
        build = self.scratch / "by-cmake"
        self.run_here("cmake", "-S", SOURCE / "examples", "-B", build, timeout=120)
        self.run_here("cmake", "--build", build, timeout=120)
        self.check_examples(build, ["get", "fetch", "serve", "get_static"])

    def test_the_examples_build_with_pkg_config_and_run(self):
        build = self.scratch / "by-make"
        shutil.copytree(SOURCE / "examples", build)
        self.run_here("make", "-C", build, timeout=120)
        self.check_examples(build, ["get", "fetch", "serve"])

    def test_a_component_that_is_not_there_is_said(self):
        project = self.scratch / "wrong"
        project.mkdir()
        (project / "CMakeLists.txt").write_text(
            "cmake_minimum_required(VERSION 3.25)\nproject(wrong LANGUAGES CXX)\n"
            "find_package(a7600 REQUIRED COMPONENTS qml)\n")
        seen = process.run(["cmake", "-S", project, "-B", project / "build"], self.environment, 60)
        self.assertNotEqual(seen.status, 0)
        self.assertIn("qml", seen.stderr)

    def test_run_and_doctor_find_what_they_need(self):
        command = self.prefix / "bin" / "a7600"
        url = f"http://www.example.test:{self.web.port}/"
        page = self.run_here(command, "run", "--port", self.modem.port, "--", "curl", "-sS", url)
        self.assertEqual(page.stdout, PAGE)
        seen = self.run_here(command, "doctor", "--port", self.modem.port, "--url", url)
        self.assertTrue(seen.stdout.decode().endswith("All is well.\n"), seen)

    def test_the_demo_runs(self):
        seen = self.run_here(sys.executable, "-m", "harness.demo", timeout=120,
                             PYTHONPATH=str(SOURCE / "tests"), TEST_PREFIX=str(self.prefix),
                             TEST_BUILD_DIR="/nowhere")
        self.assertIn(b"as on the server", seen.stdout)


if __name__ == "__main__":
    main()
