"""Writes a file like the Kaggle snapshot of arXiv, of any size, for measuring readers.

    python bench/kaggle_like.py --bytes 3e9 --out snapshot.json --seed 1

One JSON object a line with the snapshot's fourteen fields; hard line breaks in titles and
abstracts, a list of versions, and one paper in a thousand twice and one in a thousand withdrawn.
Words are drawn at random, so nothing in it is anybody's text. Prints what it wrote.
"""

import argparse
import json
import random
import time

CODES = ["cs.LG", "cs.CV", "hep-ph", "hep-th", "math.AG", "math.CO", "astro-ph.GA", "quant-ph", "stat.ML", "cond-mat.soft"]
SYLLABLES = "ba co di fe gu ha jo ki lu me no pa qui ro su te vi wo xe zu".split()
# Texts are drawn once and then combined: drawing each word anew would take ten times as long.
N_PIECES = 4096


def pieces(random):
    words = ["".join(random.choices(SYLLABLES, k=random.randint(1, 4))) for _ in range(20_000)]

    def text(n_words):
        lines, line = [], ""
        for word in random.choices(words, k=n_words):
            if len(line) + len(word) > 76:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}" if line else word
        return "\n".join([*lines, line])

    def escaped(text):
        return json.dumps(text)[1:-1]

    abstracts = [escaped(text(random.randint(15, 60)).capitalize() + ". ") for _ in range(N_PIECES)]
    titles = [escaped(text(random.randint(4, 14)).capitalize().replace("\n", "\n  ")) for _ in range(N_PIECES)]
    names = [f"{random.choice('ABCDEFGH')}. {text(1).capitalize()}" for _ in range(N_PIECES)]
    return titles, abstracts, names


def rows(random):
    titles, abstracts, names = pieces(random)
    pick = lambda of: of[int(random.random() * N_PIECES)]
    number, month = 0, 0
    while True:
        number += 1
        if number > 99_999:
            number, month = 1, month + 1
        id = f"{15 + month // 12 % 80:02}{1 + month % 12:02}.{number:05}"
        authors = [pick(names) for _ in range(1 + int(random.random() * 6))]
        parsed = ",".join('["%s","%s",""]' % tuple(reversed(name.split(". "))) for name in authors)
        versions = ",".join(
            '{"version":"v%d","created":"Mon, 2 Apr 2018 19:18:42 GMT"}' % v for v in range(1, 2 + int(random.random() * 3))
        )
        withdrawn = random.random() < 0.001
        comments = "This paper has been withdrawn by the authors" if withdrawn else "12 pages, 3 figures"
        row = (
            f'{{"id":"{id}","submitter":"{authors[0]}","authors":"{", ".join(authors)}","title":"{pick(titles)}",'
            f'"comments":"{comments}","journal-ref":null,"doi":"10.1000/{number}","report-no":null,'
            f'"categories":"{CODES[number % 10]} {CODES[number // 10 % 10]}","license":null,'
            f'"abstract":"  {pick(abstracts)}{pick(abstracts)}{pick(abstracts)}{pick(abstracts)}\\n",'
            f'"versions":[{versions}],"update_date":"2019-05-13","authors_parsed":[{parsed}]}}\n'
        )
        yield row, "withdrawn" if withdrawn else "kept"
        if random.random() < 0.001:
            yield row, "withdrawn" if withdrawn else "twice"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bytes", type=float, default=1e9)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started, n_bytes = time.monotonic(), 0
    counts = dict.fromkeys(["kept", "twice", "withdrawn"], 0)
    with open(options.out, "w", encoding="ascii", buffering=1 << 20) as out:
        for row, kind in rows(random.Random(options.seed)):
            out.write(row)
            counts[kind] += 1
            n_bytes += len(row)
            if n_bytes >= options.bytes:
                break
    seconds = time.monotonic() - started
    print(json.dumps({"bytes": n_bytes, "rows": sum(counts.values()), **counts, "seconds": round(seconds, 1)}))


if __name__ == "__main__":
    main()
