"""From nothing to a trained model: on a Debian 12 with nothing but its base, by the commands of
docs/guides/debian_package.md; and the images' steps, where no container engine runs."""

import pathlib
import re
import shutil
import tempfile
import unittest

from bare_root import BareRoot, why_impossible
from harness import BIN, DIGEST
from package import PROGRAMS, ROOT, build_package
from test_compose_file import read_stages

GUIDE = ROOT / "docs/guides/debian_package.md"
DOCKER = ROOT / "deploy/docker"


def commands_of_guide():
    """What its first block says, without ./dev package, which made the package."""
    block = re.search(r"^```sh\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)[1]
    return [line.split("#")[0].strip() for line in block.splitlines()
            if not line.startswith("./dev package")]


class BareMachine(unittest.TestCase):

    def setUp(self):
        reason = why_impossible()
        if reason is not None:
            self.skipTest(f"no bare machine here: {reason}")
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="descent-bare-"))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.root = BareRoot(self.directory / "root")


class DebianPackage(BareMachine):

    def test_the_guide_leads_from_nothing_to_a_trained_model(self):
        place = self.root.path / "build/package"
        place.mkdir(parents=True)
        shutil.copy(build_package(self.directory / "package"), place)
        self.root.run("apt-get", "update", "-qq")

        install, train = commands_of_guide()
        self.root.run("sh", "-c", install.replace("apt install", "apt-get install --yes -qq"))
        output = self.root.run("sh", "-c", train)

        self.assertRegex(output, DIGEST)
        for program in PROGRAMS:
            self.root.run(program, "--help")
        self.assertEqual(self.root.run("getent", "passwd", "descent").split(":")[5],
                         "/var/lib/descent")

        self.root.run("apt-get", "purge", "--yes", "-qq", "descent")
        self.assertFalse((self.root.path / "usr/bin/descent").exists())
        self.assertFalse((self.root.path / "etc/default/descent-launch").exists())


class Images(BareMachine):
    """The steps of the Dockerfile's last stages, one after the other, with the programs of this build."""

    def build(self, target):
        for kind, text in re.findall(r"^(RUN|COPY) (.+)$", read_stages()[target], re.MULTILINE):
            if kind == "RUN":
                self.root.run("sh", "-c", text)
            else:
                self.copy(text)

    def copy(self, text):
        *sources, place = [word for word in text.split() if not word.startswith("--from")]
        for source in sources:
            name = pathlib.Path(source).name
            file = BIN / name if "--from=build" in text else ROOT / source
            target = self.root.path / place.lstrip("/")
            target = target / name if place.endswith("/") else target
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)

    def test_the_coordinators_image_has_all_that_its_containers_start(self):
        self.build("coordinator")

        self.root.run("descent-coordinator", "--version", user="descent")
        self.root.run("descent", "version", user="descent")
        self.root.run("make-certificates", "descent-coordinator", user="descent")
        names = self.root.run("openssl", "x509", "-noout", "-ext", "subjectAltName", "-in",
                              "/var/lib/descent/tls/coordinator.pem")
        self.assertIn("DNS:descent-coordinator", names)

    def test_the_workers_image_trains_and_serves_ssh(self):
        self.build("worker")

        self.root.run("descent-worker", "--version", user="descent")
        self.root.run("make-ssh-keys", user="descent")
        self.root.run("/usr/sbin/sshd", "-t", "-f", "/etc/descent/sshd_config", user="descent")
        self.root.run("descent-launch", "--help", user="descent")
        self.assertEqual(list((self.root.path / "etc/ssh").glob("ssh_host_*")), [])
