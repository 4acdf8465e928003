"""The Debian package: what it holds, what it depends on, and that its units are sound."""

import gzip
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import BIN, SystemTest
from package import ROOT, PROGRAMS, build_package, why_impossible
from test_compose_file import packages_of_libraries, with_dependencies

# Of 10, the lower the better; systemd calls 2 and less "OK".
EXPOSURE_MAX = 2.0


class Package(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        reason = why_impossible()
        if reason is not None:
            raise unittest.SkipTest(f"no package can be made here: {reason}")
        directory = tempfile.TemporaryDirectory(prefix="descent-package-")
        cls.addClassCleanup(directory.cleanup)
        cls.package = build_package(pathlib.Path(directory.name))
        cls.root = pathlib.Path(directory.name) / "root"
        subprocess.run(["dpkg-deb", "--raw-extract", cls.package, cls.root], check=True)
        cls.files = {str(path.relative_to(cls.root)) for path in cls.root.rglob("*")
                     if not path.is_dir()}

    def text_of(self, name):
        data = (self.root / name).read_bytes()
        return (gzip.decompress(data) if name.endswith(".gz") else data).decode()

    def field(self, name):
        return subprocess.run(["dpkg-deb", "--field", self.package, name], check=True,
                              capture_output=True, text=True).stdout.strip()

    def test_every_program_is_there_stripped_and_has_a_manual_page_with_its_options(self):
        for program in PROGRAMS:
            with self.subTest(program=program):
                path = self.root / "usr/bin" / program
                self.assertTrue(os.access(path, os.X_OK))
                self.assertNotIn(".symtab", subprocess.run(
                    ["readelf", "--sections", path], check=True, capture_output=True,
                    text=True).stdout)
                page = self.text_of(f"usr/share/man/man1/{program}.1.gz").replace("\\-", "-")
                options = subprocess.run([BIN / program, "--help"], check=True,
                                         capture_output=True, text=True).stdout
                for option in re.findall(r"^  .*?(--[a-z-]+)", options, re.MULTILINE):
                    self.assertIn(option, page)
                self.assertNotIn(str(BIN), page)

    def test_the_manual_has_every_command_of_the_client(self):
        page = self.text_of("usr/share/man/man1/descent.1.gz")

        for command in ("run", "submit", "checkpoint export", "worker drain", "help exit\\-codes"):
            self.assertIn(f'.SS "descent {command}"', page)

    def test_the_shells_find_completions(self):
        self.assertIn("complete -o default -F _descent descent",
                      self.text_of("usr/share/bash-completion/completions/descent"))
        self.assertIn("complete -c descent",
                      self.text_of("usr/share/fish/vendor_completions.d/descent.fish"))
        zsh = self.root / "usr/share/zsh/vendor-completions"
        self.assertTrue((zsh / "_descent").read_text().startswith("#compdef descent\n"))
        if shutil.which("zsh"):
            subprocess.run(["zsh", "-n", zsh / "_descent"], check=True)

    def test_examples_documents_and_the_licence_are_there(self):
        tracked = subprocess.run(["git", "ls-files", "examples", "docs", "deploy/slurm",
                                  "deploy/kubernetes", "deploy/monitoring"], cwd=ROOT, check=True,
                                 capture_output=True, text=True).stdout.splitlines()
        for name in tracked:
            if pathlib.Path(name).name == "CMakeLists.txt":
                continue
            place = "usr/share/doc/descent/" + name if name.startswith("docs/") \
                else "usr/share/descent/" + name.removeprefix("deploy/")
            self.assertIn(place, self.files)
        self.assertIn("Apache-2.0", self.text_of("usr/share/doc/descent/copyright"))

    def test_what_administrators_change_is_kept_by_upgrades(self):
        changed = {name for name in self.files if name.startswith("etc/")}

        self.assertEqual({"/" + name for name in changed},
                         set(self.text_of("DEBIAN/conffiles").split()))

    def test_everything_belongs_to_root_and_only_root_can_change_it(self):
        listing = subprocess.run(["dpkg-deb", "--contents", self.package], check=True,
                                 capture_output=True, text=True).stdout
        for line in listing.splitlines():
            self.assertIn(" root/root ", line)
            self.assertNotRegex(line, r"^.{8}w|^.{5}w")

    def test_it_depends_on_all_that_its_programs_are_linked_with(self):
        depends = re.findall(r"(?:^|, )([a-z0-9][a-z0-9.+-]+)", self.field("Depends"))

        self.assertIn("openmpi-bin", depends)
        for program in PROGRAMS:
            self.assertEqual(packages_of_libraries(BIN / program) - with_dependencies(depends),
                             set(), program)

    # --- The units ---------------------------------------------------------------------------

    def units(self):
        return sorted((self.root / "usr/lib/systemd/system").glob("*.service"))

    def systemd_analyze(self, *arguments):
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd-analyze is not installed")
        return subprocess.run(["systemd-analyze", "--no-pager", *map(str, arguments)],
                              capture_output=True, text=True)

    def test_systemd_finds_nothing_wrong_with_the_units(self):
        for unit in self.units():
            # Its program is looked for on this machine.
            copy = self.root / unit.name
            copy.write_text(unit.read_text().replace("/usr/bin/descent", f"{BIN}/descent"))
            done = self.systemd_analyze("verify", "--man=no", copy)
            self.assertEqual((done.returncode, done.stderr.strip()), (0, ""))

    def test_the_units_give_their_programs_little_that_these_do_not_need(self):
        for unit in self.units():
            done = self.systemd_analyze("security", "--offline=true",
                                        f"--threshold={int(EXPOSURE_MAX * 10)}", unit)
            self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_option_and_variable_of_a_unit_is_known(self):
        for unit in self.units():
            text = unit.read_text()
            defaults = self.text_of(f"etc/default/{unit.stem}")
            command = re.search(r"^ExecStart=/usr/bin/(\S+) (.*)$", text, re.MULTILINE)
            known = subprocess.run([BIN / command[1], "--help"], capture_output=True,
                                   text=True).stdout
            for option in re.findall(r"(?:^| )(--?[a-z-]+)", command[2]):
                self.assertIn(option, known)
            for variable in re.findall(r"\$\{?([A-Z_]+)", command[2]):
                self.assertRegex(defaults, rf"(?m)^{variable}=")

    def test_what_stops_the_pool_waits_longer_than_its_ranks_may_save(self):
        text = self.text_of("usr/lib/systemd/system/descent-launch.service")

        # 75 seconds: docs/cluster.md.
        self.assertGreater(int(re.search(r"TimeoutStopSec=(\d+)", text)[1]), 75)
        self.assertIn("KillMode=mixed", text)
        self.assertIn("SuccessExitStatus=75", text)


class UnpackedPackage(SystemTest):

    def setUp(self):
        reason = why_impossible()
        if reason is not None:
            self.skipTest(f"no package can be made here: {reason}")
        super().setUp()

    def test_a_job_trains_with_the_programs_of_the_package_to_the_digest_of_those_of_the_build(self):
        package = build_package(self.directory / "package")
        root = self.directory / "root"
        subprocess.run(["dpkg-deb", "--extract", package, root], check=True)
        done = subprocess.run([root / "usr/bin/descent", "run", self.job_file, "--workers", "2",
                               "--state-dir", self.directory / "other-state"], check=True,
                              capture_output=True, text=True, env=self.environment)

        self.assertEqual(self.digest_of(done),
                         self.digest_of(self.run_job(self.job_file, "--workers", 1)))
