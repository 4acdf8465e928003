"""Other systems are told of jobs: by the example of a receiver, and by one that answers as it is told
to and remembers everything."""

import http.server
import json
import pathlib
import re
import secrets
import socket
import ssl
import sys
import threading

from certificates import Authority
from harness import SystemTest

RECEIVER = pathlib.Path(__file__).resolve().parents[2] / "examples/webhook/receiver.py"


class Recorder:
    """A receiver. `messages` is what came, as (path, headers, body), acknowledged or not."""

    def __init__(self, code=204, headers=(), port=0, certificate=None):
        self.code, self.headers, self.messages = code, dict(headers), []
        recorder = self

        class Handler(http.server.BaseHTTPRequestHandler):

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                recorder.messages.append((self.path, dict(self.headers), json.loads(body)))
                self.send_response(recorder.code)
                for name, value in recorder.headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.HTTPServer):

            def handle_error(self, *_):
                """A client that hangs up is not news here."""

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            # The handshake is made while reading, in the way of nobody who waits to be accepted.
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True,
                                                     do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def told(self):
        """(event, job) of each message, in order."""
        return [(body["event"], body["job"]["name"].removeprefix("jobs/"))
                for _, _, body in list(self.messages)]

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class WebhookTest(SystemTest):

    def record(self, **options):
        recorder = Recorder(**options)
        self.addCleanup(recorder.close)
        return recorder

    def start_coordinator_that_tells(self, *urls, options=()):
        webhooks = [part for url in urls for part in ("--webhook", url)]
        return self.start_coordinator(options=[*webhooks, *options])

    def cancelled_job(self):
        """A job that is at its end at once."""
        job = self.submit()
        self.descent("cancel", job)
        self.wait_for_state(job, "CANCELLED")
        return job

    def count(self, name):
        """A value of /metrics."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.get("/metrics"), re.MULTILINE)
        self.assertIsNotNone(found, name)
        return float(found.group(1))

    def deliveries(self, result):
        return self.count(f'descent_webhook_deliveries_total{{result="{result}"}}')

    def wait_for_failures(self, number=1):
        self.wait_until(lambda: self.deliveries("failed") >= number)


class Telling(WebhookTest):

    def test_the_end_of_a_job_is_told_with_the_job(self):
        recorder = self.record()
        self.start_coordinator_that_tells(f"http://127.0.0.1:{recorder.port}/hook?a=b")
        self.start_workers(1)

        job = self.submit("--follow")

        self.wait_until(lambda: recorder.messages)
        path, headers, body = recorder.messages[0]
        self.assertEqual(path, "/hook?a=b")
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertNotIn("Descent-Signature", headers)
        self.assertEqual(body["event"], "JobSucceeded")
        self.assertRegex(body["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        for field in ("name", "state", "uid", "etag", "stateDigest"):
            self.assertEqual(body["job"][field], self.job(job)[field], field)
        self.wait_until(lambda: self.deliveries("delivered") == 1)
        self.assertEqual(self.count("descent_webhook_pending"), 0)

    def test_other_events_are_told_in_order_where_they_are_asked_for(self):
        recorder = self.record()
        self.start_coordinator_that_tells(
            f"http://127.0.0.1:{recorder.port}",
            options=["--webhook-events", "JobCreated,JobStarted,JobSucceeded"])
        self.start_workers(1)

        job = self.submit("--follow")

        self.wait_until(lambda: len(recorder.messages) >= 3)
        self.assertEqual(recorder.told(), [("JobCreated", job), ("JobStarted", job),
                                           ("JobSucceeded", job)])
        self.assertEqual([body["job"]["state"] for _, _, body in recorder.messages],
                         ["JOB_STATE_QUEUED", "JOB_STATE_RUNNING", "JOB_STATE_SUCCEEDED"])

    def test_who_is_new_is_told_of_nothing_older(self):
        self.start_coordinator()
        self.cancelled_job()
        self.stop(self.coordinator)
        recorder = self.record()

        self.start_coordinator_that_tells(f"http://127.0.0.1:{recorder.port}")
        job = self.cancelled_job()

        self.wait_until(lambda: recorder.messages)
        self.assertEqual(recorder.told(), [("JobCancelled", job)])


class Repeating(WebhookTest):

    def test_a_message_survives_a_coordinator_that_is_killed_and_keeps_its_number(self):
        recorder = self.record(code=500)
        url = f"http://127.0.0.1:{recorder.port}"
        self.start_coordinator_that_tells(url)
        job = self.cancelled_job()
        self.wait_for_failures()
        self.kill_coordinator()
        before = len(recorder.messages)
        recorder.code = 204

        self.start_coordinator_that_tells(url)

        self.wait_until(lambda: len(recorder.messages) > before)
        self.assertEqual(set(recorder.told()), {("JobCancelled", job)})
        bodies = [body for _, _, body in recorder.messages]
        self.assertTrue(all(body == bodies[0] for body in bodies), bodies)

    def test_messages_come_in_order_though_the_first_one_is_refused(self):
        recorder = self.record(code=503)
        self.start_coordinator_that_tells(f"http://127.0.0.1:{recorder.port}")
        jobs = [self.cancelled_job() for _ in range(3)]
        self.wait_for_failures()
        self.assertEqual({job for _, job in recorder.told()}, {jobs[0]})
        self.assertEqual(self.count("descent_webhook_pending"), 3)

        recorder.code = 200

        self.wait_until(lambda: self.deliveries("delivered") == 3)
        self.assertEqual([job for _, job in recorder.told()][-3:], jobs)

    def test_a_job_that_is_deleted_before_it_was_told_is_still_told(self):
        port = free_port()
        self.start_coordinator_that_tells(f"http://127.0.0.1:{port}")
        job = self.cancelled_job()
        self.wait_for_failures()
        self.descent("delete", job)

        recorder = self.record(port=port)

        self.wait_until(lambda: recorder.messages)
        self.assertEqual(recorder.told()[0], ("JobCancelled", job))

    def test_a_receiver_that_is_silent_holds_up_no_other_and_no_job(self):
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        recorder = self.record()
        self.start_coordinator_that_tells(f"http://127.0.0.1:{silent.getsockname()[1]}",
                                          f"http://127.0.0.1:{recorder.port}")

        jobs = [self.cancelled_job() for _ in range(2)]

        self.wait_until(lambda: len(recorder.messages) >= 2)
        self.assertEqual([job for _, job in recorder.told()], jobs)
        self.wait_until(lambda: self.count("descent_webhook_pending") == 2)


class Security(WebhookTest):

    def setUp(self):
        super().setUp()
        self.secret = self.directory / "secret"
        self.secret.write_text(secrets.token_hex(32) + "\n")

    def start_receiver(self, port):
        return self.start(sys.executable, RECEIVER, port, self.secret)

    def accepts(self, port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def test_the_example_takes_what_is_signed_also_if_it_is_started_late(self):
        port = free_port()
        url, options = f"http://127.0.0.1:{port}", ["--webhook-secret-file", self.secret]
        self.start_coordinator_that_tells(url, options=options)
        job = self.cancelled_job()
        self.wait_for_failures()
        self.kill_coordinator()
        self.start_coordinator_that_tells(url, options=options)

        receiver = self.start_receiver(port)

        self.wait_until(lambda: "jobs/" in receiver.log.read_text())
        self.assertRegex(receiver.log.read_text(), rf"(?m)^\d+ JobCancelled jobs/{job}$")

    def test_the_example_refuses_what_is_not_signed_with_its_secret(self):
        other = self.directory / "other"
        other.write_text(secrets.token_hex(32))
        port = free_port()
        receiver = self.start_receiver(port)
        self.wait_until(lambda: self.accepts(port))
        for options in ([], ["--webhook-secret-file", other]):
            with self.subTest(options=options):
                self.start_coordinator_that_tells(f"http://127.0.0.1:{port}", options=options)
                self.cancelled_job()

                self.wait_until(lambda: "answered with 403" in self.coordinator.log.read_text())

                self.assertEqual(self.deliveries("delivered"), 0)
                self.stop(self.coordinator)
        self.assertNotIn("jobs/", receiver.log.read_text())

    def test_a_redirect_is_not_followed(self):
        elsewhere = self.record()
        recorder = self.record(
            code=307, headers={"Location": f"http://127.0.0.1:{elsewhere.port}/elsewhere"})
        self.start_coordinator_that_tells(f"http://127.0.0.1:{recorder.port}/hook")
        self.cancelled_job()

        self.wait_for_failures(2)

        self.assertEqual({path for path, _, _ in recorder.messages}, {"/hook"})
        self.assertEqual(elsewhere.messages, [])

    def test_the_log_has_neither_path_nor_query_nor_secret(self):
        port = free_port()
        self.start_coordinator_that_tells(f"http://127.0.0.1:{port}/in-the-path?key=in-the-query",
                                          options=["--webhook-secret-file", self.secret])
        self.cancelled_job()
        self.wait_for_failures()

        log = self.coordinator.log.read_text()

        self.assertIn(f"url=http://127.0.0.1:{port} ", log)
        for hidden in ("in-the-path", "in-the-query", self.secret.read_text().strip()):
            self.assertNotIn(hidden, log)


class Https(WebhookTest):

    def setUp(self):
        super().setUp()
        self.authority = Authority(self.directory / "authority")

    def start_https(self, hosts, authority):
        recorder = self.record(certificate=self.authority.issue("receiver", hosts))
        self.start_coordinator_that_tells(f"https://127.0.0.1:{recorder.port}",
                                          options=["--webhook-ca", authority.certificate])
        return recorder

    def test_a_receiver_of_a_private_authority_is_told(self):
        recorder = self.start_https(["IP:127.0.0.1"], self.authority)

        job = self.cancelled_job()

        self.wait_until(lambda: recorder.messages)
        self.assertEqual(recorder.told(), [("JobCancelled", job)])

    def test_a_certificate_of_another_host_is_told_nothing(self):
        recorder = self.start_https(["DNS:elsewhere.example"], self.authority)
        self.cancelled_job()

        self.wait_for_failures()

        self.assertIn("certificate verify failed", self.coordinator.log.read_text())
        self.assertEqual(recorder.messages, [])

    def test_a_certificate_that_another_authority_vouches_for_is_told_nothing(self):
        recorder = self.start_https(["IP:127.0.0.1"], Authority(self.directory / "stranger"))
        self.cancelled_job()

        self.wait_for_failures()

        self.assertIn("certificate verify failed", self.coordinator.log.read_text())
        self.assertEqual(recorder.messages, [])
