"""What the coordinator serves over HTTP to programs: files with ranges, exports, packed answers,
measurements, and changes where they are switched on."""

import csv
import gzip
import http.client
import io
import json
import pathlib
import shutil
import socket
import subprocess
import unittest

from harness import SystemTest

CONNECTIONS_MAX = 256


class HttpTest(SystemTest):

    def host_and_port(self):
        host, _, port = self.addresses["http"].rpartition(":")
        return host, int(port)

    def ask(self, path, method="GET", body=None, **headers):
        """The answer, read to its end; header names are written with _."""
        connection = http.client.HTTPConnection(*self.host_and_port(), timeout=20)
        connection.request(method, path, body,
                           {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        answer.body = answer.read()
        connection.close()
        return answer

    def post(self, path, message, **headers):
        answer = self.ask(path, "POST", json.dumps(message),
                          **{"Content_Type": "application/json", **headers})
        return answer.status, json.loads(answer.body)

    def reason_of(self, body):
        return body["error"]["details"][0]["reason"]


class Reading(HttpTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator()

    def test_a_file_of_a_checkpoint_comes_whole_or_in_part(self):
        self.start_workers(1)
        job = self.submit("--follow")
        checkpoints = f"/v1/jobs/{job}/checkpoints"
        latest = json.loads(self.get(f"{checkpoints}/latest"))
        on_disk = (pathlib.Path(latest["directory"]) / "model.safetensors").read_bytes()
        path = f"{checkpoints}/latest/files/model.safetensors"

        self.assertEqual(latest["name"], f"jobs/{job}/checkpoints/200")
        self.assertIn("model.safetensors", latest["files"])
        whole = self.ask(path)
        self.assertEqual((whole.status, whole.body), (200, on_disk))
        self.assertEqual(whole.headers["Accept-Ranges"], "bytes")
        part = self.ask(path, Range="bytes=10-19")
        self.assertEqual((part.status, part.body), (206, on_disk[10:20]))
        self.assertEqual(part.headers["Content-Range"], f"bytes 10-19/{len(on_disk)}")
        beyond = self.ask(path, Range=f"bytes={len(on_disk)}-")
        self.assertEqual(beyond.status, 416)
        self.assertEqual(beyond.headers["Content-Range"], f"bytes */{len(on_disk)}")
        head = self.ask(path, "HEAD")
        self.assertEqual((head.headers["Content-Length"], head.body), (str(len(on_disk)), b""))
        self.assertEqual(self.ask(path, If_None_Match=whole.headers["ETag"]).status, 304)
        self.assertEqual(self.ask(f"{checkpoints}/latest/files/..%2Fmanifest.json").status, 404)

    @unittest.skipUnless(shutil.which("curl"), "needs curl")
    def test_curl_goes_on_where_a_download_was_cut_off(self):
        self.start_workers(1)
        job = self.submit("--follow")
        latest = json.loads(self.get(f"/v1/jobs/{job}/checkpoints/latest"))
        on_disk = (pathlib.Path(latest["directory"]) / "model.safetensors").read_bytes()
        copy = self.directory / "copy"
        copy.write_bytes(on_disk[:100])

        subprocess.run(["curl", "--silent", "--fail", "--noproxy", "*", "-C", "-", "-o", copy,
                        f"http://{self.addresses['http']}/v1/jobs/{job}/checkpoints/latest/files/"
                        "model.safetensors"], check=True, timeout=60)

        self.assertEqual(copy.read_bytes(), on_disk)

    def test_metrics_come_as_csv(self):
        self.start_workers(1)
        job = self.submit("--follow")
        path = f"/v1/jobs/{job}/metrics?names=train/loss,validation/loss"

        rows = list(csv.DictReader(io.StringIO(self.get(f"{path}&format=csv"))))
        means = list(csv.DictReader(io.StringIO(self.get(f"{path}&format=csv&max_points=10"))))
        series = json.loads(self.get(f"{path}&max_points=10"))["series"]

        self.assertEqual([int(row["step"]) for row in rows], list(range(1, 201)))
        self.assertEqual([row["step"] for row in rows if row["validation/loss"]],
                         ["50", "100", "150", "200"])
        loss = next(one for one in series if one["name"] == "train/loss")
        self.assertEqual((loss["downsampled"], loss["bucketSteps"]), (True, "32"))
        self.assertEqual([float(row["train/loss"]) for row in means if row["train/loss"]],
                         [point["value"] for point in loss["points"]])

    def test_long_answers_are_packed_and_events_are_not(self):
        plain = self.ask("/schema/job.json")
        packed = self.ask("/schema/job.json", Accept_Encoding="gzip")

        self.assertEqual(packed.headers["Content-Encoding"], "gzip")
        self.assertEqual(gzip.decompress(packed.body), plain.body)
        self.assertEqual(plain.headers["Vary"], "Accept-Encoding")
        self.assertEqual(json.loads(plain.body),
                         json.loads(self.descent("job", "schema").stdout))
        connection = http.client.HTTPConnection(*self.host_and_port(), timeout=20)
        connection.request("GET", "/v1/watch?topics=jobs", headers={"Accept-Encoding": "gzip"})
        self.assertIsNone(connection.getresponse().headers["Content-Encoding"])
        connection.close()

    def test_measurements_come_in_both_formats_and_count_requests(self):
        self.get("/v1/jobs")

        text = self.ask("/metrics")
        open_metrics = self.ask("/metrics", Accept="application/openmetrics-text;version=1.0.0")

        self.assertTrue(text.headers["Content-Type"].startswith("text/plain; version=0.0.4"))
        self.assertIn(b'http_requests_total{handler="/v1/jobs",method="GET",code="200"} 1\n',
                      text.body)
        self.assertTrue(open_metrics.headers["Content-Type"].startswith(
            "application/openmetrics-text; version=1.0.0"))
        self.assertTrue(open_metrics.body.endswith(b"\n# EOF\n"))
        self.assertIn(b"# TYPE http_requests counter\n", open_metrics.body)

    def test_readiness_is_told_check_by_check(self):
        self.assertRegex(self.get("/readyz?verbose"),
                         r"^\[\+\] state store: writable\n\[\+\] event loop: came round \S+ s ago\n"
                         r"\[\+\] disk: \d+ MiB free\nready\n$")

    def test_connections_that_wait_shut_nobody_out(self):
        idle = [socket.create_connection(self.host_and_port(), timeout=20)
                for _ in range(CONNECTIONS_MAX + 20)]

        for _ in range(5):
            self.assertEqual(self.ask("/livez").status, 200)

        self.assertEqual(idle[0].recv(1), b"", "the longest waiting one is still open")
        idle[-1].sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertIn(b"200 OK", idle[-1].recv(100))
        for connection in idle:
            connection.close()

    def test_connections_that_read_no_answer_shut_nobody_out(self):
        request = b"GET /schema/job.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        silent = []
        for _ in range(CONNECTIONS_MAX + 20):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(20)
            connection.connect(self.host_and_port())
            connection.sendall(100 * request)
            silent.append(connection)

        self.assertEqual(self.ask("/livez").status, 200)

        for connection in silent:
            connection.close()

    def raw(self, text):
        """All that is answered until the coordinator closes the connection."""
        with socket.create_connection(self.host_and_port(), timeout=20) as connection:
            connection.sendall(text)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def test_what_cannot_be_read_is_answered_before_the_connection_ends(self):
        long_header = b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + 20000 * b"x" + b"\r\n\r\n"
        for text, code in (
                (b"no request\r\n\r\n", b"400"),
                (long_header, b"431"),
                (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
                 b"413"),
                (b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n",
                 b"405"),
                (b"POST /livez HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n", b"405"),
                (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n", b"400")):
            with self.subTest(text=text[:20], code=code):
                answer = self.raw(text)
                self.assertTrue(answer.startswith(b"HTTP/1.1 " + code), answer)
                self.assertIn(b"\r\nConnection: close\r\n", answer)

    def test_to_a_client_of_http_1_0_events_come_without_chunks(self):
        with socket.create_connection(self.host_and_port(), timeout=20) as connection:
            connection.sendall(b"GET /v1/watch?topics=jobs HTTP/1.0\r\nHost: localhost\r\n"
                               b"Connection: keep-alive\r\n\r\n")
            answer = b""
            while b"\n\n" not in answer:
                answer += connection.recv(65536)
        head, _, body = answer.partition(b"\r\n\r\n")
        self.assertNotIn(b"chunked", head)
        self.assertNotIn(b"keep-alive", head)
        self.assertTrue(body.startswith(b"event: jobs\n"), body)

    def test_an_answer_that_is_not_sent_again_has_the_tag_and_no_length(self):
        first = self.ask("/schema/job.json", Accept_Encoding="gzip")
        tag = first.headers["ETag"]

        again = self.ask("/schema/job.json", Accept_Encoding="gzip", If_None_Match=tag)

        self.assertEqual((again.status, again.headers["ETag"]), (304, tag))
        self.assertTrue(tag.startswith("W/"))
        self.assertIsNone(again.headers["Content-Length"])

    def test_several_requests_travel_on_one_connection(self):
        connection = http.client.HTTPConnection(*self.host_and_port(), timeout=20)
        for path in ("/livez", "/v1/jobs", "/no/such/page", "/livez"):
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            self.assertEqual(answer.status, 404 if "such" in path else 200)
        connection.close()

    def test_nothing_is_changed_unless_that_is_switched_on(self):
        for path in ("/v1/jobs", "/v1/jobs/a:cancel"):
            status, body = self.post(path, {})
            self.assertEqual((status, self.reason_of(body)), (405, "FEATURE_DISABLED"))


class Changing(HttpTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator(options=["--http-writes"])

    def test_a_job_is_submitted_suspended_resumed_and_cancelled(self):
        status, job = self.post("/v1/jobs", {"jobId": "mine", "jobFile": self.job_file.read_text()})

        self.assertEqual((status, job["name"], job["state"]),
                         (200, "jobs/mine", "JOB_STATE_QUEUED"))
        for verb, state in (("suspend", "SUSPENDED"), ("resume", "QUEUED"),
                            ("cancel", "CANCELLED")):
            status, job = self.post(f"/v1/jobs/mine:{verb}", {})
            self.assertEqual((status, job["state"]), (200, f"JOB_STATE_{state}"))
        status, body = self.post("/v1/jobs/mine:cancel", {})
        self.assertEqual((status, self.reason_of(body)), (400, "JOB_STATE_FORBIDS"))

    def test_connections_whose_bodies_do_not_come_shut_nobody_out(self):
        begun = (b"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                 b"Content-Length: 100\r\n\r\n{")
        waiting = []
        for _ in range(CONNECTIONS_MAX + 20):
            connection = socket.create_connection(self.host_and_port(), timeout=20)
            connection.sendall(begun)
            waiting.append(connection)

        for _ in range(5):
            self.assertEqual(self.ask("/livez").status, 200)

        for connection in waiting:
            connection.close()

    def test_everything_that_is_wrong_with_a_job_file_is_told(self):
        text = self.job_file.read_text().replace("seed: 3", "sead: 3").replace("steps: 200",
                                                                               "steps: many")
        status, body = self.post("/v1/jobs", {"jobFile": text})

        self.assertEqual((status, self.reason_of(body)), (400, "SPEC_INVALID"))
        fields = [one["field"] for one in body["error"]["details"][1]["fieldViolations"]]
        self.assertIn("steps", fields)
        self.assertIn("sead", fields)

    def test_what_a_page_of_a_foreign_site_could_send_is_refused(self):
        answer = self.ask("/v1/jobs", "POST", "{}", Content_Type="text/plain")
        self.assertEqual(answer.status, 415)
        status, body = self.post("/v1/jobs", {}, Host="evil.example")
        self.assertEqual((status, self.reason_of(body)), (403, "HOST_NOT_ALLOWED"))


class ChangingWithTokens(HttpTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator(options=["--http-writes", "--require-tokens"])
        self.environment["DESCENT_TOKEN_FILE"] = str(self.directory / "state/admin-token")

    def make_token(self, name, role):
        file = self.directory / f"{name}.token"
        self.descent("token", "create", "--name", name, "--role", role, "--out", file)
        return f"Bearer {file.read_text().strip()}"

    def test_a_job_is_its_submitters_own(self):
        alice, bob = self.make_token("alice", "user"), self.make_token("bob", "user")
        request = {"jobId": "hers", "jobFile": self.job_file.read_text()}

        self.assertEqual(self.post("/v1/jobs", request)[0], 401)
        viewer = self.make_token("vic", "viewer")
        self.assertEqual(self.post("/v1/jobs", request, Authorization=viewer)[0], 403)
        status, job = self.post("/v1/jobs", request, Authorization=alice)
        self.assertEqual((status, job["owner"]), (200, "alice"))
        status, body = self.post("/v1/jobs/hers:cancel", {}, Authorization=bob)
        self.assertEqual((status, self.reason_of(body)), (403, "ROLE_REQUIRED"))
        self.assertEqual(self.post("/v1/jobs/hers:cancel", {}, Authorization=alice)[0], 200)
