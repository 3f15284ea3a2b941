"""Writes retrieval.json: figures of sentence-transformers' retrieval evaluator, for `shared::metrics`.

    pip install sentence-transformers==6.2.0
    python tests/golden/retrieval.py > tests/golden/retrieval.json
"""

import json
import sys

import numpy as np
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator

N_DOCUMENTS, N_RANKED = 300, 150


def main():
    rng = np.random.default_rng(5)
    documents = {str(d): "" for d in range(N_DOCUMENTS)}
    # Few or many relevant documents a query; one query's stand behind all that are ranked.
    relevant = {str(q): {str(d) for d in rng.choice(N_DOCUMENTS, rng.integers(1, 40), replace=False)} for q in range(20)}
    rankings = {q: [str(d) for d in rng.permutation(N_DOCUMENTS)[:N_RANKED]] for q in relevant}
    rankings["0"] = [d for d in documents if d not in relevant["0"]][:N_RANKED]
    evaluator = InformationRetrievalEvaluator(
        queries={q: "" for q in relevant},
        corpus=documents,
        relevant_docs=relevant,
        mrr_at_k=[10],
        ndcg_at_k=[10],
        accuracy_at_k=[10],
        precision_recall_at_k=[10, 100],
        map_at_k=[100],
    )
    found = [
        [{"corpus_id": d, "score": float(-rank)} for rank, d in enumerate(rankings[q])] for q in evaluator.queries_ids
    ]
    figures = evaluator.compute_metrics(found)
    golden = {
        "queries": [
            {"ranked": [d in relevant[q] for d in rankings[q]], "relevant": len(relevant[q])}
            for q in evaluator.queries_ids
        ],
        "ndcg_at_10": figures["ndcg@k"][10],
        "mrr_at_10": figures["mrr@k"][10],
        "precision_at_10": figures["precision@k"][10],
        "recall_at_100": figures["recall@k"][100],
    }
    json.dump(golden, sys.stdout, separators=(",", ":"), default=float)
    sys.stdout.write("\n")


main()
