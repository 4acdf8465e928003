"""The Python client where it must say who it is: tokens, TLS and certificates."""

import concurrent.futures
import os
import sys

import grpc

from certificates import Authority
from harness import SystemTest
from test_security import SecurityTest

sys.path.insert(0, os.environ["DESCENT_PYTHON_CLIENT"])
import descent  # noqa: E402
from descent.v1 import service_pb2 as pb  # noqa: E402


class TokensOnLoopback(SystemTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator(options=["--require-tokens"])
        self.environment["DESCENT_TOKEN_FILE"] = str(self.directory / "state/admin-token")

    def client(self, **files):
        client = descent.Client(self.addresses["user"], **files)
        self.addCleanup(client.close)
        return client

    def test_calls_and_streams_have_the_token_without_tls(self):
        client = self.client(token_file=self.make_token("alice", "user"))

        job = client.submit(self.job_file)
        versions = client.watch(job.name)
        first = next(versions)
        client.cancel(job.name)

        self.assertEqual((job.owner, descent.state_name(first)), ("alice", "QUEUED"))
        self.assertEqual([descent.state_name(version) for version in versions][-1], "CANCELLED")

    def test_who_has_none_and_who_may_not_are_told_apart(self):
        with self.assertRaises(descent.PermissionDenied) as nobody:
            self.client().cluster()
        with self.assertRaises(descent.PermissionDenied) as viewer:
            self.client(token_file=self.make_token("vic", "viewer")).submit(self.job_file)

        self.assertEqual(nobody.exception.reason, "TOKEN_MISSING")
        self.assertEqual(viewer.exception.reason, "ROLE_REQUIRED")

    def test_a_token_does_not_leave_the_machine_in_plain_text(self):
        with self.assertRaisesRegex(ValueError, "token_file needs ca_file.*head.example.org:9090"):
            descent.Client("head.example.org:9090",
                           token_file=self.environment["DESCENT_TOKEN_FILE"])


class Tls(SecurityTest):

    def test_a_job_is_submitted_and_watched_with_a_token(self):
        with descent.Client(self.addresses["user"], token_file=self.make_token("alice", "user"),
                            ca_file=self.authority.certificate) as client:
            job = client.submit(self.job_file)
            first = next(client.watch(job.name))

        self.assertEqual((first.name, first.owner), (job.name, "alice"))

    def test_a_coordinator_that_another_authority_vouches_for_is_not_talked_to(self):
        stranger = Authority(self.directory / "stranger")
        with descent.Client(self.addresses["user"], token_file=self.admin,
                            ca_file=stranger.certificate) as client:
            with self.assertRaises(descent.Unavailable):
                client.cluster()


class ClientCertificates(SystemTest):
    """A server that asks for certificates, such as a proxy in front of a coordinator."""

    def setUp(self):
        super().setUp()
        self.callers = []
        self.authority = Authority(self.directory / "authority")
        certificate, key = self.authority.issue("proxy", ["IP:127.0.0.1"])
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
        self.addCleanup(lambda: self.server.stop(grace=None).wait())
        self.server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
            "descent.v1.ClusterService", {"GetServerInfo": grpc.unary_unary_rpc_method_handler(
                self.answer, pb.GetServerInfoRequest.FromString, pb.ServerInfo.SerializeToString)}),))
        port = self.server.add_secure_port("127.0.0.1:0", grpc.ssl_server_credentials(
            [(key.read_bytes(), certificate.read_bytes())],
            root_certificates=self.authority.certificate.read_bytes(), require_client_auth=True))
        self.address = f"127.0.0.1:{port}"
        self.server.start()

    def answer(self, _, context):
        self.callers += context.auth_context()["x509_common_name"]
        return pb.ServerInfo(version="1")

    def test_a_client_with_a_certificate_is_known_by_it(self):
        certificate, key = self.authority.issue("alice", ["DNS:alice"])
        with descent.Client(self.address, ca_file=self.authority.certificate,
                            cert_file=certificate, key_file=key) as client:
            self.assertEqual(client.server_info().version, "1")

        self.assertEqual(self.callers, [b"alice"])

    def test_a_client_without_one_is_kept_out(self):
        with descent.Client(self.address, ca_file=self.authority.certificate) as client:
            with self.assertRaises(descent.Unavailable):
                client.server_info()

        self.assertEqual(self.callers, [])

    def test_files_that_do_not_go_together_are_named(self):
        certificate, key = self.authority.issue("alice", ["DNS:alice"])
        with self.assertRaisesRegex(ValueError, "cert_file and key_file go together"):
            descent.Client(self.address, ca_file=self.authority.certificate, cert_file=certificate)
        with self.assertRaisesRegex(ValueError, "cert_file needs ca_file"):
            descent.Client(self.address, cert_file=certificate, key_file=key)
