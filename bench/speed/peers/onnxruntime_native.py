"""onnxruntime, kept ready for the native half of `cargo xtask bench encoder`.

Usage: python onnxruntime_native.py MODELS_DIR   (as onnx_models.py wrote it)

Answers one JSON line for each JSON line of standard input:

    {"run": {"form": "int8_tensor", "threads": 1, "ids": [101, …], "times": 3}}
        → {"ms": [one a run], "vector": [mean of the last hidden state, length one]}
    {"keep": [[101, …], …]}
        → {"kept": number of texts, sorted by length}
    {"throughput": {"form": "int8_tensor", "batch": 8, "workers": 1}}
        → {"seconds": all kept texts, on 2 threads shared by `workers` sessions}
"""

import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime as ort

THREADS = 2


@cache
def session(form, threads, number=0):
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    return ort.InferenceSession(MODELS / f"{form}.onnx", options, providers=["CPUExecutionProvider"])


def feeds(texts):
    width = max(map(len, texts))
    ids = np.zeros((len(texts), width), np.int64)
    mask = np.zeros_like(ids)
    for row, text in enumerate(texts):
        ids[row, : len(text)] = text
        mask[row, : len(text)] = 1
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}


def run(form, threads, ids, times):
    ready, given = session(form, threads), feeds([ids])
    ms = []
    for _ in range(times):
        start = time.perf_counter()
        (hidden,) = ready.run(None, given)
        ms.append((time.perf_counter() - start) * 1e3)
    mean = hidden[0].mean(axis=0)
    return {"ms": ms, "vector": (mean / np.linalg.norm(mean)).tolist()}


def throughput(form, batch, workers):
    """Batches of like length, the longest first, so that no worker is left alone with one."""
    batches = [KEPT[at : at + batch] for at in range(0, len(KEPT), batch)]
    sessions = [session(form, THREADS // workers, number) for number in range(workers)]
    start = time.perf_counter()
    queue = iter(batches)

    def work(ready):
        # Taking the next of a list's iterator is atomic in CPython.
        for texts in queue:
            ready.run(None, feeds(texts))

    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, sessions))
    return {"seconds": time.perf_counter() - start}


MODELS = Path(sys.argv[1])
KEPT = []
for line in sys.stdin:
    order = json.loads(line)
    if "keep" in order:
        KEPT[:] = sorted(order["keep"], key=len, reverse=True)
        answer = {"kept": len(KEPT)}
    elif "run" in order:
        answer = run(**order["run"])
    else:
        answer = throughput(**order["throughput"])
    print(json.dumps(answer), flush=True)
