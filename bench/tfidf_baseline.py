"""TF-IDF with logistic regression on the papers that `trainer classifier` fits and reports on.

    python bench/tfidf_baseline.py papers.parquet [papers a category = 260]

Needs pyarrow, numpy and scikit-learn. Training papers, halves of `valid` and figures are chosen
and computed as the trainer does it: smallest SHA-256(seed, id) first, parity of SHA-256(id).
"""

import hashlib
import struct
import sys
from collections import defaultdict

import numpy as np
import pyarrow.parquet as parquet
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

SEED = 1


def key(paper_id):
    return hashlib.sha256(struct.pack("<Q", SEED) + paper_id.encode()).digest()


def reports(paper_id):
    return hashlib.sha256(paper_id.encode()).digest()[0] % 2 == 1


def calibration_error(probabilities, labels):
    top, stated = probabilities.argmax(1), probabilities.max(1)
    bins = np.minimum((stated * 15).astype(int), 14)
    right = top == labels
    return sum(abs(stated[bins == b].sum() - right[bins == b].sum()) for b in range(15)) / len(labels)


def main():
    per_category = int(sys.argv[2]) if len(sys.argv) > 2 else 260
    columns = parquet.read_table(sys.argv[1], columns=["id", "title", "abstract", "primary_category", "split"]).to_pydict()
    rows = list(zip(*columns.values()))
    by_category = defaultdict(list)
    held_out = {True: [], False: []}
    for row in rows:
        paper_id, _, _, category, split = row
        if category in ("astro-ph", "cond-mat"):
            continue
        if split == "train":
            by_category[category].append(row)
        elif split == "valid":
            held_out[reports(paper_id)].append(row)
    train = [row for papers in by_category.values() for row in sorted(papers, key=lambda row: key(row[0]))[:per_category]]
    text = lambda papers: [f"{title}. {abstract}" for _, title, abstract, _, _ in papers]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, stop_words="english", max_features=200_000)
    x = vectorizer.fit_transform(text(train))
    model = LogisticRegression(C=10, max_iter=200).fit(x, [row[3] for row in train])
    classes = list(model.classes_)
    number = {category: at for at, category in enumerate(classes)}

    def logits(papers):
        return model.decision_function(vectorizer.transform(text(papers)))

    def softmax(values, temperature):
        powers = np.exp((values - values.max(1, keepdims=True)) / temperature)
        return powers / powers.sum(1, keepdims=True)

    # A category without a training paper (cs.GL) has no class here: it is wrong every time.
    label = lambda papers: np.array([number.get(row[3], len(classes)) for row in papers])
    calibration, report = held_out[False], held_out[True]
    known = [at for at, row in enumerate(calibration) if row[3] in number]
    calibration_logits, calibration_labels = logits(calibration)[known], label(calibration)[known]
    losses = {t: -np.log(softmax(calibration_logits, t)[np.arange(len(known)), calibration_labels]).mean() for t in np.geomspace(0.1, 5, 80)}
    temperature = min(losses, key=losses.get)
    probabilities, labels = softmax(logits(report), temperature), label(report)
    order = probabilities.argsort(1)[:, ::-1]
    for k in (1, 3, 5):
        print(f"top-{k} {np.mean((order[:, :k] == labels[:, None]).any(1)):.4f}")
    print(f"macro-F1 {f1_score(labels, order[:, 0], average='macro', labels=sorted(set(labels)), zero_division=0):.4f}")
    print(f"calibration error {calibration_error(probabilities, labels):.4f}")
    print(f"{len(train)} training papers, {len(report)} reported on, temperature {temperature:.3f}, {x.shape[1]} features")


main()
