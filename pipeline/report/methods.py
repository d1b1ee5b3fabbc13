"""Manifest -> a paragraph on methods with its figures, and BibTeX of what it cites, ready to paste."""

from collections.abc import Iterator

from pipeline.atlas import AtlasData
from pipeline.clusterer.selection import CutScore
from pipeline.clusterer.stability import FEWEST_SAMPLED
from pipeline.embedding.embedding import EmbeddingInfo
from pipeline.reducer.umap import TINY

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


def methods(atlas: AtlasData) -> tuple[str, str]:
    """(paragraph, BibTeX). The paragraph cites by the BibTeX keys, as Pandoc's Markdown does: [@umap]."""
    sentences = list(_sentences(atlas))
    paragraph = " ".join(sentences)
    cited = [key for key in REFERENCES if f"@{key}]" in paragraph or f"@{key};" in paragraph]
    return paragraph, "\n".join([*(_entry(key) for key in cited), _software(atlas)])


def _sentences(atlas: AtlasData) -> Iterator[str]:
    manifest = atlas.manifest
    counts, selection, config = manifest.counts, manifest.selection, manifest.config
    yield (
        f"A corpus of {counts.kept:,} papers (of {counts.read:,} records; {counts.duplicates:,} duplicates and"
        f" {counts.rejected:,} rejected records left out) was analysed with paperatlas {manifest.version}"
        f" [@paperatlas], seed {config.seed}."
    )
    yield _embedding(manifest.embedding)
    yield (
        f"The {atlas.neighbours.k} nearest papers of each by cosine similarity were found exactly, and this graph was"
        " used throughout."
    )
    yield from _topics(atlas)
    yield (
        "Keywords were weighted by class-based TF-IDF on phrases [@ctfidf] with document frequencies counted on papers."
    )
    yield (
        "The map is a two-dimensional UMAP of the same graph; on average"
        f" {selection.neighbourhood_preservation:.0%} of a paper's nearest papers lie near it there."
    )


def _embedding(embedding: EmbeddingInfo) -> str:
    if embedding.backend == "vectors":
        return f"Papers were represented by {embedding.dimensions}-dimensional vectors of the authors' own."
    if embedding.backend == "tfidf":
        return (
            f"Titles and abstracts were represented by TF-IDF reduced to {embedding.dimensions} dimensions"
            " (latent semantic analysis)."
        )
    cited = "[@sbert; @minilm]" if "MiniLM" in embedding.model else "[@sbert]"
    model = embedding.model.rsplit("/", 1)[-1]
    return (
        f"Titles and abstracts were embedded with the sentence transformer {model} {cited}"
        f" ({embedding.dimensions} dimensions, {embedding.precision}, digest of its files"
        f" {embedding.model_digest[:12]}), of which it reads {embedding.max_tokens} tokens."
    )


def _topics(atlas: AtlasData) -> Iterator[str]:
    manifest = atlas.manifest
    counts, selection, libraries = manifest.counts, manifest.selection, manifest.libraries
    score = selection.selected_score
    if score is None:
        yield "The papers were treated as one topic."
        return
    yield (
        f"The graph was embedded into {selection.reducer.n_components} dimensions by UMAP [@umap] (umap-learn"
        f" {libraries['umap-learn']}, n_neighbors {selection.reducer.n_neighbors}, min_dist"
        f" {manifest.config.reducer.min_dist:g}) and clustered by HDBSCAN [@hdbscan; @hdbscan-software]"
        f" (hdbscan {libraries['hdbscan']}, min_samples {score.min_samples}, min_cluster_size"
        f" {score.min_cluster_size}, selection {_selection_method(score)}){_selected(atlas)}."
    )
    merged = f", merged to {selection.merged_to} by the information bottleneck [@bottleneck]"
    left_out = (
        f"; {counts.noise / counts.kept:.0%} of the papers lie between topics and were assigned to the nearest"
        " one by a similarity-weighted vote of their neighbours"
    )
    yield (
        f"This gave {counts.topics} topics{merged if selection.merged_to else ''}{left_out if counts.noise else ''}."
    )
    if selection.resamples:
        yield (
            f"In {selection.resamples} resamples {resampled_from(atlas)}, a topic was recovered (Jaccard index above"
            f" 0.5 [@stability]) {mean_stability(atlas):.0%} of the time on average; mean adjusted mutual"
            f" information with the topics was {selection.agreement or 0:.2f}."
        )


def _selection_method(score: CutScore) -> str:
    if score.max_cluster_share is None:
        return score.method
    return f"eom, max_cluster_size {score.max_cluster_share:.0%} of the papers"


def mean_stability(atlas: AtlasData) -> float:
    """Mean over the topics that were measured, in [0, 1]; 0 without any."""
    known = [topic.stability for topic in atlas.topics if topic.stability is not None]
    return sum(known) / max(len(known), 1)


def resampled_from(atlas: AtlasData) -> str:
    """What the resamples of the stability were made of, in words."""
    return "with other seeds" if len(atlas) < FEWEST_SAMPLED else "of four fifths of the papers, with other seeds"


def _selected(atlas: AtlasData) -> str:
    """How the settings of the cut were selected."""
    selection = atlas.manifest.selection
    tried = len(selection.scores)
    if tried == 1:
        return ", the only cut that told topics apart"
    if len(atlas) < TINY:
        return f"; of {tried} cuts it is the one that most of {selection.restarts} fits agreed on"
    return (
        f"; these settings are the best of {tried} cuts by the mutual information between a paper's topic and the"
        " topics of its nearest papers"
    )


def _entry(key: str) -> str:
    kind, authors, title, fields, doi = REFERENCES[key]
    entry = {"author": authors, "title": title, **fields, **({"doi": doi} if doi else {})}
    return f"@{kind}{{{key},\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items()) + "\n}"


def _software(atlas: AtlasData) -> str:
    year = atlas.manifest.finished[:4]
    entry = {"title": "paperatlas", "version": atlas.manifest.version, "year": year}
    return "@misc{paperatlas,\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items()) + "\n}"
