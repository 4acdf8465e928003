"""docker-compose.yml, its images and our programs agree. No container engine is needed."""

import pathlib
import re
import subprocess
import unittest

import yaml

from harness import BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCKER = ROOT / "deploy/docker"


def read_stages():
    """The Dockerfile's stages by name, each as the text of its instructions and its parents'."""
    text = re.sub(r"^#.*\n", "", (DOCKER / "Dockerfile").read_text(), flags=re.MULTILINE)
    text = text.replace("\\\n", " ")
    stages = {}
    for part in re.split(r"^FROM ", text, flags=re.MULTILINE)[1:]:
        origin, name = re.match(r"(\S+) AS (\S+)", part).groups()
        stages[name] = stages.get(origin, "") + part
    return stages


def help_of(program):
    return subprocess.run([BIN / program, "--help"], capture_output=True, text=True).stdout


def option(command, name):
    return next(word.partition("=")[2] for word in command if word.startswith(f"{name}="))


class ComposeFile(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.file = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
        # Of our own images; those of others are in tests/deploy/test_monitoring.py.
        cls.services = {name: service for name, service in cls.file["services"].items()
                        if "build" in service}
        cls.stages = read_stages()

    def stage_of(self, service):
        build = service["build"]
        self.assertTrue((ROOT / build["context"] / build["dockerfile"]).is_file())
        return self.stages[build["target"]]

    def test_there_are_a_coordinator_and_four_workers(self):
        workers = [name for name in self.services if name.startswith("worker")]

        self.assertEqual(workers, ["worker1", "worker2", "worker3", "worker4"])
        self.assertIn("coordinator", self.services)

    def test_workers_have_the_time_that_their_launcher_gives_them_to_save(self):
        grace = self.services["worker1"]["stop_grace_period"]

        self.assertGreater(int(grace.removesuffix("s")), 80)

    def test_every_program_that_is_started_is_in_its_image_and_knows_its_flags(self):
        for name, service in self.services.items():
            commands = [service["command"]]
            if "healthcheck" in service:
                commands.append(service["healthcheck"]["test"][1:])
            for program, *arguments in commands:
                with self.subTest(service=name, program=program):
                    stage = self.stage_of(service)
                    if program == "/usr/sbin/sshd":
                        self.assertIn("openssh-server", stage)
                        continue
                    if program == "bash":  # every Debian has it
                        continue
                    self.assertRegex(stage, rf"COPY [^\n]*/{program}\b")
                    if not (BIN / program).exists():
                        self.assertTrue((DOCKER / program).is_file())
                        continue
                    known = help_of(program)
                    for flag in self.own_flags(arguments):
                        self.assertIn(flag, known)

    def own_flags(self, arguments):
        """The flags before --, without their values: -n4 is -n."""
        own = arguments[:arguments.index("--")] if "--" in arguments else arguments
        return [re.match(r"--[a-z-]+|-[a-z]", word).group() for word in own if word[0] == "-"]

    def test_all_ports_agree_and_are_published_to_this_machine_alone(self):
        coordinator = self.services["coordinator"]
        known = help_of("descent-coordinator")
        ports = {}
        for flag in ("--listen", "--worker-listen", "--http"):
            host, _, ports[flag] = option(coordinator["command"], flag).partition(":")
            self.assertEqual(host, "0.0.0.0")
            self.assertIn(f"127.0.0.1:{ports[flag]}", known)

        published = [f"127.0.0.1:{ports[flag]}:{ports[flag]}" for flag in ("--http", "--listen")]
        self.assertEqual(coordinator["ports"], published)
        self.assertFalse(any("ports" in service for name, service in self.services.items()
                             if name != "coordinator"))
        self.assertEqual(option(self.services["worker1"]["command"], "--coordinator"),
                         f"coordinator:{ports['--worker-listen']}")

    def test_every_file_of_a_flag_is_in_a_volume_of_its_service(self):
        for name in ("coordinator", "worker1", "worker2", "worker3", "worker4"):
            places = [mount.split(":")[1] for mount in self.services[name]["volumes"]]
            pool = name if name == "coordinator" else "worker1"  # whose flags the ranks get
            for word in self.services[pool]["command"]:
                flag, _, file = word.partition("=")
                if flag in ("--tls-cert", "--tls-key", "--tls-ca", "--token-file"):
                    self.assertIn(str(pathlib.Path(file).parent), places, name)

    def test_the_authoritys_key_and_the_operators_token_are_out_of_the_workers_reach(self):
        for name in ("worker1", "worker2", "worker3", "worker4"):
            volumes = [mount.split(":")[0] for mount in self.services[name]["volumes"]]
            self.assertEqual(set(volumes) & {"tls", "state"}, set())

    def test_the_pool_has_a_rank_for_each_worker(self):
        hosts = dict(line.split() for line in (DOCKER / "hosts").read_text().splitlines())

        self.assertEqual(hosts, {f"worker{i}": "slots=1" for i in range(1, 5)})
        self.assertIn("-n4", self.services["worker1"]["command"])
        for name in hosts:
            self.assertEqual(self.services[name]["hostname"], name)

    def test_the_coordinator_and_all_workers_see_the_checkpoints_under_one_path(self):
        command = self.services["coordinator"]["command"]
        mount = f"checkpoints:{option(command, '--checkpoint-root')}"

        for name in ("coordinator", "worker1", "worker2", "worker3", "worker4"):
            self.assertIn(mount, self.services[name]["volumes"], name)
        self.assertIn(f"state:{option(command, '--state-dir')}",
                      self.services["coordinator"]["volumes"])

    def test_every_volume_is_declared_and_its_place_belongs_to_the_user_of_the_image(self):
        for service in self.services.values():
            for mount in service["volumes"]:
                volume, place = mount.split(":")[:2]
                self.assertIn(volume, self.file["volumes"])
                self.assertRegex(self.stage_of(service),
                                 rf"install --directory [^\n]*--owner descent [^\n]*{place}")

    def test_who_is_waited_for_can_tell_when_it_is_ready(self):
        for service in self.services.values():
            for name, wait in service.get("depends_on", {}).items():
                if wait["condition"] == "service_healthy":
                    self.assertIn("healthcheck", self.services[name])
                else:
                    self.assertEqual(wait["condition"], "service_completed_successfully")
                    self.assertNotIn("restart", self.services[name])

    def test_nothing_runs_as_root(self):
        for name, service in self.services.items():
            self.assertEqual(re.findall(r"^USER (\S+)", self.stage_of(service), re.MULTILINE),
                             ["descent"], name)
            self.assertEqual(service["cap_drop"], ["ALL"])

    def test_what_the_images_copy_is_there(self):
        for stage in self.stages.values():
            for arguments in re.findall(r"^COPY (?!--from)(.+)$", stage, re.MULTILINE):
                for source in arguments.split()[:-1]:
                    self.assertTrue((ROOT / source).exists(), source)

    def test_the_images_install_every_library_that_their_programs_need(self):
        for target, stage in self.stages.items():
            programs = re.findall(r"/bin/(descent[a-z-]*)", stage)
            if not programs or target == "build":
                continue
            listed = re.search(r"--no-install-recommends +(.+?) && rm", stage).group(1).split()
            for program in programs:
                missing = packages_of_libraries(BIN / program) - with_dependencies(listed)
                self.assertEqual(missing, set(), f"{program} in {target}")


def packages_of_libraries(program):
    """The Debian packages of the shared libraries that a program is linked with."""
    linked = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    libraries = {str(pathlib.Path(path).resolve())
                 for path in re.findall(r"=> (/\S+)", linked)}
    # Debian's packages still name files under /lib that are in /usr/lib.
    both = libraries | {path.removeprefix("/usr") for path in libraries}
    owners = subprocess.run(["dpkg-query", "--search", *both], capture_output=True, text=True)
    # An instrumented build needs its sanitizer as well; an image never has one.
    return {package for package in (line.split(":")[0] for line in owners.stdout.splitlines())
            if not re.match(r"lib(a|t|ub)san", package)}


def with_dependencies(packages):
    """The packages, and all that they depend on, however deep; of those installed here."""
    fields = subprocess.run(["dpkg-query", "--show", "--showformat",
                             "${Package}|${Provides}|${Depends}, ${Pre-Depends}\n"],
                            check=True, capture_output=True, text=True).stdout
    names_in = lambda field: set(re.findall(r"(?:^|[,|]) *([a-z0-9][a-z0-9.+-]+)", field))
    needs, found, waiting = {}, set(), set(packages)
    for line in fields.splitlines():
        name, provides, depends = line.split("|", 2)
        needs.setdefault(name, set()).update(names_in(depends))
        for virtual in names_in(provides):
            needs.setdefault(virtual, set()).add(name)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= needs.get(name, set()) - found
    return found
