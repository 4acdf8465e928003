"""A coordinator and two hosts with workers, each of which loses its way to another and finds it again.

The coordinator is on a third host, with a cable to each of the others, which have one between them for
what their ranks say to each other. A way is lost without a word: packets do not arrive.
"""

import contextlib
import json
import re

from two_hosts import TwoHostsTest

COORDINATOR = "198.51.100.3"
JOB = "cut-off"
# Longer than any partition; it is stopped, and compared with one that ran as far at a stretch.
ENDLESS = ("--set", "steps=2000000", "--set", "checkpoint.every_steps=200",
           "--set", "evaluate.every_steps=0", "--set", "model.mlp.hidden_sizes=[128,64]",
           "--set", "restarts.max=100")
STALL_SECONDS = 6
SHORT_SECONDS = 5  # of a partition that is over before TCP gives up, after 10 s
NOTICE_SECONDS = 60  # the lease is 15 s, the limit of standing still is above
RECOVER_SECONDS = 120  # TCP and gRPC may wait for half a minute before they try again
STEP = re.compile(r"^(\d+)\t", re.MULTILINE)


class Partitions(TwoHostsTest):

    def setUp(self):
        super().setUp()
        with (self.directory / "hosts").open("a") as hosts:
            hosts.write(f"{COORDINATOR} host-c\n")
        self.c = self.start_host("host-c", COORDINATOR)
        self.c.ip("link", "set", "lo", "up")
        for host, address, device in ((self.a, "198.51.100.1", "eth1"),
                                      (self.b, "198.51.100.2", "eth2")):
            host.ip("link", "add", "eth1", "type", "veth",
                    "peer", "name", device, "netns", str(self.c.init))
            self.join(host, address, "eth1", COORDINATOR)
            self.join(self.c, COORDINATOR, device, address)
        self.b_to_c = (self.b, COORDINATOR, "eth1")
        self.c_to_b = (self.c, "198.51.100.2", "eth2")
        for host in self.hosts:
            host.forget_peers_quickly()
        self.start_coordinator_on(self.c, "--stall-timeout", str(STALL_SECONDS))
        self.start_pool(1, 1)
        self.descent("submit", self.job_file, "--name", JOB, *ENDLESS, host=self.c)
        self.wait_until(lambda: self.step() >= 300, NOTICE_SECONDS)
        self.ranks = [self.ranks_on(host) for host in (self.a, self.b)]
        self.assertEqual([len(ranks) for ranks in self.ranks], [1, 1])

    def join(self, host, address, device, peer):
        host.ip("address", "add", address, "peer", peer, "dev", device)
        host.ip("link", "set", device, "up")

    @contextlib.contextmanager
    def lost(self, *ways):
        """While they are: each is (host, address, device)."""
        for host, address, device in ways:
            host.lose_way_to(address, device)
        try:
            yield
        finally:
            for host, address, device in ways:
                host.find_way_to(address, device)

    def described_job(self):
        return self.described(JOB, host=self.c)

    def step(self):
        return int(self.described_job().get("progress", {}).get("step", 0))

    def attempts(self):
        done = self.descent("attempts", JOB, "-o", "json", host=self.c)
        return sorted(json.loads(done.stdout), key=lambda attempt: int(attempt["generation"]))

    def wait_for_end_of_attempt(self):
        self.wait_until(lambda: self.attempts()[0].get("end_reason"), NOTICE_SECONDS)
        return self.attempts()[0]

    def wait_for_new_steps(self):
        reached = self.step()
        self.wait_until(lambda: self.step() > reached + 200, RECOVER_SECONDS)

    def check_against_undisturbed(self):
        """The state, and that each step is in the metrics once."""
        self.descent("stop", JOB, host=self.c)
        self.descent("watch", JOB, host=self.c)
        done = self.described_job()
        step = int(done["progress"]["step"])
        told = self.descent("metrics", "query", JOB, "--metric", "train/loss", "--follow",
                            host=self.c).stdout
        self.assertEqual([int(found) for found in STEP.findall(told)], list(range(1, step + 1)))
        whole = self.descent("run", self.job_file, "--workers", 1, *ENDLESS,
                             "--set", f"stop_at_step={step}",
                             "--state-dir", self.directory / "other-state", timeout=300)
        self.assertEqual(done["state_digest"], self.digest_of(whole))

    def test_a_partition_that_outlasts_the_lease_costs_an_attempt_and_no_rank(self):
        with self.lost(self.b_to_c, self.c_to_b):
            ended = self.wait_for_end_of_attempt()

        self.wait_for_new_steps()

        self.assertEqual(ended["end_reason"], "WorkerLost", ended)
        self.assertRegex(ended["end_message"], r"^rank 1 \(host-b/1, pid \d+\) was lost at step \d+ in "
                                               r"phase [a-z]+: nothing was heard for 15 s$")
        self.assertEqual([self.ranks_on(host) for host in (self.a, self.b)], self.ranks)
        self.check_against_undisturbed()

    def test_a_coordinator_that_hears_and_is_not_heard_loses_no_step(self):
        with self.lost(self.c_to_b):
            self.wait_for_end_of_attempt()

        self.wait_for_new_steps()

        self.assertEqual([self.ranks_on(host) for host in (self.a, self.b)], self.ranks)
        self.check_against_undisturbed()

    def test_a_partition_shorter_than_the_lease_costs_nothing(self):
        with self.lost(self.b_to_c, self.c_to_b):
            self.wait_until(lambda: self.silence_of_b() > SHORT_SECONDS, NOTICE_SECONDS)

        self.wait_for_new_steps()

        self.assertEqual(len(self.attempts()), 1)
        self.assertEqual([self.ranks_on(host) for host in (self.a, self.b)], self.ranks)
        self.check_against_undisturbed()

    def silence_of_b(self):
        """Seconds for which the coordinator has not heard of its rank."""
        listed = json.loads(self.descent("worker", "ls", "--json", host=self.c).stdout)
        return next(float(worker["last_heartbeat_age_seconds"]) for worker in listed
                    if worker["host"] == "host-b")

    def test_ranks_that_cannot_reach_each_other_are_named_and_go_on_when_they_can(self):
        self.b.lose_login()
        with self.lost((self.a, self.b.address, "eth0"), (self.b, self.a.address, "eth0")):
            ended = self.wait_for_end_of_attempt()
        self.b.find_login()

        self.wait_for_new_steps()

        self.assertEqual(ended["end_reason"], "Stalled", ended)
        # Both wait for what the other has sent; one that has sent less is the one that stands still.
        rank = r"rank \d \(host-[ab]/\d, pid \d+\)"
        self.assertRegex(ended["end_message"],
                         rf"^all 2 ranks wait in (the reduction of bucket \d+|phase [a-z]+) of step \d+, "
                         rf"and none has come out of it for \d+ s: {rank}, phase [a-z]+; {rank}, "
                         rf"phase [a-z]+$|^{rank} stands still: step \d+, phase [a-z]+.* for \d+ s; "
                         r"rank \d waits for it in .* of step \d+$")
        self.check_against_undisturbed()
