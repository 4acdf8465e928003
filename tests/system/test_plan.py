"""descent plan: what a job would take on many workers, by the model of docs/guides/plan.md."""

import json

from harness import SystemTest

NETWORK = ("--network", "25Gbit,10us")


class Plan(SystemTest):

    def plan(self, *arguments):
        return json.loads(self.descent("plan", self.job_file, *NETWORK, *arguments, "--json").stdout)

    def test_a_table_and_a_picture_are_printed(self):
        text = self.descent("plan", self.job_file, *NETWORK, "--workers", "1..32").stdout

        self.assertIn("strong scaling over 25 Gbit/s and 10 us a message, 1 to a host", text)
        self.assertRegex(text, r"(?m)^32 +32 +50 ")
        self.assertIn("1 to 32 workers, doubling", text)

    # 64 x 32 + 32 + 32 x 16 + 16 + 16 x 4 + 4 parameters are one bucket and one slice of 16 KiB.
    def test_messages_and_bytes_are_those_of_the_tree(self):
        four = self.plan("--workers", "4")["steps"][0]

        # Three partial sums come to the slice's rank, which sends three sums; records go to three.
        self.assertEqual(four["messages"], 3 + 3)
        parameters = 64 * 32 + 32 + 32 * 16 + 16 + 16 * 4 + 4
        self.assertGreater(four["link_bytes"], 3 * 4 * parameters)
        self.assertLess(four["link_bytes"], 3 * 4 * (parameters + 100))

    def test_one_worker_takes_what_explain_says_but_for_what_was_measured_anew(self):
        plan = self.plan("--workers", "1")

        self.assertEqual(plan["steps"][0]["messages"], 0)
        self.assertGreater(plan["steps"][0]["step_seconds"], 0)

    def test_workers_of_one_host_use_no_link(self):
        host = self.plan("--workers", "2,4", "--ranks-per-host", 4)

        self.assertEqual([step["link_bytes"] for step in host["steps"]], [0, 0])
        self.assertEqual([step["hosts"] for step in host["steps"]], [1, 1])

    def test_what_cannot_be_is_left_out_with_the_reason(self):
        plan = self.plan("--workers", "32,64")

        self.assertEqual([step["workers"] for step in plan["steps"]], [32])
        self.assertIn("64 workers: a batch of 50 samples", plan["left_out"][0])

    def test_a_batch_that_grows_keeps_each_workers_samples(self):
        plan = self.plan("--workers", "4,8", "--weak")

        self.assertEqual([step["global_batch"] for step in plan["steps"]], [52, 104])

    def test_a_network_and_workers_that_are_none_are_refused_with_what_is_wanted(self):
        for arguments, wanted in ((("--network", "fast"), "25Gbit,10us"),
                                  ((*NETWORK, "--workers", "8..4"), "8..4096")):
            refused = self.descent("plan", self.job_file, *arguments, code=2).stderr

            self.assertIn(wanted, refused)

    def test_a_bad_job_file_is_refused_with_its_line(self):
        self.job_file.write_text(self.job_file.read_text().replace("global: 50", "global: 0"))

        self.assertIn("batch.global", self.descent("plan", self.job_file, *NETWORK, code=2).stderr)
