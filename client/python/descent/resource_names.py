"""The names of resources, from what people write."""


def job_name(job: str) -> str:
    return job if job.startswith("jobs/") else f"jobs/{job}"


def checkpoint_name(checkpoint: str) -> str:
    if "/checkpoints/" in checkpoint:
        return job_name(checkpoint)
    job, _, step = job_name(checkpoint).removeprefix("jobs/").partition("/")
    if not step:
        raise ValueError(f"{checkpoint!r} must be JOB/latest, JOB/best or JOB/STEP")
    return f"jobs/{job}/checkpoints/{step.removeprefix('step-')}"
