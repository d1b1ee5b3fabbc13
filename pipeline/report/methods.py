"""Manifest -> a paragraph on methods with its figures, and BibTeX of what it cites, ready to paste."""

from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.atlas import Atlas
from pipeline.clusterer.stability import FEWEST_SAMPLED
from pipeline.reducer import TINY

# Facts of publication only; the keys are those that the paragraph cites.
REFERENCES = {
    "umap": (
        "article",
        "McInnes, Leland and Healy, John and Saul, Nathaniel and Gro{\\ss}berger, Lukas",
        "{UMAP}: Uniform Manifold Approximation and Projection",
        {"journal": "Journal of Open Source Software", "volume": "3", "number": "29", "pages": "861", "year": "2018"},
        "10.21105/joss.00861",
    ),
    "hdbscan": (
        "inproceedings",
        'Campello, Ricardo J. G. B. and Moulavi, Davoud and Sander, J{\\"o}rg',
        "Density-Based Clustering Based on Hierarchical Density Estimates",
        {"booktitle": "Advances in Knowledge Discovery and Data Mining", "pages": "160--172", "year": "2013"},
        "10.1007/978-3-642-37456-2_14",
    ),
    "hdbscan-software": (
        "article",
        "McInnes, Leland and Healy, John and Astels, Steve",
        "hdbscan: Hierarchical density based clustering",
        {"journal": "Journal of Open Source Software", "volume": "2", "number": "11", "pages": "205", "year": "2017"},
        "10.21105/joss.00205",
    ),
    "sbert": (
        "inproceedings",
        "Reimers, Nils and Gurevych, Iryna",
        "Sentence-{BERT}: Sentence Embeddings using Siamese {BERT}-Networks",
        {"booktitle": "Proceedings of EMNLP-IJCNLP", "pages": "3982--3992", "year": "2019"},
        "10.18653/v1/D19-1410",
    ),
    "minilm": (
        "inproceedings",
        "Wang, Wenhui and Wei, Furu and Dong, Li and Bao, Hangbo and Yang, Nan and Zhou, Ming",
        "{MiniLM}: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers",
        {"booktitle": "Advances in Neural Information Processing Systems", "volume": "33", "year": "2020"},
        "",
    ),
    "ctfidf": (
        "misc",
        "Grootendorst, Maarten",
        "{BERTopic}: Neural topic modeling with a class-based {TF-IDF} procedure",
        {"eprint": "2203.05794", "archiveprefix": "arXiv", "year": "2022"},
        "",
    ),
    "bottleneck": (
        "inproceedings",
        "Slonim, Noam and Tishby, Naftali",
        "Agglomerative Information Bottleneck",
        {"booktitle": "Advances in Neural Information Processing Systems", "volume": "12", "year": "1999"},
        "",
    ),
    "stability": (
        "article",
        "Hennig, Christian",
        "Cluster-wise assessment of cluster stability",
        {
            "journal": "Computational Statistics {\\&} Data Analysis",
            "volume": "52",
            "number": "1",
            "pages": "258--271",
            "year": "2007",
        },
        "10.1016/j.csda.2006.11.025",
    ),
}


def methods(atlas: Atlas) -> tuple[str, str]:
    """(paragraph, BibTeX). The paragraph cites by the BibTeX keys, as Pandoc's Markdown does: [@umap]."""
    sentences = list(_sentences(atlas))
    paragraph = " ".join(sentences)
    cited = [key for key in REFERENCES if f"@{key}]" in paragraph or f"@{key};" in paragraph]
    return paragraph, "\n".join([*(_entry(key) for key in cited), _software(atlas)])


def _sentences(atlas: Atlas) -> Iterator[str]:
    manifest = atlas.manifest
    counts, choice, config = manifest.counts, manifest.choice, manifest.config
    yield (
        f"A corpus of {counts['kept']:,} papers (of {counts['read']:,} records; {counts['duplicates']:,} duplicates and"
        f" {counts['rejected']:,} rejected records left out) was analysed with paperatlas {manifest.version}"
        f" [@paperatlas], seed {config['seed']}."
    )
    yield _embedding(manifest.embedding)
    yield (
        f"The {atlas.neighbours.k} nearest papers of each by cosine similarity were found exactly, and this graph was"
        " used throughout."
    )
    yield from _topics(atlas, choice, manifest.libraries)
    yield (
        "Keywords were weighted by class-based TF-IDF on phrases [@ctfidf] with document frequencies counted on papers."
    )
    yield (
        f"The map is a two-dimensional UMAP of the same graph; on average {choice['map_trust']:.0%} of a paper's"
        " nearest papers lie near it there."
    )


def _embedding(embedding: Mapping[str, Any]) -> str:
    if embedding["backend"] == "vectors":
        return f"Papers were represented by {embedding['dimensions']}-dimensional vectors of the authors' own."
    if embedding["backend"] == "tfidf":
        return (
            f"Titles and abstracts were represented by TF-IDF reduced to {embedding['dimensions']} dimensions"
            " (latent semantic analysis)."
        )
    cited = "[@sbert; @minilm]" if "MiniLM" in embedding["model"] else "[@sbert]"
    model = embedding["model"].rsplit("/", 1)[-1]
    return (
        f"Titles and abstracts were embedded with the sentence transformer {model} {cited}"
        f" ({embedding['dimensions']} dimensions, {embedding['precision']}, digest of its files"
        f" {embedding['model_digest'][:12]}), of which it reads {embedding['max_tokens']} tokens."
    )


def _topics(atlas: Atlas, choice: Mapping[str, Any], libraries: Mapping[str, str]) -> Iterator[str]:
    counts, reducer, curve = atlas.manifest.counts, choice["reducer"], choice["curve"]
    if choice["taken"] is None:
        yield "The papers were treated as one topic."
        return
    taken = curve[choice["taken"]]
    yield (
        f"The graph was embedded into {reducer['n_components']} dimensions by UMAP [@umap] (umap-learn"
        f" {libraries['umap-learn']}, n_neighbors {reducer['n_neighbors']}, min_dist"
        f" {atlas.manifest.config['reducer']['min_dist']:g}) and clustered by HDBSCAN [@hdbscan; @hdbscan-software]"
        f" (hdbscan {libraries['hdbscan']}, min_samples {taken['min_samples']}, min_cluster_size"
        f" {taken['min_cluster_size']}, selection {taken['method']}){_chosen(atlas)}."
    )
    merged = (
        f", joined to {choice['merged_to']} by the information bottleneck [@bottleneck]" if choice["merged_to"] else ""
    )
    left_out = (
        f"; {counts['noise'] / counts['kept']:.0%} of the papers lie between topics and were assigned to the nearest"
        " one by a similarity-weighted vote of their neighbours"
    )
    yield f"This gave {counts['topics']} topics{merged}{left_out if counts['noise'] else ''}."
    if choice["refits"]:
        yield (
            f"In {choice['refits']} refits {refits_on(atlas)}, a topic came back (Jaccard index above 0.5"
            f" [@stability]) in {mean_stability(atlas):.0%} of the cases on average; mean adjusted mutual"
            f" information with the topics was {choice['agreement']:.2f}."
        )


def mean_stability(atlas: Atlas) -> float:
    """Mean over the topics that were refitted, in [0, 1]; 0 without any."""
    known = [topic.stability for topic in atlas.topics if topic.stability is not None]
    return sum(known) / max(len(known), 1)


def refits_on(atlas: Atlas) -> str:
    """What the refits of the stability were made on, in words."""
    return "with other seeds" if len(atlas) < FEWEST_SAMPLED else "on random samples and with other seeds"


def _chosen(atlas: Atlas) -> str:
    """How the settings of the cut were chosen."""
    choice = atlas.manifest.choice
    if len(choice["curve"]) == 1:
        return ", the only cut that told topics apart"
    if len(atlas) < TINY:
        return f"; of {len(choice['curve'])} cuts it is the one that most of {choice['restarts']} fits agreed on"
    return (
        f"; these settings are the best of {len(choice['curve'])} cuts by the mutual information between a paper's"
        " topic and the topics of its nearest papers"
    )


def _entry(key: str) -> str:
    kind, authors, title, fields, doi = REFERENCES[key]
    told = {"author": authors, "title": title, **fields, **({"doi": doi} if doi else {})}
    return f"@{kind}{{{key},\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in told.items()) + "\n}"


def _software(atlas: Atlas) -> str:
    year = atlas.manifest.finished[:4]
    told = {"title": "paperatlas", "version": atlas.manifest.version, "year": year}
    return "@misc{paperatlas,\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in told.items()) + "\n}"
