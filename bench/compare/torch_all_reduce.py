"""The peer's side of a reduction: all_reduce of PyTorch over gloo between two processes.

    torch_all_reduce.py --mebibytes N

Prints the median time of the slower rank as JSON. MASTER_ADDR and MASTER_PORT name where they meet.
"""

import argparse
import json
import statistics
import time

import torch
import torch.distributed

import ranks

RANKS = 2
WARM_UP = 3


def reduce(rank, mebibytes, results):
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", rank=rank, world_size=RANKS)
    values = torch.empty(mebibytes << 18)
    milliseconds = []
    for repetition in range(WARM_UP + max(9, 200 // mebibytes)):
        values.fill_(1)  # anew before each reduction, as a backward pass does
        torch.distributed.barrier()
        start = time.perf_counter()
        torch.distributed.all_reduce(values)
        slowest = torch.tensor([1e3 * (time.perf_counter() - start)])
        torch.distributed.all_reduce(slowest, torch.distributed.ReduceOp.MAX)
        if repetition >= WARM_UP:
            milliseconds.append(slowest.item())
    if rank == 0:
        results.put({"milliseconds": statistics.median(milliseconds), "version": torch.__version__})
    torch.distributed.barrier()  # who leaves early takes the others' store away
    torch.distributed.destroy_process_group()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mebibytes", type=int, required=True)
    options = parser.parse_args()
    print(json.dumps(ranks.spawn(RANKS, reduce, options.mebibytes)))


if __name__ == "__main__":
    main()
