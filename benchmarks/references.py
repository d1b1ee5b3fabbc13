"""References: how many are parsed right, what they add to text, and how long they take.

python -m benchmarks.references draw EXPORTS > for-reading.tsv    300 references of real exports, with what was parsed
python -m benchmarks.references judged                            the verdicts kept in benchmarks/references_parsed.tsv
python -m benchmarks.references across EXPORTS FILE FILE          200 works that both files cite, for reading
python -m benchmarks.references withheld DATA                     is a paper's withheld citation among the most similar?
python -m benchmarks.references labels DATA                       do the most similar share its categories?
python -m benchmarks.references topics DATA                       topics with references mixed in: AMI with categories
python -m benchmarks.references scale [PAPERS]                    works and coupling of PAPERS with 30 references each
"""

import random
import resource
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.cited_corpora import CORPORA, read_cited
from benchmarks.granularity import Labelled, measure
from benchmarks.withheld_citations import by_labels, withheld
from pipeline.corpus.adapters import Adapters
from pipeline.corpus.cited_references import REFERENCES, to_references
from pipeline.corpus.decoding import mend_records
from pipeline.corpus.formats import find_format
from pipeline.corpus.record import Rejected
from pipeline.corpus.sources import Source
from pipeline.errors import PaperatlasError
from pipeline.neighbours import find_neighbours
from pipeline.neighbours.coupled_neighbours import mix_coupling
from pipeline.recommender.related_papers import related_papers, shared_references
from pipeline.references import (
    CitedWorks,
    ParsedReference,
    count_coverage,
    coupling,
    find_works,
    match_works,
    parse_reference,
    read_reference_lists,
    store_references,
)

SEED = 17
K, GRAPH_WEIGHTS = 50, (0.0, 0.25, 0.5)
EACH = 100  # references drawn from Web of Science, from Scopus, and from the others
JUDGED = Path(__file__).with_name("references_parsed.tsv")


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


def topics(folder: Path) -> None:
    """Agreement of nearest topics with the category of the papers that have exactly one, by weight of references."""
    for name in CORPORA:
        corpus = read_cited(name, folder)
        neighbours, links = find_neighbours(corpus.vectors, k=K), coupling(corpus.works, strongest=K)
        papers = Labelled(name, corpus.vectors, corpus.category)
        for weight in GRAPH_WEIGHTS:
            graph = mix_coupling(neighbours, links, vectors=corpus.vectors, weight=weight)
            lists = zip(graph.indices.tolist(), neighbours.indices.tolist(), strict=True)
            same = np.mean([len({*one} & {*other}) / K for one, other in lists])
            result = measure(papers, graph, seed=0, resamples=0)
            print(
                f"{name}, weight {weight}: {same:.0%} of the neighbours kept; {result.topics} topics,"
                f" AMI {result.ami:.3f}, ARI {result.ari:.3f}, noise {result.noise:.0%}",
                flush=True,
            )


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
    _print_query_times(works)


def _print_query_times(works: CitedWorks, *, queries: int = 500, listed: int = 200, shown: int = 10) -> None:
    """What references add to one query: the papers related, how alike the candidates are, reasons for those shown."""
    start = time.process_time()
    stored = store_references(works)
    assert stored is not None
    made = time.process_time()
    stored.citing(0), stored.name(0)  # what the first query of a process makes for all
    first = time.process_time()
    rng, taken = np.random.default_rng(SEED), []
    for row in rng.integers(len(stored), size=queries).tolist():
        candidates = rng.integers(len(stored), size=listed)
        before = time.process_time()
        asked = stored.list_of([row])
        related = related_papers(stored, asked, weight=0.5)
        assert related is not None
        related.likeness(np.concatenate([candidates, related.candidates()]))
        for other in candidates[:shown].tolist():
            shared_references(stored, asked, row=other)
        taken.append(1000 * (time.process_time() - before))
    median, late = np.quantile(taken, [0.5, 0.95])
    print(f"arrays {made - start:.1f} s, once at load {first - made:.2f} s, a query {median:.2f} ms (95th {late:.2f})")


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
        case "labels":
            by_labels(Path(arguments[0]))
        case "topics":
            topics(Path(arguments[0]))
        case "scale":
            scale(*map(int, arguments))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["help"]))
