"""What many cases have come to."""

import collections
import time
import traceback

COMMAND = "tests/fault/kill_harness.py"
IDLE_CASES_MAX = 10  # of a case that counts for nothing, for each one that is asked for
FAILURES_MAX = 3  # more of them tell nothing new, and each may take its full time


class Report:
    """Runs cases one by one, prints a line for each, and counts."""

    def __init__(self, unit):
        self.unit = unit  # what is counted: "kills"
        self.counts = collections.Counter()
        self.notes = collections.Counter()  # of what did not count
        self.cases = 0
        self.failures = []  # the command that replays each

    @property
    def count(self):
        return sum(self.counts.values())

    @property
    def is_hopeless(self):
        return len(self.failures) >= FAILURES_MAX

    def run(self, name, replay, case):
        """`case` returns what it did, {kind: count}, what did not count, {what: count}, and words; it
        fails by any exception. True: it did not."""
        begin = time.monotonic()
        self.cases += 1
        try:
            counts, notes, words = case()
        except Exception:  # whatever it is, the other cases are run
            traceback.print_exc()
            self.failures.append(f"{COMMAND} {replay}")
            print(f"{name}: FAILED; once more: {self.failures[-1]}", flush=True)
            return False
        self.counts.update(counts)
        self.notes.update(notes)
        print(f"{name}: ok, {words}, {time.monotonic() - begin:.1f} s", flush=True)
        return True

    def run_until(self, count, only_case, deadline, options, case_of):
        """Cases 0, 1, …, each `case_of(number)`, until `count` is reached; or `only_case` alone. Says
        what `finish` does."""
        cases = [only_case] if only_case is not None else range(count * IDLE_CASES_MAX)
        for case in cases:
            is_done = self.count >= count and only_case is None
            if is_done or self.is_hopeless or time.monotonic() > deadline:
                break
            self.run(f"case {case}", f"{options} --case {case}", lambda: case_of(case))
        return self.finish()

    def finish(self):
        """Prints the sum; the exit code."""
        kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(self.counts.items()))
        print(f"\n{self.count} {self.unit} in {self.cases} cases: {kinds or 'none'}")
        for what, count in sorted(self.notes.items()):
            if count:
                print(f"not counted: {count} {what}")
        for failure in self.failures:
            print(f"failed: {failure}")
        if not self.failures and self.count:
            print(f"no failure: fewer than {3 / self.count:.2g} of these fail, with 95 % confidence "
                  f"(3/{self.count})")
        return 1 if self.failures or not self.count else 0
