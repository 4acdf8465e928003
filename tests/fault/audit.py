"""What the final state of a job was made of: its steps, each once, and the samples that each read."""

import collections


class AuditError(AssertionError):
    """What is wrong, in words."""


def read_samples(record):
    """By (generation, step), what common/sample_record.h has written there: all samples of all
    ranks. Steps count from 0."""
    found = collections.defaultdict(list)
    for path in record.glob("samples.*"):
        generation = int(path.name.split(".")[1])
        # A last line without its end is that of a rank which was killed as it wrote.
        for line in path.read_text().split("\n")[:-1]:
            step, *samples = map(int, line.split())
            found[generation, step] += samples
    return found


def lineage(starts, read, steps):
    """Which generation made each step of the final state, of `steps` in all. `starts` is
    [(generation, first step)] of all attempts. An attempt begins at a checkpoint, so what comes
    before is of the newest older one that came so far."""
    made = {}
    end = steps
    for generation, start in sorted(starts, reverse=True):
        if start >= end or (generation, end - 1) not in read:
            continue
        made.update((step, generation) for step in range(start, end))
        end = start
    if end > 0:
        raise AuditError(f"no attempt of {sorted(starts)} has read step {end - 1}, which the final "
                         "state is made of")
    return made


def check_samples(made, read, sample_count, batch):
    """That each epoch has read each sample once: `sample_count` of them in batches of `batch`, of
    which the last of an epoch is what remains."""
    steps_per_epoch = -(-sample_count // batch)
    for first in range(0, len(made), steps_per_epoch):
        steps = range(first, min(first + steps_per_epoch, len(made)))
        times = collections.Counter()
        for step in steps:
            times.update(read.get((made[step], step), ()))
        repeated = sorted(sample for sample, count in times.items() if count > 1)
        if repeated:
            raise AuditError(f"steps {steps.start} to {steps.stop - 1} have read samples {repeated[:9]}"
                             f" more than once, {len(repeated)} in all")
        wanted = sample_count if len(steps) == steps_per_epoch else len(steps) * batch
        if len(times) != wanted:
            raise AuditError(f"steps {steps.start} to {steps.stop - 1} have read {len(times)} "
                             f"samples, must have read {wanted}")


def check_points(points, steps):
    """That the metrics have each step once. `points` is [(step, value)], steps from 1."""
    found = [step for step, _ in points]
    if found == list(range(1, steps + 1)):
        return
    times = collections.Counter(found)
    missing = [step for step in range(1, steps + 1) if step not in times]
    repeated = [step for step, count in times.items() if count > 1]
    raise AuditError(f"the metrics have {len(found)} points of {steps} steps; missing "
                     f"{missing[:9]}, repeated {repeated[:9]}")


def check_values(points, undisturbed):
    """That the losses are those of an undisturbed job, to the last digit."""
    differing = [(step, mine, theirs) for (step, mine), (_, theirs) in zip(points, undisturbed)
                 if mine != theirs]
    if differing:
        step, mine, theirs = differing[0]
        raise AuditError(f"{len(differing)} losses differ from the undisturbed job's, first step "
                         f"{step}: {mine}, there {theirs}")
