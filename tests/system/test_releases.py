"""What a release says of itself is the same everywhere, and every library that is linked is accounted for."""

import json
import re
import subprocess

from document import ROOT
from harness import BIN, SystemTest

NEEDED = re.compile(r"^ *NEEDED +(\S+)$", re.MULTILINE)
LIBRARY = re.compile(r"^(lib.+?)\.so")
PACKAGE = re.compile(r"^ *(?:find_package|pkg_check_modules)\((\w+)", re.MULTILINE)
# What is no library, or has another name where it is linked.
TOOLS = {"Threads", "Python3", "PkgConfig", "Git"}
LINKED_AS = {"MPI": "libmpi", "Protobuf": "libprotobuf", "SQLite3": "libsqlite3", "OpenSSL": "libssl",
             "ZLIB": "libz", "PNG": "libpng16", "JPEG": "libjpeg", "yaml-cpp": "libyaml-cpp",
             "yaml": "libyaml-cpp", "spdlog": "libspdlog", "grpcpp": "libgrpc++", "highway": "libhwy",
             "pcre2": "libpcre2-8", "libzip": "libzip", "xxhash": "libxxhash"}


def project_version():
    return re.search(r"^project\(descent VERSION (\d+\.\d+\.\d+) ", (ROOT / "CMakeLists.txt").read_text(),
                     re.MULTILINE)[1]


class Releases(SystemTest):

    def test_the_version_is_that_of_the_project(self):
        version = project_version()

        for program in ("descent", "descent-coordinator", "descent-worker"):
            said = subprocess.run([BIN / program, "--version"], capture_output=True, text=True,
                                  timeout=60, check=True).stdout
            self.assertIn(version, said, program)
        python = (ROOT / "client/python/pyproject.toml").read_text()
        self.assertIn(f'\nversion = "{version}"\n', python)
        self.assertEqual(json.loads(self.descent("version", "--json").stdout)["version"], version)

    def test_the_changes_tell_of_the_version(self):
        headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

        self.assertIn(project_version(), headings)
        numbers = [tuple(map(int, heading.split("."))) for heading in headings if heading[0].isdigit()]
        self.assertEqual(numbers, sorted(numbers, reverse=True))

    def test_each_release_left_its_api_and_its_state_behind(self):
        for heading in re.findall(r"^## (\d.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE):
            name = heading.replace(".", "_")

            self.assertTrue((ROOT / f"proto/baseline/v1_{name}.txt").exists(), heading)
            self.assertTrue((ROOT / f"tests/upgrade/{heading}").exists(), heading)

    def test_every_library_that_is_linked_has_its_licence_listed(self):
        listed = re.findall(r"`([^`]+)`", (ROOT / "docs/licences.md").read_text())

        for program in BIN.glob("descent*"):
            needed = NEEDED.findall(subprocess.run(["objdump", "-p", program], capture_output=True,
                                                   text=True, check=True).stdout)
            self.assertIn("libc.so.6", needed, program)
            for library in needed:
                name = LIBRARY.match(library)
                if name is None or re.match(r"lib[a-z]*(san|ld)$", name[1]):
                    continue  # the loader, and what a sanitizer adds
                self.assertIn(name[1], listed, f"{program.name} links {library}")

    def programs(self):
        found = list(BIN.glob("descent*"))
        self.assertGreaterEqual(len(found), 4)
        return found

    def read_elf(self, program, *options):
        return subprocess.run(["readelf", "--wide", *options, program], capture_output=True, text=True,
                              check=True).stdout

    def test_programs_lie_anywhere_and_bind_their_libraries_before_they_begin(self):
        for program in self.programs():
            self.assertRegex(self.read_elf(program, "--file-header"), r"Type: +DYN \(Position-Ind", program)
            self.assertIn("GNU_RELRO", self.read_elf(program, "--program-headers"), program)
            self.assertRegex(self.read_elf(program, "--dynamic"), r"Flags:.* NOW", program)

    def test_programs_check_their_stack_and_the_lengths_of_what_they_copy(self):
        for program in self.programs():
            symbols = self.read_elf(program, "--dyn-syms")
            if "__asan_" in symbols or "__tsan_" in symbols:
                self.skipTest("a sanitizer has checks of its own")
            self.assertIn(" __stack_chk_fail@", symbols, program)
            self.assertRegex(symbols, r" __\w+_chk@", program)

    def test_programs_hold_no_path_of_the_machine_that_built_them(self):
        for program in self.programs():
            self.assertNotIn(str(ROOT).encode(), program.read_bytes(), program)

    def test_every_package_that_the_build_looks_for_has_its_licence_listed(self):
        listed = re.findall(r"`([^`]+)`", (ROOT / "docs/licences.md").read_text())

        for file in (ROOT / "cmake").glob("*.cmake"):
            for package in PACKAGE.findall(file.read_text()):
                if package not in TOOLS:
                    self.assertIn(LINKED_AS.get(package, package), listed, f"{file.name}: {package}")
