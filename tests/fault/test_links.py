"""A fixed case of the kill harness's failing links, for every change; docs/reliability.md has the long
ones."""

import contextlib
import io
import math
import unittest

import link_cases

# A job on one rank with six faults: of the users' link a delay and a refusal, of the workers' a refusal,
# a cut, a tear and, at the end, so that the programs themselves must notice it, a connection that is half
# open.
SEED, CASE = 7553, 0


class Links(unittest.TestCase):

    def test_links_that_fail_change_no_bit_lose_no_step_and_cost_no_worker(self):
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            code = link_cases.run_links(1, SEED, CASE, math.inf)

        self.assertEqual(code, 0, told.getvalue())


if __name__ == "__main__":
    unittest.main()
