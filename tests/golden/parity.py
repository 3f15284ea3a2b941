"""Writes parity.json: token ids by the Python tokenizers package and embeddings by a plain numpy
BERT, both independent of our code. Needs numpy, safetensors and tokenizers, and the folder of
all-MiniLM-L6-v2:  python tests/golden/parity.py FOLDER > tests/golden/parity.json
"""

import json
import math
import pathlib
import sys

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

TEXTS = [
    "graph neural networks for molecules",
    "Attention Is All You Need",
    "A proof that $\\zeta(3)$ is irrational, and what $\\sum_{n\\ge1} n^{-3}$ owes to it",
    "$\\mathcal{N}=4$ super Yang-Mills on $\\mathbb{R}\\times S^3$: $\\beta(g)=-\\frac{g^3}{16\\pi^2}\\left(\\frac{11}{3}N_c\\right)$",
    "Search for $B^0_s \\to \\mu^+\\mu^-$ decays at $\\sqrt{s}=13\\,\\mathrm{TeV}$ with the ATLAS detector",
    "Erdős–Rényi graphs, Schrödinger operators and Poincaré's conjecture",
    "量子コンピュータ",
    "Der Einfluss von Ölflecken auf μ-Wellen: ein Überblick",
    "naïve café résumé: accents are folded",
    "x",
    "COVID-19, SARS-CoV-2 & B.1.1.7: (un)certainties?!",
    "We study the long-time behaviour of interacting particles on a line. " * 6,
    "word " * 200,
    "The window of the model ends somewhere in this text, and what follows has no vote. " * 40,
    "emoji \U0001f52d and \ufb01 ligatures \u00ad soft\u00adhyphens\u200b zero width",
    "supercalifragilisticexpialidociousantidisestablishmentarianism" * 3,
]
MAX_TOKENS = 256


def tokens(tokenizer, text):
    ids = tokenizer.encode(text).ids
    return ids if len(ids) <= MAX_TOKENS else ids[: MAX_TOKENS - 1] + ids[-1:]


def layer_norm(x, weights, name):
    mean = x.mean(-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + 1e-12) * weights[name + ".weight"] + weights[name + ".bias"]


def linear(x, weights, name):
    return x @ weights[name + ".weight"].T + weights[name + ".bias"]


def embed(weights, config, ids):
    n, heads = len(ids), config["num_attention_heads"]
    x = (
        weights["embeddings.word_embeddings.weight"][ids]
        + weights["embeddings.position_embeddings.weight"][:n]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    x = layer_norm(x, weights, "embeddings.LayerNorm")
    erf = np.vectorize(math.erf)
    for at in range(config["num_hidden_layers"]):
        layer = f"encoder.layer.{at}."
        split = lambda y: y.reshape(n, heads, -1).transpose(1, 0, 2)
        q, k, v = (split(linear(x, weights, layer + "attention.self." + part)) for part in ("query", "key", "value"))
        scores = q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[-1])
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        attended = (scores @ v).transpose(1, 0, 2).reshape(n, -1)
        x = layer_norm(x + linear(attended, weights, layer + "attention.output.dense"), weights, layer + "attention.output.LayerNorm")
        up = linear(x, weights, layer + "intermediate.dense")
        up = 0.5 * up * (1 + erf(up / math.sqrt(2)))
        x = layer_norm(x + linear(up, weights, layer + "output.dense"), weights, layer + "output.LayerNorm")
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def main():
    folder = pathlib.Path(sys.argv[1])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    config = json.loads((folder / "config.json").read_text())
    weights = {name: value.astype(np.float64) for name, value in load_file(folder / "model.safetensors").items()
               if value.dtype.kind == "f"}
    rows = []
    for text in TEXTS:
        ids = tokens(tokenizer, text)
        vector = embed(weights, config, ids)
        rows.append({"text": text, "ids": ids, "embedding": [round(float(x), 6) for x in vector]})
    json.dump(rows, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    print()


main()
