"""Writes metrics.json: figures of scikit-learn over values that numpy drew, for `shared::metrics`.

    python tests/golden/metrics.py > tests/golden/metrics.json

Made with scikit-learn 1.9.1 and numpy 2.4.6.
"""

import json
import sys

import numpy as np
from sklearn import metrics
from sklearn.calibration import calibration_curve
from sklearn.manifold import trustworthiness

N_BINS = 15


def classification(rng, n=90, n_classes=7):
    labels = rng.integers(0, n_classes - 1, n)  # The last class is never the truth.
    logits = rng.normal(0, 1.2, (n, n_classes))
    logits[np.arange(n), labels] += rng.normal(1.0, 1.5, n)
    probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    top, stated = probabilities.argmax(1), probabilities.max(1)
    right = (top == labels).astype(int)
    accuracy, mean_stated = calibration_curve(right, stated, n_bins=N_BINS, strategy="uniform")
    counts = np.bincount(np.minimum((stated * N_BINS).astype(int), N_BINS - 1), minlength=N_BINS)
    counts = counts[counts > 0]
    classes = list(range(n_classes))
    return {
        "probabilities": probabilities.tolist(),
        "labels": labels.tolist(),
        "top": [(k, metrics.top_k_accuracy_score(labels, probabilities, k=k, labels=classes)) for k in (1, 3, 5)],
        "macro_f1": metrics.f1_score(labels, top, average="macro", labels=sorted(set(labels.tolist())), zero_division=0),
        "log_loss": metrics.log_loss(labels, probabilities, labels=classes),
        "calibration_error": float((counts * np.abs(accuracy - mean_stated)).sum() / n),
        "bins": [[int(c), float(s), float(a)] for c, s, a in zip(counts, mean_stated, accuracy)],
        "confusion": metrics.confusion_matrix(labels, top, labels=classes).tolist(),
    }


def ranking(rng, n, k):
    """`n` documents, all of them judged, in a ranking; the first `k` count."""
    gains = rng.choice([0, 0, 0, 1, 2], n).astype(float)
    gains[rng.integers(n)] = 1.0
    scores = np.arange(n, 0, -1)
    relevant, taken = gains > 0, np.arange(n) < k
    first = int(np.argmax(relevant))
    alone = np.zeros((1, n), int)
    alone[0, first] = 1
    # With one relevant document, average precision is one over its rank.
    reciprocal = metrics.label_ranking_average_precision_score(alone, scores[None])
    return {
        "gains": gains.tolist(),
        "k": k,
        "ndcg": metrics.ndcg_score(gains[None], scores[None], k=k),
        "precision": metrics.precision_score(relevant, taken),
        "recall": metrics.recall_score(relevant, taken),
        "reciprocal_rank": reciprocal if first < k else 0.0,
    }


def by_category(rng, n=40, n_neighbors=10):
    queries = [(int(rng.integers(4)), rng.integers(0, 4, n_neighbors).tolist()) for _ in range(n)]
    at = []
    for k in (1, 5, 10):
        each = [metrics.precision_score(np.array(near[:k]) == own, np.ones(k, bool)) for own, near in queries]
        at.append((k, float(np.mean(each))))
    return {"queries": queries, "at": at}


def clustering(categories, groups):
    homogeneity, completeness, v_measure = metrics.homogeneity_completeness_v_measure(categories, groups)
    return {
        "categories": categories.tolist(),
        "groups": groups.tolist(),
        "homogeneity": float(homogeneity),
        "completeness": float(completeness),
        "v_measure": float(v_measure),
    }


def layout(rng, n, k):
    """Points of a plane that keep two directions of a space, and a little noise."""
    space = rng.normal(0, 1, (n, 6)) * [3, 2, 1, 1, 0.5, 0.5]
    plane = space[:, :2] + rng.normal(0, 0.3, (n, 2))
    return {
        "space": space.tolist(),
        "plane": plane.tolist(),
        "k": k,
        "trustworthiness": float(trustworthiness(space, plane, n_neighbors=k)),
    }


def main():
    rng = np.random.default_rng(20)
    categories = rng.integers(0, 5, 80)
    blurred = np.where(rng.random(80) < 0.7, categories, rng.integers(0, 8, 80))
    golden = {
        "classification": classification(rng),
        "rankings": [ranking(rng, n, k) for n, k in [(10, 10), (30, 10), (120, 100), (25, 3), (12, 1), (200, 10)]],
        "precision_by_category": by_category(rng),
        "clusterings": [
            clustering(categories, blurred),
            clustering(categories, rng.integers(0, 6, 80)),
            clustering(categories, (categories + 3) % 5),
            clustering(categories, np.zeros(80, int)),
        ],
        "layouts": [layout(rng, 60, k) for k in (1, 5, 15)],
    }
    json.dump(golden, sys.stdout, separators=(",", ":"), default=float)
    sys.stdout.write("\n")


main()
