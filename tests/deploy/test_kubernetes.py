"""The manifests of deploy/kubernetes keep to the schemas, and agree with one another, with the images and
with our programs. No cluster is needed."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import jsonschema
import yaml

from harness import BIN
from mpijob_schema import mpijob_schema
from test_compose_file import read_stages

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASE = ROOT / "deploy/kubernetes/base"
DOCKER = ROOT / "deploy/docker"
KUBERNETES = "v1.31.0"
DEFINITIONS = "/api/_definitions.json"
# What the pod security standard `restricted` lets a pod mount.
RESTRICTED_VOLUMES = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral",
                      "persistentVolumeClaim", "projected", "secret"}


def read_manifests():
    """The resources of the base by (kind, name)."""
    names = yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"]
    found = [resource for name in names for resource in yaml.safe_load_all((BASE / name).read_text())]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def schema_directory():
    """Where the package kubernetes-validate has Kubernetes' schemas, or None."""
    found = pathlib.Path(os.environ["DESCENT_BUILD"]) / "test-python/kubernetes_validate" \
        / f"kubernetes-json-schema/{KUBERNETES}-local-strict"
    return found if found.is_dir() else None


def file_of_kind(manifest):
    """As the schemas' files are named: "statefulset-apps-v1.json", "service-v1.json"."""
    return "-".join([manifest["kind"].lower(), *manifest["apiVersion"].split("/")]) + ".json"


class Kubernetes(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.manifests = read_manifests()
        cls.coordinator = cls.manifests["StatefulSet", "descent-coordinator"]["spec"]
        cls.pool = cls.manifests["MPIJob", "descent-pool"]["spec"]
        cls.launcher, cls.worker = (cls.pool["mpiReplicaSpecs"][role]["template"]["spec"]
                                    for role in ("Launcher", "Worker"))
        cls.pods = {"coordinator": cls.coordinator["template"]["spec"],
                    "launcher": cls.launcher, "worker": cls.worker}

    def containers(self):
        for name, pod in self.pods.items():
            for container in pod.get("initContainers", []) + pod["containers"]:
                yield name, container

    # --- The schemas -------------------------------------------------------------------------

    def schemas(self):
        """The directory of Kubernetes' schemas, and what finds those that they refer to."""
        directory = schema_directory()
        if directory is None:
            self.skipTest("the schemas are not installed; ./dev setup deploy")
        definitions = json.loads((directory / "_definitions.json").read_text())
        store = {base + DEFINITIONS: definitions for base in ("", "https://kubernetes.io")}
        return directory, jsonschema.RefResolver("", {}, store=store)

    def test_every_resource_keeps_to_the_schema_of_its_kind(self):
        directory, resolver = self.schemas()
        reference = lambda name: {"$ref": f"{DEFINITIONS}#/$defs/io.k8s.{name}"}
        for (kind, name), manifest in self.manifests.items():
            with self.subTest(kind=kind, name=name):
                if kind == "MPIJob":
                    schema = mpijob_schema(
                        reference("api.core.v1.PodTemplateSpec"),
                        reference("apimachinery.pkg.apis.meta.v1.ObjectMeta"))
                else:
                    schema = json.loads((directory / file_of_kind(manifest)).read_text())
                jsonschema.Draft7Validator(schema, resolver=resolver).validate(manifest)

    def test_a_field_that_there_is_not_is_found(self):
        directory, resolver = self.schemas()
        schema = json.loads((directory / "service-v1.json").read_text())
        wrong = dict(self.manifests["Service", "descent-page"], spec={"selektor": {}})

        with self.assertRaisesRegex(jsonschema.ValidationError, "selektor"):
            jsonschema.Draft7Validator(schema, resolver=resolver).validate(wrong)

    def test_kustomize_builds_the_base(self):
        if shutil.which("kubectl") is None:
            self.skipTest("kubectl is not installed")
        done = subprocess.run(["kubectl", "kustomize", BASE], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        built = list(yaml.safe_load_all(done.stdout))

        self.assertEqual(len(built), len(self.manifests) + 1)  # the map of ssh's files
        self.assertTrue(all(each["metadata"].get("namespace", "descent") == "descent"
                            for each in built))

    # --- What kustomize and Kubernetes would only find out later -----------------------------

    def test_every_port_is_of_a_container_and_agrees_with_the_programs_flags(self):
        container = self.pods["coordinator"]["containers"][0]
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        flags = dict(word.split("=", 1) for word in container["args"] if "=" in word)

        self.assertEqual({"users": flags["--listen"], "workers": flags["--worker-listen"],
                          "https": flags["--http"]},
                         {name: f"0.0.0.0:{port}" for name, port in ports.items()})
        for (kind, _), manifest in self.manifests.items():
            if kind != "Service":
                continue
            self.assertLessEqual(manifest["spec"]["selector"].items(),
                                 self.coordinator["template"]["metadata"]["labels"].items())
            for port in manifest["spec"]["ports"]:
                self.assertEqual(port["port"], ports[port["targetPort"]])
        self.assertIn("--coordinator=descent-coordinator:9091",
                      self.launcher["containers"][0]["command"])

    def test_probes_ask_for_what_is_served_without_a_token(self):
        container = self.pods["coordinator"]["containers"][0]
        endpoints = (ROOT / "coordinator/http_endpoints.cc").read_text()
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            get = container[probe]["httpGet"]
            self.assertEqual((get["port"], get["scheme"]), ("https", "HTTPS"))
            self.assertRegex(endpoints, rf'"GET", "{get["path"]}", kOpen')

    def test_every_program_that_is_started_is_in_its_image_and_knows_its_flags(self):
        stages = read_stages()
        for name, container in self.containers():
            stage = stages[container["image"].removeprefix("descent-")]
            command = container.get("command", []) + container.get("args", [])
            commands = [command]
            if "lifecycle" in container:
                commands.append(container["lifecycle"]["preStop"]["exec"]["command"])
            for program, *arguments in commands:
                with self.subTest(pod=name, program=program):
                    if program == "/usr/sbin/sshd":
                        self.assertIn("openssh-server", stage)
                        continue
                    self.assertRegex(stage, rf"COPY [^\n]*/{program}\b")
                    if not (BIN / program).exists():
                        self.assertTrue((DOCKER / program).is_file())
                        continue
                    known = subprocess.run([BIN / program, "--help"], capture_output=True,
                                           text=True).stdout
                    own = arguments[:arguments.index("--")] if "--" in arguments else arguments
                    for word in own:
                        self.assertIn(re.match(r"--[a-z-]+|-[a-z]", word)[0], known)

    def test_every_volume_is_declared_and_every_claim_is_there(self):
        for name, pod in self.pods.items():
            declared = {volume["name"] for volume in pod["volumes"]}
            if name == "coordinator":
                declared |= {claim["metadata"]["name"]
                             for claim in self.coordinator["volumeClaimTemplates"]}
            for container in pod.get("initContainers", []) + pod["containers"]:
                self.assertLessEqual({mount["name"] for mount in container["volumeMounts"]},
                                     declared)
            for volume in pod["volumes"]:
                if "persistentVolumeClaim" in volume:
                    claim = volume["persistentVolumeClaim"]["claimName"]
                    self.assertIn(("PersistentVolumeClaim", claim), self.manifests)

    def test_the_coordinator_and_the_workers_see_the_checkpoints_under_one_path(self):
        flags = dict(word.split("=", 1) for word in self.pods["coordinator"]["containers"][0]["args"]
                     if "=" in word)
        for pod in (self.pods["coordinator"], self.worker):
            self.assertIn({"name": "checkpoints", "mountPath": flags["--checkpoint-root"]},
                          pod["containers"][0]["volumeMounts"])
        claim = self.manifests["PersistentVolumeClaim", "descent-checkpoints"]["spec"]
        self.assertEqual(claim["accessModes"], ["ReadWriteMany"])

    def test_one_coordinator_owns_its_state(self):
        self.assertEqual(self.coordinator["replicas"], 1)
        state, = self.coordinator["volumeClaimTemplates"]
        self.assertEqual(state["spec"]["accessModes"], ["ReadWriteOnce"])

    def test_nothing_runs_as_root_or_may_ask_kubernetes_for_anything(self):
        for pod in self.pods.values():
            self.assertFalse(pod["automountServiceAccountToken"])
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assertEqual(pod["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
            for volume in pod["volumes"]:
                self.assertLessEqual(set(volume) - {"name"}, RESTRICTED_VOLUMES)
        for _, container in self.containers():
            self.assertEqual(container["securityContext"],
                             {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                              "capabilities": {"drop": ["ALL"]}})
        self.assertRegex((DOCKER / "Dockerfile").read_text(),
                         rf"useradd --uid {self.launcher['securityContext']['runAsUser']} ")

    def test_the_pool_is_started_when_its_workers_are_ready_and_has_a_rank_for_each(self):
        self.assertEqual(self.pool["launcherCreationPolicy"], "WaitForWorkersReady")
        self.assertEqual(self.pool["runPolicy"]["cleanPodPolicy"], "Running")
        workers = self.pool["mpiReplicaSpecs"]["Worker"]["replicas"]
        self.assertIn(f"-n{workers * self.pool['slotsPerWorker']}",
                      self.launcher["containers"][0]["command"])
        ssh = next(port for port in self.worker["containers"][0]["ports"] if port["name"] == "ssh")
        for name in ("ssh_config", "sshd_config"):
            self.assertRegex((BASE / name).read_text(), rf"(?m)^ *Port {ssh['containerPort']}$")
            self.assertIn(self.pool["sshAuthMountPath"] + "/id_rsa", (BASE / name).read_text())

    def test_pods_have_longer_to_end_than_ranks_have_to_save(self):
        for pod in self.pods.values():
            self.assertGreaterEqual(pod["terminationGracePeriodSeconds"], 90)

    def test_the_coordinators_certificate_is_in_the_names_of_its_services(self):
        names = self.pods["coordinator"]["initContainers"][0]["args"]

        for (kind, name) in self.manifests:
            if kind == "Service":
                self.assertIn(name, names)


class LeavePool(unittest.TestCase):
    """The hook that runs before a worker's container is stopped."""

    def test_it_tells_ranks_to_leave_and_waits_for_their_end(self):
        with tempfile.TemporaryDirectory() as directory:
            # Shells that are called as ranks are, and take their time.
            rank = pathlib.Path(directory) / "descent-worker"
            shutil.copy(shutil.which("bash"), rank)
            left = pathlib.Path(directory) / "left"
            script = f"trap 'sleep 1; touch {left}; exit' USR1; echo; while :; do sleep 0.05; done"
            inside = (f'{rank} -c "{script}" > {directory}/ready & '
                      f'until [ -s {directory}/ready ]; do sleep 0.05; done; '
                      f'{DOCKER}/leave-pool && test -e {left}')
            done = subprocess.run(["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]),
                                   "--pid", "--fork", "--mount-proc", "sh", "-c", inside],
                                  capture_output=True, text=True, timeout=60)
            if "unshare failed" in done.stderr:
                self.skipTest(f"no namespaces here: {done.stderr.strip()}")
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_without_ranks_it_ends_at_once(self):
        done = subprocess.run(["unshare", *([] if os.geteuid() == 0 else ["--map-root-user"]),
                               "--pid", "--fork", "--mount-proc", DOCKER / "leave-pool"],
                              capture_output=True, text=True, timeout=60)
        if "unshare failed" in done.stderr:
            self.skipTest(f"no namespaces here: {done.stderr.strip()}")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
