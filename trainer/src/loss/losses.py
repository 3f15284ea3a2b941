"""Makes losses.json: the losses by their formulas, in double precision, with numpy alone.

    python losses.py > losses.json
"""

import json

import numpy as np

rng = np.random.default_rng(7)
n, width = 6, 4
queries, documents = rng.normal(size=(n, width)), rng.normal(size=(n, width))
negatives, prototypes = rng.normal(size=(3, width)), rng.normal(size=(4, width))
queries, documents, negatives, prototypes = (
    np.round(x, 3).astype(np.float32).astype(float) for x in (queries, documents, negatives, prototypes)
)
labels = np.array([0, 1, 0, 2, 1, 3])


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def cross_entropy(logits, targets):
    log = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return -log[np.arange(len(targets)), targets].mean()


q, d, h = unit(queries), unit(documents), unit(negatives)
forward, backward = cross_entropy(20 * q @ d.T, np.arange(n)), cross_entropy(20 * d @ q.T, np.arange(n))

anchors = []
for i in range(n):
    company = [j for j in range(n) if j != i and labels[j] == labels[i]]
    if company:
        total = sum(np.exp(d[i] @ d[a] / 0.1) for a in range(n) if a != i)
        anchors.append(-np.mean([np.log(np.exp(d[i] @ d[p] / 0.1) / total) for p in company]))

apart = 1 - (q * d).sum(1)
alike = np.arange(n) % 2 == 0
pairs = np.where(alike, 0.5 * apart**2, 0.5 * np.maximum(0, 0.5 - apart) ** 2)

print(
    json.dumps(
        {
            "queries": queries.tolist(),
            "documents": documents.tolist(),
            "negatives": negatives.tolist(),
            "prototypes": prototypes.tolist(),
            "labels": labels.tolist(),
            "ranking": forward,
            "ranking_symmetric": (forward + backward) / 2,
            "ranking_with_negatives": cross_entropy(20 * q @ np.vstack([d, h]).T, np.arange(n)),
            "supervised_contrastive": np.mean(anchors),
            "contrastive": pairs.mean(),
            "classification": cross_entropy(20 * d @ unit(prototypes).T, labels),
        },
        indent=1,
    )
)
