"""Processes of PyTorch that act together."""

import torch.multiprocessing


def spawn(count, function, *arguments):
    """Calls function(rank, *arguments, results) in `count` processes, and gives what is put into
    `results` first."""
    context = torch.multiprocessing.get_context("spawn")
    results = context.SimpleQueue()
    ranks = [context.Process(target=function, args=(rank, *arguments, results))
             for rank in range(count)]
    for rank in ranks:
        rank.start()
    for rank in ranks:
        rank.join()
        if rank.exitcode != 0:
            raise SystemExit(f"a rank ended with {rank.exitcode}")
    return results.get()
