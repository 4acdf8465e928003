"""Submits a job file, follows its job to the end and takes the best model away:

    submit_and_watch.py HOST:PORT JOB_FILE MODEL_FILE
"""

import sys

import descent


def main():
    address, job_file, model_file = sys.argv[1:]
    with descent.Client(address) as client:
        job = client.submit(job_file)
        print(job.name)
        for version in client.watch(job.name):
            print(descent.state_name(version), "step", version.progress.step)
        client.download(f"{job.name}/checkpoints/best", model_file)
    sys.exit(descent.state_name(version) != "SUCCEEDED")


if __name__ == "__main__":
    main()
