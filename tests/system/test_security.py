"""A coordinator that other machines may reach: TLS, tokens and roles, with the real programs."""

import json
import ssl
import subprocess
import unittest
import urllib.error
import urllib.request

from certificates import Authority
from harness import BIN, SystemTest


class SecurityTest(SystemTest):
    """A coordinator with TLS and tokens, and the operator's token in `self.admin`."""

    with_worker_certificates = False

    def setUp(self):
        super().setUp()
        self.authority = Authority(self.directory / "authority")
        certificate, key = self.authority.issue("coordinator", ["IP:127.0.0.1", "DNS:localhost"])
        options = ["--tls-cert", certificate, "--tls-key", key]
        if self.with_worker_certificates:
            options += ["--tls-client-ca", self.authority.certificate]
        self.start_coordinator(options=options)
        self.admin = self.directory / "state/admin-token"
        self.environment["DESCENT_TLS_CA"] = str(self.authority.certificate)
        self.environment["DESCENT_TOKEN_FILE"] = str(self.admin)

    def launch(self, token, *options, ca=None):
        return self.start(BIN / "descent-launch", "-n", 2, "--coordinator",
                          self.addresses["worker"], "--tls-ca", ca or self.authority.certificate,
                          "--token-file", token, *options)

    def refused(self, *arguments, code=4):
        """What the client says on standard error."""
        return self.descent(*arguments, code=code).stderr

    def fetch(self, path, token=None):
        """(status, body) of a page."""
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        request = urllib.request.Request(f"https://{self.addresses['http']}{path}")
        if token:
            request.add_header("Authorization", f"Bearer {token.read_text().strip()}")
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=context))
        try:
            with opener.open(request, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


class Security(SecurityTest):

    def test_a_job_runs_over_tls_for_a_user_with_workers_that_have_joined(self):
        alice = self.make_token("alice", "user")
        self.launch(self.make_token("node", "worker"))

        self.descent("submit", self.job_file, "--name", "mine", "--follow", "--token-file", alice)

        job = self.described("mine", )
        self.assertEqual((job["state"], job["owner"]), ("JOB_STATE_SUCCEEDED", "alice"))

    def test_without_a_token_the_client_says_what_is_missing(self):
        del self.environment["DESCENT_TOKEN_FILE"]

        self.assertEqual(self.refused("ls"),
                         "error: this coordinator asks for a token; give one with --token-file or "
                         "DESCENT_TOKEN_FILE (TOKEN_MISSING)\n")

    def test_a_token_of_another_coordinator_is_refused(self):
        wrong = self.directory / "wrong"
        wrong.write_text("dsc_" + "A" * 43)

        self.assertEqual(self.refused("ls", "--token-file", wrong),
                         "error: the token is not of this coordinator, or it was revoked "
                         "(TOKEN_UNKNOWN)\n")

    def test_a_token_that_has_expired_is_refused(self):
        brief = self.make_token("brief", "user", "--days", "1e-9")

        self.assertRegex(self.refused("ls", "--token-file", brief),
                         r"^error: token [a-z0-9]+ of brief has expired; ask an admin for a new "
                         r"one \(TOKEN_EXPIRED\)\n$")

    def test_a_token_that_is_revoked_is_refused(self):
        file = self.make_token("alice", "user")
        self.revoke_token("alice")

        self.assertIn("TOKEN_UNKNOWN", self.refused("whoami", "--token-file", file))

    def test_a_stream_ends_when_its_token_is_revoked(self):
        alice = self.make_token("alice", "user")
        self.descent("submit", self.job_file, "--name", "mine", "--token-file", alice)
        waiting = self.start(BIN / "descent", "wait", "mine", "--token-file", alice)
        self.wait_until(lambda: 'grpc_method="WatchJobs"' in self.fetch("/metrics", self.admin)[1])

        self.revoke_token("alice")

        self.assertEqual(waiting.wait(60), 4)
        self.assertIn("TOKEN_REVOKED", waiting.log.read_text())

    def test_a_role_that_is_too_small_is_named_with_the_one_that_is_needed(self):
        viewer = self.make_token("vic", "viewer")

        self.assertRegex(self.refused("submit", self.job_file, "--token-file", viewer),
                         r"^error: token [a-z0-9]+ of vic has role viewer, this call needs user "
                         r"\(ROLE_REQUIRED\)\n$")

    def test_a_user_cannot_cancel_the_job_of_another(self):
        alice, bob = self.make_token("alice", "user"), self.make_token("bob", "user")
        self.descent("submit", self.job_file, "--name", "hers", "--token-file", alice)

        said = self.refused("cancel", "hers", "--token-file", bob)

        self.assertIn("jobs/hers belongs to alice", said)
        self.descent("cancel", "hers", "--token-file", alice)

    def test_a_coordinator_that_another_authority_vouches_for_is_not_talked_to(self):
        stranger = Authority(self.directory / "stranger")

        said = self.refused("ls", "--tls-ca", stranger.certificate, code=7)

        self.assertEqual(said, f"error: cannot reach the coordinator at {self.addresses['user']}: "
                               "its certificate is not vouched for by --tls-ca (TLS_FAILED)\n")

    def test_a_client_that_knows_nothing_of_tls_is_told(self):
        for name in ("DESCENT_TLS_CA", "DESCENT_TOKEN_FILE"):
            del self.environment[name]

        self.assertIn("--tls-ca", self.refused("ls", code=7))

    def test_a_worker_with_a_wrong_token_says_why_it_is_not_let_in(self):
        pool = self.launch(self.make_token("alice", "user"))

        self.wait_until(lambda: "has role user, this call needs worker" in pool.log.read_text())

    def test_a_worker_that_trusts_another_authority_says_so(self):
        stranger = Authority(self.directory / "stranger")
        pool = self.launch(self.make_token("node", "worker"), ca=stranger.certificate)

        self.wait_until(lambda: "not vouched for by --tls-ca" in pool.log.read_text())

    def test_the_status_page_asks_for_a_token_for_what_it_knows(self):
        viewer = self.make_token("vic", "viewer")
        worker = self.make_token("node", "worker")

        self.assertEqual(self.fetch("/livez"), (200, "ok\n"))
        for path in ("/v1/jobs", "/metrics"):
            with self.subTest(path=path):
                status, body = self.fetch(path)
                self.assertEqual(status, 401)
                self.assertIn("TOKEN_MISSING", body)
                self.assertEqual(self.fetch(path, worker)[0], 403)
                self.assertEqual(self.fetch(path, viewer)[0], 200)

    def test_the_operators_token_is_readable_by_its_owner_alone(self):
        self.assertEqual(self.admin.stat().st_mode & 0o777, 0o600)
        self.assertIn("operator, admin", self.descent("whoami").stdout)


class WorkerCertificates(SecurityTest):
    with_worker_certificates = True

    def test_a_worker_with_a_certificate_joins(self):
        certificate, key = self.authority.issue("node", ["DNS:node"])
        self.launch(self.make_token("node", "worker"), "--tls-cert", certificate,
                    "--tls-key", key)

        self.descent("submit", self.job_file, "--name", "mine", "--follow")

    def test_a_worker_without_a_certificate_is_kept_out(self):
        pool = self.launch(self.make_token("node", "worker"))

        self.wait_until(lambda: "cannot reach" in pool.log.read_text())
        self.assertEqual(json.loads(self.fetch("/v1/status", self.admin)[1])["workers"]["ready"], 0)


class OpenCoordinator(unittest.TestCase):

    def test_every_address_that_others_can_reach_is_refused_without_tls(self):
        for flag in ("--listen", "--worker-listen", "--http"):
            with self.subTest(flag=flag):
                done = subprocess.run([BIN / "descent-coordinator", flag, "0.0.0.0:0"],
                                      capture_output=True, text=True, timeout=20)
                self.assertEqual(done.returncode, 2)
                self.assertEqual(done.stderr, f"error: {flag}: 0.0.0.0:0 can be reached from other "
                                              "machines, which needs TLS and tokens: give "
                                              "--tls-cert and --tls-key, or use 127.0.0.1\n")
