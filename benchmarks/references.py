"""References: how many are parsed right, what they add to text, and how long they take.

python -m benchmarks.references draw EXPORTS > for-reading.tsv    300 references of real exports, with what was parsed
python -m benchmarks.references judged                            the verdicts kept in benchmarks/references_parsed.tsv
python -m benchmarks.references across EXPORTS FILE FILE          200 works that both files cite, for reading
python -m benchmarks.references withheld DATA                     is a paper's withheld citation among the most similar?
python -m benchmarks.references scale [PAPERS]                    works and coupling of PAPERS with 30 references each
"""

import gzip
import json
import random
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pipeline.corpus.adapters import Adapters
from pipeline.corpus.cited_references import REFERENCES, to_references
from pipeline.corpus.decoding import mend_records
from pipeline.corpus.formats import find_format
from pipeline.corpus.record import Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import PaperatlasError
from pipeline.references import (
    CitedWorks,
    ParsedReference,
    count_coverage,
    coupling,
    find_works,
    match_works,
    parse_reference,
    rarity,
    read_reference_lists,
)

SEED = 17
EACH = 100  # references drawn from Web of Science, from Scopus, and from the others
JUDGED = Path(__file__).with_name("references_parsed.tsv")
CORPORA = ("cite-bci-eeg", "cite-capture-recapture", "cite-veterinary")
QUERIES, TOP, RESAMPLES = 1500, 20, 2000
WEIGHTS = (0.25, 0.5, 1.0)


def references_in(folder: Path) -> Iterator[tuple[str, int, int, dict[str, str]]]:
    """(file, record, number, reference) of the references of export files, but for ids alone; counted from 1."""
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        source, adapters = Source(path), Adapters()
        try:
            file_format = find_format(source)
            rows = mend_records(file_format.read(source, "utf-8"), "utf-8") if file_format else ()
            records = (row for row in rows if not isinstance(row, Rejected))
            for record, row in enumerate(records, start=1):
                name, fields = adapters.adapt(row.fields)
                cited = to_references(fields.get("references"), source=str(name))
                for number, reference in enumerate(cited, start=1):
                    if " " not in reference["raw"] and "|" not in reference["raw"] and "{" not in reference["raw"]:
                        continue  # an id alone, in which there is no author to find
                    yield path.relative_to(folder).as_posix(), record, number, dict(reference)
        except PaperatlasError:
            continue


def stratum(file: str) -> str:
    if "copus" in file or "techminer" in file or "protocol_review" in file:
        return "Scopus"
    return "Web of Science" if file.startswith(("wos/", "bib/")) else "other"


def draw(folder: Path) -> None:
    strata = defaultdict(list)
    for one in references_in(folder):
        strata[stratum(one[0])].append(one)
    chance = random.Random(SEED)
    for name in sorted(strata):
        for file, record, number, reference in sorted(chance.sample(strata[name], EACH), key=lambda one: one[:3]):
            parsed = parse_reference(reference["raw"], identifier=reference["id"], source=reference["source"])
            text = " ".join(reference["raw"].split())
            print(name, file, record, number, parsed.author, parsed.year or "", ",".join(parsed.ids), text, sep="\t")


def judged() -> None:
    lines = [line.split("\t") for line in JUDGED.read_text(encoding="utf-8").splitlines() if line[:1] not in ("#", "")]
    counts = Counter((line[0], line[4]) for line in lines[1:])
    for name in sorted({name for name, _ in counts}):
        right, wrong = counts[name, "right"], counts[name, "wrong"]
        print(f"{name}: {right} of {right + wrong} right in first author and year ({right / (right + wrong):.3f})")
    right = sum(count for (_, verdict), count in counts.items() if verdict == "right")
    print(f"all: {right} of {len(lines) - 1} ({right / (len(lines) - 1):.3f})")


def across(folder: Path, *files: str) -> None:
    """200 works that references of both files were matched as, a reference of each."""
    lists = defaultdict(list)
    for file, record, _, reference in references_in(folder):
        if file in files:
            lists[file, record].append({**reference, "source": file})
    column = pa.array(list(lists.values()), REFERENCES)
    works = match_works([ParsedReference()] * len(lists), read_reference_lists(column, papers=len(lists)))
    members: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for work, file, raw in zip(works.work_of.tolist(), works.lists.sources, works.lists.raw, strict=True):
        members[work][file].append(raw)
    both = [cited for work, cited in sorted(members.items()) if work >= 0 and len(cited) == len(files)]
    print(count_coverage(works).ways, len(both), "works in both")
    chance = random.Random(SEED)
    for cited in chance.sample(both, 200):
        print(*(chance.choice(cited[file]) for file in files), sep="\t")


def withheld(folder: Path) -> None:
    for name in CORPORA:
        with gzip.open(folder / f"{name}.jsonl.gz", "rt", encoding="utf-8") as file:
            papers = [json.loads(line) for line in file]
        _withheld(name, papers)


def _withheld(name: str, papers: list[dict]) -> None:
    from scipy.sparse import csr_array
    from sklearn.feature_extraction.text import TfidfVectorizer

    texts = TfidfVectorizer(sublinear_tf=True, min_df=2, stop_words="english", dtype=np.float32).fit_transform(
        f"{paper['title']}. {paper['abstract']}" for paper in papers
    )
    works = _works_of(papers)
    pairs, weights = works.citations, rarity(works)
    lists = csr_array((weights[pairs[:, 1]], (pairs[:, 0], pairs[:, 1])), shape=(len(papers), len(works)))
    lengths = np.sqrt(np.asarray(lists.multiply(lists).sum(axis=1)))
    row_of, work_of = works.row_of, {int(row): work for work, row in enumerate(works.row_of) if row >= 0}
    in_corpus = [lists.indices[lists.indptr[row] : lists.indptr[row + 1]] for row in range(len(papers))]
    in_corpus = [cited[row_of[cited] >= 0] for cited in in_corpus]
    rng = np.random.default_rng(SEED)
    able = [row for row in range(len(papers)) if len(in_corpus[row]) and np.diff(lists.indptr)[row] > 1]
    queries = rng.permutation(able)[:QUERIES].tolist()
    ranks = defaultdict(list)
    for query in queries:
        target_work = int(rng.choice(in_corpus[query]))
        target = int(row_of[target_work])
        own = lists[[query]].toarray().ravel()
        own[target_work] = 0
        shared = np.divide(lists @ own, lengths, out=np.zeros(len(papers)), where=lengths > 0) / np.linalg.norm(own)
        back = work_of.get(query)
        if back is not None and (weight := lists[target, back]):  # the target's list without the query
            rest = lengths[target] ** 2 - weight**2
            shared[target] *= lengths[target] / np.sqrt(rest) if rest > 0 else 0
        text = np.asarray((texts @ texts[[query]].T).todense()).ravel()
        hidden = np.array([query, *(int(row_of[work]) for work in in_corpus[query] if work != target_work)])
        scores = {"text": text, "coupling": shared}
        scores |= {f"both, {weight}": _z(text) + weight * _z(shared) for weight in WEIGHTS}
        for part, values in scores.items():
            values[hidden] = -np.inf
            ahead = np.count_nonzero(values > values[target])
            tied = np.count_nonzero(values == values[target]) - 1
            ranks[part].append(1 + ahead + tied / 2)  # where ties would fall on average
    _print_ranks(name, {part: np.array(values) for part, values in ranks.items()})


def _z(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return (values - values.mean()) / (values.std() or 1)


def _print_ranks(name: str, ranks: dict[str, NDArray[np.float64]]) -> None:
    rng = np.random.default_rng(SEED)
    gains = {part: np.where(rank <= TOP, 1 / np.log2(rank + 1), 0) for part, rank in ranks.items()}
    print(f"{name}, {len(ranks['text'])} queries")
    for part, rank in ranks.items():
        print(f"  {part:12} recall@{TOP} {np.mean(rank <= TOP):.3f}  nDCG@{TOP} {gains[part].mean():.3f}")
    better = max(("text", "coupling"), key=lambda part: gains[part].mean())
    for part in (part for part in gains if part.startswith("both")):
        difference = gains[part] - gains[better]
        means = difference[rng.integers(len(difference), size=(RESAMPLES, len(difference)))].mean(axis=1)
        low, high = np.quantile(means, [0.025, 0.975])
        print(f"  {part} - {better}: nDCG {difference.mean():+.3f} [{low:+.3f}, {high:+.3f}]")


def _works_of(papers: list[dict]) -> CitedWorks:
    cited = [to_references([*one["references"], *one["ref_dois"]], source="") for one in papers]
    columns = {
        name: pa.chunked_array([pa.array([one[name] for one in papers])]) for name in ("id", "title", "year", "doi")
    }
    columns["references"] = pa.chunked_array([pa.array(cited, REFERENCES)])
    return find_works(columns.__getitem__, list(columns))


def scale(papers: int = 100_000, each: int = 30, pool: int = 300_000) -> None:
    """Half DOIs, half strings of Web of Science, every second of these with the DOI, every fifth with a misprint."""
    rng, chance = np.random.default_rng(SEED), random.Random(SEED)
    syllables = [one + other for one in "bcdfglmnprst" for other in "aeiou"]
    families = ["".join(chance.choices(syllables, k=chance.randint(2, 4))).title() for _ in range(20_000)]
    journals = [" ".join("".join(chance.choices(syllables, k=2)).upper() for _ in range(3)) for _ in range(1500)]
    known = [
        (f"{chance.choice(families)} A, {chance.randint(1980, 2024)}, {chance.choice(journals)}, "
         f"V{chance.randint(1, 200)}, P{chance.randint(1, 3000)}", f"10.{1000 + number % 7000}/w{number}")
        for number in range(pool)
    ]  # fmt: skip
    share = 1 / np.arange(20, pool + 20) ** 0.7
    cited = rng.choice(pool, size=(papers, each), p=share / share.sum())
    lists = [[_written(*known[work], chance=chance) for work in row] for row in cited.tolist()]
    columns = {
        "id": pa.chunked_array([[f"p{row}" for row in range(papers)]]),
        "references": pa.chunked_array([pa.array(lists, REFERENCES)]),
    }
    del lists
    start, wall = time.process_time(), time.monotonic()
    works = find_works(columns.__getitem__, list(columns))
    matched = time.process_time()
    links = coupling(works, strongest=100)
    end, wall_end = time.process_time(), time.monotonic()
    cells = np.unique(np.column_stack([cited.ravel(), works.cited]), axis=0, return_counts=True)[1]
    same, found, true = (
        float((counts * (counts - 1.0)).sum())
        for counts in (cells, np.bincount(works.cited[works.cited >= 0]), np.bincount(cited.ravel()))
    )
    print(f"{papers} papers, {len(works.lists)} references, {len(works.parsed)} distinct, {len(works)} works")
    print(f"works {matched - start:.1f} s, coupling {end - matched:.1f} s of processor time")
    print(f"{wall_end - wall:.1f} s passed")
    print(f"{links.nnz} links; peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    print(f"pairs of references to one work: precision {same / found:.4f}, recall {same / true:.4f}")
    print(count_coverage(works).ways)


def _written(text: str, doi: str, *, chance: random.Random) -> dict[str, str]:
    if chance.random() < 0.5:
        return {"raw": doi, "id": f"doi:{doi}", "source": ""}
    with_doi = chance.random() < 0.5
    raw = f"{text}, DOI {doi}" if with_doi else text
    if chance.random() < 0.2:
        at = chance.randrange(len(text))
        letters = "0123456789" if raw[at].isdigit() else "abcdef" if raw[at].isalpha() else raw[at]
        raw = raw[:at] + chance.choice(letters) + raw[at + 1 :]
    return {"raw": raw, "id": f"doi:{doi}" if with_doi else "", "source": "Web of Science"}


def main(command: str, *arguments: str) -> None:
    match command:
        case "draw":
            draw(Path(arguments[0]))
        case "judged":
            judged()
        case "across":
            across(Path(arguments[0]), *arguments[1:])
        case "withheld":
            withheld(Path(arguments[0]))
        case "scale":
            scale(*map(int, arguments))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
