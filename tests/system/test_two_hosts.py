"""A job over two hosts ends with the bits of one host, whatever is killed, and leaves nothing."""

import json
import os
import signal

from two_hosts import HostsTest, TwoHostsTest


class OverHosts:
    """What tests of jobs over several hosts need."""

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

    def wait_for_attempt(self, number, seconds=90):
        """Until it runs and has done more than what was saved before it."""
        def is_there():
            job = self.described_job()
            saved = int(job.get("latest_checkpoint", {}).get("step", 0))
            return (job.get("attempt_count"), job["state"]) == (number, "JOB_STATE_RUNNING") and \
                int(job["progress"]["step"]) > saved
        self.wait_until(is_there, seconds)

    def ranks_by_host(self):
        return [len(self.ranks_on(host)) for host in self.hosts]


class TwoHosts(OverHosts, TwoHostsTest):

    def test_one_rank_on_each_of_two_hosts_ends_with_the_digest_of_one_host(self):
        self.start_pool(1, 1)
        self.submit()

        digest = self.digest_over_hosts()

        self.assertEqual(self.ranks_by_host(), [1, 1])
        self.assertEqual(digest, self.digest_on_one_host())

    def test_two_ranks_on_one_host_and_one_on_the_other_end_with_the_same_digest(self):
        self.start_pool(2, 1)
        self.submit()

        digest = self.digest_over_hosts()

        self.assertEqual(self.ranks_by_host(), [2, 1])
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

    def test_a_host_that_is_lost_is_done_without_and_taken_back_when_it_answers(self):
        endless = ("--set", "steps=2000000", "--set", "checkpoint.every_steps=1000",
                   "--set", "model.mlp.hidden_sizes=[128,64]")
        for host in (self.a, self.b):
            host.forget_peers_quickly()
        launcher = self.start_pool(1, 1, options=["--probe-interval", 1])
        self.submit(*endless)
        self.wait_until(lambda: "latest_checkpoint" in self.described_job())

        self.b.lose_power()
        self.wait_for_attempt(2)
        alone = self.ranks_by_host()
        self.b.come_back()
        self.wait_for_attempt(3)
        together = self.ranks_by_host()
        self.descent("stop", "over-hosts", host=self.a)
        digest = self.digest_over_hosts()

        self.assertEqual((alone, together), ([1, 0], [1, 1]))
        attempts = json.loads(self.descent("attempts", "over-hosts", "-o", "json",
                                           host=self.a).stdout)
        self.assertEqual(attempts[1]["end_reason"], "WorkerLeaving")
        said = launcher.log.read_text()
        self.assertEqual((said.count("host left out host=host-b"), said.count("host is back host=host-b")),
                         (1, 1), said)
        step = self.described_job()["progress"]["step"]
        self.assertEqual(digest, self.digest_on_one_host(*endless, "--set", f"stop_at_step={step}"))


class FourHosts(OverHosts, HostsTest):
    """As docs/guides/multi_node.md has them: one rank on each of four."""

    COUNT = 4

    def test_one_rank_on_each_of_four_hosts_ends_with_the_digest_of_one_host(self):
        self.start_pool(1, 1, 1, 1)
        self.submit("--set", "workers.min=4")

        digest = self.digest_over_hosts()

        self.assertEqual(self.ranks_by_host(), [1, 1, 1, 1])
        self.assertEqual(digest, self.digest_on_one_host())

    def test_a_job_goes_on_with_three_hosts_of_four_and_has_the_fourth_again_when_it_answers(self):
        endless = ("--set", "steps=2000000", "--set", "checkpoint.every_steps=500")
        for host in self.hosts:
            host.forget_peers_quickly()
        self.start_pool(1, 1, 1, 1, options=["--probe-interval", 1])
        self.submit(*endless)
        self.wait_until(lambda: "latest_checkpoint" in self.described_job(), seconds=120)

        self.hosts[2].lose_power()
        self.wait_for_attempt(2)
        # Ranks that waited for the lost one end a while after the others have gone on.
        self.wait_until(lambda: self.ranks_by_host() == [1, 1, 0, 1], seconds=90)
        self.hosts[2].come_back()
        self.wait_for_attempt(3)
        self.wait_until(lambda: self.ranks_by_host() == [1, 1, 1, 1], seconds=90)
        self.descent("stop", "over-hosts", host=self.a)
        digest = self.digest_over_hosts()

        step = self.described_job()["progress"]["step"]
        self.assertEqual(digest, self.digest_on_one_host(*endless, "--set", f"stop_at_step={step}"))
