"""What Prometheus and Grafana are given: rules that fire where they should, of metrics that there are."""

import json
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

from harness import SystemTest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MONITORING = ROOT / "deploy/monitoring"
METRIC = re.compile(r"\b(?:descent|grpc|http|process)_[a-z0-9_]+\b")
# What Prometheus makes of a histogram.
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def documented_metrics():
    """The names in the table of docs/metrics.md."""
    rows = re.findall(r"^\| (`.*?) \| (?:gauge|counter|histogram) \|",
                      (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([a-z0-9_]+)`", row)}


def rules():
    group, = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return group["rules"]


def panels():
    board = json.loads((MONITORING / "grafana/dashboards/descent.json").read_text())
    return board["panels"]


def expressions():
    """All of them, by where they stand."""
    found = {rule["alert"]: rule["expr"] for rule in rules()}
    for panel in panels():
        for target in panel["targets"]:
            found[f"{panel['title']} {target['refId']}"] = target["expr"]
    return found


def used_metrics(expression):
    without_labels = re.sub(r"\{[^}]*\}|\b(by|on) \([^)]*\)", "", expression)
    return {name if name in documented_metrics() else SUFFIX.sub("", name)
            for name in METRIC.findall(without_labels)}


class Monitoring(unittest.TestCase):

    def promtool(self, *arguments):
        if shutil.which("promtool") is None:
            self.skipTest("promtool is not installed; ./dev setup deploy")
        done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_metric_that_is_used_is_documented(self):
        known = documented_metrics()
        for place, expression in expressions().items():
            with self.subTest(place=place):
                used = used_metrics(expression)
                self.assertTrue(used or "up{" in expression)
                self.assertLessEqual(used, known)

    def test_prometheus_reads_the_rules(self):
        self.promtool("check", "rules", MONITORING / "alerts.yml")

    def test_prometheus_reads_its_configuration(self):
        with tempfile.TemporaryDirectory() as directory:
            text = (MONITORING / "prometheus.yml").read_text()
            for name in re.findall(r"/var/lib/descent/monitoring/\w+(?:\.pem)?", text):
                pathlib.Path(directory, pathlib.Path(name).name).touch()
            file = pathlib.Path(directory) / "prometheus.yml"
            file.write_text(text.replace("/var/lib/descent/monitoring", directory))
            shutil.copy(MONITORING / "alerts.yml", directory)
            self.promtool("check", "config", "--syntax-only", file)

    def test_each_alert_fires_where_it_should_and_only_there(self):
        with tempfile.TemporaryDirectory() as directory:
            # What an alert says is no part of when it fires.
            plain = [{key: value for key, value in rule.items() if key != "annotations"}
                     for rule in rules()]
            (pathlib.Path(directory) / "alerts.yml").write_text(
                yaml.safe_dump({"groups": [{"name": "descent", "rules": plain}]}))
            cases = shutil.copy(ROOT / "tests/deploy/alerts_test.yml", directory)
            self.promtool("test", "rules", cases)

    def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(self):
        cases = yaml.safe_load((ROOT / "tests/deploy/alerts_test.yml").read_text())["tests"]
        looks = [look for case in cases for look in case["alert_rule_test"]]
        names = [rule["alert"] for rule in rules()]

        self.assertEqual({look["alertname"] for look in looks if look["exp_alerts"]}, set(names))
        self.assertEqual({look["alertname"] for look in looks if not look["exp_alerts"]}, set(names))

    def test_each_alert_says_what_is_and_what_to_do(self):
        for rule in rules():
            self.assertIn(rule["labels"]["severity"], ("critical", "warning", "info"))
            self.assertEqual(set(rule["annotations"]), {"summary", "description"})

    def test_the_dashboard_asks_the_source_that_is_provisioned(self):
        source, = yaml.safe_load(
            (MONITORING / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"]
        for panel in panels():
            self.assertEqual(panel["datasource"]["uid"], source["uid"])
        numbers = [panel["id"] for panel in panels()]
        self.assertEqual(len(set(numbers)), len(numbers))


class ComposeProfile(unittest.TestCase):

    @classmethod
    def setUpClass(cls):
        cls.services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        cls.monitoring = {name: service for name, service in cls.services.items()
                          if service.get("profiles") == ["monitoring"]}

    def test_the_file_keeps_to_the_schema_of_compose_files(self):
        if shutil.which("docker-compose") is None:
            self.skipTest("docker-compose is not installed; ./dev setup deploy")
        for profile in ([], ["--profile", "monitoring"]):
            done = subprocess.run(["docker-compose", *profile, "config", "--quiet"], cwd=ROOT,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_prometheus_and_grafana_come_with_their_profile_alone(self):
        self.assertEqual(set(self.monitoring), {"monitoring-token", "prometheus", "grafana"})

    def test_what_they_read_is_there(self):
        for service in self.monitoring.values():
            for mount in service["volumes"]:
                source = mount.split(":")[0]
                if source.startswith("./"):
                    self.assertTrue((ROOT / source).exists(), source)

    def test_ports_are_published_to_this_machine_alone_and_are_nobody_elses(self):
        ports = [port for service in self.services.values() for port in service.get("ports", [])]

        self.assertTrue(all(port.startswith("127.0.0.1:") for port in ports))
        published = [port.split(":")[1] for port in ports]
        self.assertEqual(len(set(published)), len(published))

    def test_prometheus_asks_the_coordinators_http_port_with_the_files_it_is_given(self):
        scrape, = yaml.safe_load((MONITORING / "prometheus.yml").read_text())["scrape_configs"]
        http = next(word for word in self.services["coordinator"]["command"]
                    if word.startswith("--http="))
        self.assertEqual(scrape["static_configs"],
                         [{"targets": [f"coordinator:{http.rpartition(':')[2]}"]}])
        self.assertTrue(scrape["honor_labels"])
        token = self.services["monitoring-token"]["command"][-1]
        self.assertEqual(scrape["authorization"]["credentials_file"], token)


class Scrape(SystemTest):

    def test_a_coordinator_exports_every_metric_that_is_used(self):
        self.start_coordinator()
        exported = set(re.findall(r"^# TYPE (\S+) ", self.get("/metrics"), re.MULTILINE))

        for place, expression in expressions().items():
            self.assertLessEqual(used_metrics(expression), exported, place)
