"""A job over two hosts ends with the bits of one host, whatever is killed, and leaves nothing."""

import os
import signal

from two_hosts import TwoHostsTest


class TwoHosts(TwoHostsTest):

    def setUp(self):
        super().setUp()
        self.start_coordinator_on_a()

    def described_job(self):
        return self.described("over-hosts", host=self.a)

    def submit(self, *arguments):
        self.descent("submit", self.job_file, "--name", "over-hosts", *arguments, host=self.a)

    def digest_over_hosts(self):
        self.descent("watch", "over-hosts", host=self.a)
        return self.described_job()["state_digest"]

    def digest_on_one_host(self, *arguments):
        return self.digest_of(self.descent("run", self.job_file, "--workers", 1, *arguments,
                                           "--state-dir", self.directory / "other-state"))

    def test_one_rank_on_each_of_two_hosts_ends_with_the_digest_of_one_host(self):
        self.start_pool(1, 1)
        self.submit()

        digest = self.digest_over_hosts()

        self.assertEqual([len(self.ranks_on(host)) for host in (self.a, self.b)], [1, 1])
        self.assertEqual(digest, self.digest_on_one_host())

    def test_two_ranks_on_one_host_and_one_on_the_other_end_with_the_same_digest(self):
        self.start_pool(2, 1)
        self.submit()

        digest = self.digest_over_hosts()

        self.assertEqual([len(self.ranks_on(host)) for host in (self.a, self.b)], [2, 1])
        self.assertEqual(digest, self.digest_on_one_host())

    def survive(self, find_victim):
        """The digest of a job in whose middle the process that `find_victim` finds is killed."""
        self.start_pool(1, 1)
        longer = ("--set", "steps=2000", "--set", "checkpoint.every_steps=100")
        self.submit(*longer)
        self.wait_until(lambda: int(self.described_job()["progress"]["step"]) >= 150)

        os.kill(find_victim(), signal.SIGKILL)

        self.assertEqual(self.digest_over_hosts(), self.digest_on_one_host(*longer))
        self.assertEqual(self.described_job()["attempt_count"], 2)

    def test_a_rank_killed_on_the_other_host_does_not_change_the_digest(self):
        self.survive(lambda: self.ranks_on(self.b)[0])

    def test_mpirun_killed_on_its_host_does_not_change_the_digest(self):
        self.survive(lambda: self.processes_on(self.a, "mpirun")[0])

    def test_the_daemon_of_mpirun_killed_on_the_other_host_does_not_change_the_digest(self):
        self.survive(lambda: self.processes_on(self.b, "orted")[0])
