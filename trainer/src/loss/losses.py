"""Makes losses.json: the losses as sentence-transformers has them, and those that it lacks by their formulas.

    pip install sentence-transformers==6.2.0
    python losses.py > losses.json
"""

import json

import numpy as np
import torch
from sentence_transformers.sentence_transformer.losses import (
    ContrastiveLoss,
    MatryoshkaLoss,
    MultipleNegativesRankingLoss,
)

rng = np.random.default_rng(7)
n, width = 6, 4
queries, documents = rng.normal(size=(n, width)), rng.normal(size=(n, width))
negatives, prototypes = rng.normal(size=(3, width)), rng.normal(size=(4, width))
queries, documents, negatives, prototypes = (
    np.round(x, 3).astype(np.float32).astype(float) for x in (queries, documents, negatives, prototypes)
)
labels = np.array([0, 1, 0, 2, 1, 3])


class Given(torch.nn.Module):
    """Stands where the encoder does: what goes in is the embedding."""

    def forward(self, features):
        return {"sentence_embedding": features["embedding"]}

    def get_embedding_dimension(self):
        return width

    get_sentence_embedding_dimension = get_embedding_dimension


def value(loss, *columns, labels=None):
    """A loss, and its gradients at the columns."""
    columns = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in columns]
    labels = None if labels is None else torch.tensor(labels)
    found = loss([{"embedding": x} for x in columns], labels)
    found.backward()
    return found.item(), [x.grad.tolist() for x in columns]


model = Given()
ranking = MultipleNegativesRankingLoss(model)
symmetric = MultipleNegativesRankingLoss(
    model, directions=("query_to_doc", "doc_to_query"), partition_mode="per_direction"
)
matryoshka = MatryoshkaLoss(model, symmetric, matryoshka_dims=[2, 4], matryoshka_weights=[0.25, 0.75])
alike = (np.arange(n) % 2 == 0).astype(int)

# Three mined negatives stand against every query here, each query's own column of negatives there.
with_negatives, _ = value(ranking, queries, documents, np.vstack([negatives, negatives]))


def unit(x):
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def cross_entropy(logits, targets):
    log = logits - np.log(np.exp(logits).sum(1, keepdims=True))
    return -log[np.arange(len(targets)), targets].mean()


q, d, h = unit(queries), unit(documents), unit(negatives)
twice = 20 * q @ np.vstack([d, h, h]).T
assert np.isclose(with_negatives, cross_entropy(twice, np.arange(n))), "the formula is not theirs"

anchors = []
for i in range(n):
    company = [j for j in range(n) if j != i and labels[j] == labels[i]]
    if company:
        total = sum(np.exp(d[i] @ d[a] / 0.1) for a in range(n) if a != i)
        anchors.append(-np.mean([np.log(np.exp(d[i] @ d[p] / 0.1) / total) for p in company]))

of_matryoshka, (at_queries, at_documents) = value(matryoshka, queries, documents)

print(
    json.dumps(
        {
            "queries": queries.tolist(),
            "documents": documents.tolist(),
            "negatives": negatives.tolist(),
            "prototypes": prototypes.tolist(),
            "labels": labels.tolist(),
            "ranking": value(ranking, queries, documents)[0],
            "ranking_symmetric": value(symmetric, queries, documents)[0],
            "ranking_with_negatives": cross_entropy(20 * q @ np.vstack([d, h]).T, np.arange(n)),
            "supervised_contrastive": np.mean(anchors),
            "contrastive": value(ContrastiveLoss(model), queries, documents, labels=alike)[0],
            "classification": cross_entropy(20 * d @ unit(prototypes).T, labels),
            "matryoshka": of_matryoshka,
            "matryoshka_at_queries": at_queries,
            "matryoshka_at_documents": at_documents,
        },
        indent=1,
    )
)
