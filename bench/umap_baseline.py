"""The map of a build beside that of umap-learn, over the same stored vectors.

    python bench/umap_baseline.py FOLDER

needs umap-learn, numpy and scikit-learn (0.5.12, 2.4.6 and 1.9.1 gave the figures of docs/quality.md) and about
a gigabyte of memory for 10,000 papers. Both are judged by scikit-learn, over all papers with a vector.
"""

import json
import pathlib
import struct
import sys
import time

import numpy as np
import umap
from sklearn.manifold import trustworthiness

K = 15


def sections(path):
    """Sections of an artifact, by tag; docs/FORMAT.md says where they stand."""
    file = path.read_bytes()
    (n,) = struct.unpack_from("<I", file, 12)
    found = {}
    for at in range(n):
        tag, _, start, length = struct.unpack_from("<4sIQQ", file, 32 + 24 * at)
        found[tag.decode()] = file[start : start + length]
    return found


def unpacked(section, n, width):
    """Numbers of `width` bits each, lowest bit first."""
    bits = np.unpackbits(np.frombuffer(section, np.uint8), bitorder="little")[: n * width]
    return bits.reshape(n, width).astype(np.int64) @ (1 << np.arange(width))


def main():
    folder = pathlib.Path(sys.argv[1])
    manifest = json.loads((folder / "manifest.json").read_text())
    index = sections(folder / manifest["index"]["file"])
    plane = sections(folder / manifest["map"]["file"])
    meta = json.loads(index["META"])
    vectors = np.frombuffer(index["VECQ"], "i1").reshape(meta["nodes"], meta["dim"]).astype(np.float32)
    vectors = vectors * np.frombuffer(index["VECS"], "<f4")[:, None]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    # The first paper of each node stands for all of them.
    nodes = unpacked(index["NODB"], meta["papers"], meta["nodes"].bit_length())
    _, first = np.unique(nodes, return_index=True)
    first = first[nodes[first] != meta["nodes"]]
    ours = np.frombuffer(plane["XYXY"], "<u2").reshape(-1, 2)[first].astype(float)
    vectors = vectors[nodes[first]]

    started = time.time()
    theirs = umap.UMAP(n_neighbors=K, min_dist=0.1, metric="cosine", random_state=1).fit_transform(vectors)
    print(f"umap-learn {umap.__version__}: {len(vectors)} points in {time.time() - started:.0f} s")
    for name, points in [("index-builder", ours), ("umap-learn", theirs)]:
        share = trustworthiness(vectors, points, n_neighbors=K, metric="cosine")
        print(f"{name}: trustworthiness@{K} {share:.4f}")


main()
