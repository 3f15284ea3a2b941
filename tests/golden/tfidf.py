"""Writes tfidf.json: what scikit-learn makes of a few invented sentences, for `trainer::evaluate`.

    python tests/golden/tfidf.py > tests/golden/tfidf.json

Made with scikit-learn 1.9.1.
"""

import json
import sys

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

TEXTS = [
    ("Glaciers slide on wet beds, and wet beds slide on till.", 0),
    ("Sea ice melts in summer; the sea ice of winter returns.", 0),
    ("A model of how glaciers melt where sea ice is thin.", 0),
    ("Snow on glaciers, snow on sea ice: albedo of both.", 0),
    ("Bees dance, and the dance tells other bees of food.", 1),
    ("A model of bees that dance in the dark hive.", 1),
    ("Ants tell other ants of food; bees and ants differ.", 1),
    ("The hive in winter: bees keep the food warm.", 1),
    ("Prime gaps are bounded; a model of prime gaps is tested.", 2),
    ("Zeros of zeta and gaps of primes: Erdős' model.", 2),
    ("On sums of two primes, and of the other two primes.", 2),
    ("The zeta function has zeros; the primes have gaps.", 2),
]
UNSEEN = ["How do bees find food where sea ice melts?", "Prime gaps, again and again and again.", "Unrelated!"]
C = 10


def main():
    texts, labels = [text for text, _ in TEXTS], [label for _, label in TEXTS]
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    x = vectorizer.fit_transform(texts)
    model = LogisticRegression(C=C, tol=1e-10, max_iter=100_000).fit(x, labels)
    everything = vectorizer.transform(texts + UNSEEN)
    names = vectorizer.get_feature_names_out()
    golden = {
        "texts": texts,
        "labels": labels,
        "unseen": UNSEEN,
        "rows": [{names[i]: float(v) for i, v in zip(row.indices, row.data)} for row in everything],
        "c": C,
        "probabilities": model.predict_proba(everything).tolist(),
    }
    json.dump(golden, sys.stdout, ensure_ascii=False, separators=(",", ":"))
    sys.stdout.write("\n")


main()
