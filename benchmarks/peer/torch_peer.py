"""PyTorch as the other side of a measurement: reads one JSON request a line, answers one JSON line.

Requests (see README.md): hello, prepare, check, time, clear. The other side decides what is timed and when, so that both take turns in one run.
"""

import json
import sys
import time

import numpy
import torch

import classifier
import model
import routines

KINDS = {"classifier": classifier.Classifier, "step": model.Step, "svd": routines.SingularValues, "product": routines.Product}


def hello(threads):
    return {
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "numpy": numpy.__version__,
        "scipy": routines.scipy_version(),
        "blas": routines.blas_description(),
        "threads": threads,
    }


def timed(work, executions):
    start = time.perf_counter()
    for _ in range(executions):
        work()
    return time.perf_counter() - start


def answer(request, threads, state):
    operation = request["op"]
    if operation == "hello":
        return hello(threads)
    if operation == "prepare":
        state[request["slot"]] = KINDS[request["kind"]](request)
        return {"prepared": request["slot"]}
    if operation == "check":
        return state[request["slot"]].check()
    if operation == "time":
        return {"seconds": timed(state[request["slot"]].run, request["executions"])}
    if operation == "clear":
        state.clear()
        return {"cleared": True}
    raise ValueError(f"op must be hello, prepare, check, time or clear but is {operation!r}.")


def main():
    threads = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    torch.set_num_threads(threads)
    torch.set_num_interop_threads(1)
    state = {}
    for line in sys.stdin:
        try:
            reply = answer(json.loads(line), threads, state)
        except Exception as failure:  # The other side decides what a failure means.
            reply = {"error": f"{type(failure).__name__}: {failure}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
