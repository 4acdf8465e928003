"""Examples of job files and the schema of all of them: descent job init, descent job schema."""

import json
import pathlib
import re

import jsonschema
import yaml

from harness import JOB, SystemTest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"
KINDS = {"mlp": "fashion_mlp", "cnn": "fashion_convnet", "resnet": "fashion_resnet",
         "gpt": "gpt_text", "table": "table_regression", "quickstart": "quickstart"}


class Loader(yaml.SafeLoader):
    """Numbers as YAML 1.2 has them, in which 3e-4 is one."""


Loader.yaml_implicit_resolvers = {first: list(resolvers) for first, resolvers
                                  in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:float",
                             re.compile(r"^[-+]?[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]+$"),
                             list("-+0123456789"))


class JobFile(SystemTest):

    def setUp(self):
        super().setUp()
        schema = json.loads(self.descent("job", "schema").stdout)
        jsonschema.Draft202012Validator.check_schema(schema)
        self.validator = jsonschema.Draft202012Validator(schema)

    def problems_of(self, text):
        return [error.message for error in self.validator.iter_errors(yaml.load(text, Loader))]

    def test_the_schema_accepts_every_example(self):
        files = sorted(EXAMPLES.glob("*.yaml"))

        # So the other tests of this file, which go by the kind, have all of them.
        self.assertEqual({file.stem for file in files}, set(KINDS.values()))
        for file in files:
            self.assertEqual(self.problems_of(file.read_text()), [], file)

    def test_the_schema_accepts_what_may_be_written_shortly(self):
        for field in ("model: {layers: [flatten, {linear: {out_features: 8}}, relu, linear]}",
                      "lr_schedule: cosine", "batch: {global: all}", "model: {mlp: {hidden_sizes: []}}",
                      "data: {table: {targets: [3]}}"):
            self.assertEqual(self.problems_of(field), [], field)

    def test_the_schema_refuses_typing_errors(self):
        job = JOB.format(data=self.directory)
        self.assertEqual(self.problems_of(job), [])
        for right, wrong in (("seed: 3", "sead: 3"), ("global: 50", "global: many"),
                             ("activation: gelu", "activation: gelo"), ("steps: 200", "steps: 1.5"),
                             ("  mlp: {", "  gpt: {}\n  mlp: {"), ("{adamw: {lr", "{adamv: {lr"),
                             ("hidden_sizes: [32, 16]", "hidden_sizes: 32")):
            self.assertIn(right, job)
            self.assertNotEqual(self.problems_of(job.replace(right, wrong)), [], wrong)

    def test_every_kind_of_example_is_a_file_of_the_repository(self):
        for kind, name in KINDS.items():
            printed = self.descent("job", "init", kind).stdout

            self.assertEqual(printed, (EXAMPLES / f"{name}.yaml").read_text())

    def test_a_coordinator_takes_every_example(self):
        self.start_coordinator()
        for kind in KINDS:
            file = self.directory / f"{kind}.yaml"
            self.descent("job", "init", kind, "-o", file)

            job = json.loads(self.descent("submit", file, "--dry-run", "--json").stdout)

            self.assertEqual(job["spec"]["name"], KINDS[kind].replace("_", "-"))

    def test_a_file_that_is_there_is_not_overwritten(self):
        file = self.directory / "new.yaml"

        said = self.descent("job", "init", "-o", file).stderr
        file.write_text("mine")
        refused = self.descent("job", "init", "gpt", "-o", file, code=6)

        self.assertIn(f"descent run {file}", said)
        self.assertIn(f"cannot create {file}: File exists", refused.stderr)
        self.assertEqual(file.read_text(), "mine")
        self.descent("job", "init", "-o", self.directory / "no/such.yaml", code=1)
        self.descent("job", "init", "transformer", code=2)
