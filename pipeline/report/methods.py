"""Atlas -> a methods paragraph with its figures, and BibTeX of what it cites, to paste into a paper."""

from collections.abc import Iterator

from pipeline.atlas import AtlasData
from pipeline.clusterer.selection import USABLE, CutScore
from pipeline.clusterer.stability import FEWEST_SAMPLED
from pipeline.embedding.embedding import EmbeddingInfo
from pipeline.reducer.neighbourhood_preservation import neighbours_compared
from pipeline.reducer.umap import TINY

# By citation key: kind, authors, title, other fields, DOI ("" for none).
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
    "coupling": (
        "article",
        "Kessler, M. M.",
        "Bibliographic coupling between scientific papers",
        {"journal": "American Documentation", "volume": "14", "number": "1", "pages": "10--25", "year": "1963"},
        "10.1002/asi.5090140103",
    ),
    "ivf": (
        "article",
        "J{\\'e}gou, Herv{\\'e} and Douze, Matthijs and Schmid, Cordelia",
        "Product Quantization for Nearest Neighbor Search",
        {
            "journal": "IEEE Transactions on Pattern Analysis and Machine Intelligence",
            "volume": "33",
            "number": "1",
            "pages": "117--128",
            "year": "2011",
        },
        "10.1109/TPAMI.2010.57",
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
    "ensembles": (
        "article",
        "Strehl, Alexander and Ghosh, Joydeep",
        "Cluster Ensembles: A Knowledge Reuse Framework for Combining Multiple Partitions",
        {"journal": "Journal of Machine Learning Research", "volume": "3", "pages": "583--617", "year": "2002"},
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
    paragraph = " ".join(_sentences(atlas))
    cited = [key for key in REFERENCES if f"@{key}]" in paragraph or f"@{key};" in paragraph]
    return paragraph, "\n".join([*(_entry(key) for key in cited), _software(atlas)])


def _sentences(atlas: AtlasData) -> Iterator[str]:
    manifest = atlas.manifest
    counts = manifest.counts
    removed = (
        f" (after removal of {counts.duplicates:,} duplicates and {counts.rejected:,} unusable records from"
        f" {counts.read:,} records)"
    )
    yield (
        f"A corpus of {counts.kept:,} papers{removed if counts.read > counts.kept else ''} was analysed with paperatlas"
        f" {manifest.version} [@paperatlas] (random seed {manifest.config.seed})."
    )
    yield _embedding(manifest.embedding)
    recall = manifest.selection.neighbour_recall
    how = "determined exactly" if recall is None else f"searched in an inverted file [@ivf] (recall@15 {recall:.3f})"
    yield (
        f"For each paper, the {atlas.neighbours.k} nearest neighbours by cosine similarity were {how}; all subsequent"
        " steps used this neighbour graph."
    )
    if atlas.references is not None and (weight := manifest.config.neighbours.references):
        share = atlas.references.share
        others = ", the others kept their neighbours by text" if share < 1 else ""
        yield (
            f"For topics and map, bibliographic coupling [@coupling] was mixed into it with weight {weight:g}, text"
            f" with {1 - weight:g}; references were known of {share:.0%} of the papers{others}."
        )
    yield from _topics(atlas)
    yield from _stability(atlas)
    yield (
        "Keywords were ranked by class-based TF-IDF [@ctfidf] of phrases, document frequencies being counted over"
        " papers."
    )
    if manifest.selection.reducer.method == "umap":
        laid_out = manifest.selection.laid_out
        how = "" if laid_out is None else f", which laid out {laid_out:,} papers before the others were put beside them"
        yield f"The map is a two-dimensional UMAP embedding of the same graph{how}; {preservation_in_words(atlas)}."


def _embedding(embedding: EmbeddingInfo) -> str:
    if embedding.backend == "vectors":
        return f"Papers were represented by precomputed {embedding.dimensions}-dimensional vectors."
    if embedding.backend == "tfidf":
        return (
            "Titles and abstracts were represented by latent semantic analysis: TF-IDF reduced to"
            f" {embedding.dimensions} dimensions."
        )
    cited = "[@sbert; @minilm]" if "MiniLM" in embedding.model else "[@sbert]"
    model = embedding.model.rsplit("/", 1)[-1]
    if embedding.backend == "static":
        return (
            f"Titles and abstracts were represented by the sums of static token vectors ({embedding.dimensions}"
            f" dimensions) distilled, as in model2vec, from the sentence transformer {model} {cited}."
        )
    limit = f"with texts truncated to {embedding.max_tokens} tokens"
    if embedding.long_text != "truncate":
        limit = f"with longer texts represented by the mean of windows of {embedding.max_tokens} tokens"
    return (
        f"Titles and abstracts were embedded with the sentence transformer {model} {cited}"
        f" ({embedding.dimensions} dimensions, {embedding.precision}, model digest {embedding.model_digest[:12]}),"
        f" {limit}."
    )


def _topics(atlas: AtlasData) -> Iterator[str]:
    manifest = atlas.manifest
    counts, selection, libraries = manifest.counts, manifest.selection, manifest.libraries
    score = selection.selected_score
    if score is None:
        yield "The papers were treated as a single topic."
        return
    yield (
        f"The graph was reduced to {selection.reducer.n_components} dimensions with UMAP [@umap] (umap-learn"
        f" {libraries['umap-learn']}, n_neighbors = {selection.reducer.n_neighbors}, min_dist ="
        f" {manifest.config.reducer.min_dist:g}) {selection.restarts} times with different random seeds, and the points"
        f" of each fit were clustered with HDBSCAN [@hdbscan; @hdbscan-software] (hdbscan"
        f" {libraries['hdbscan']}, min_samples = {score.min_samples}, min_cluster_size = {score.min_cluster_size},"
        f" cluster selection {_selection_method(score)})."
    )
    yield _how_selected(atlas)
    if selection.sampled is not None:
        yield (
            f"The fits were made of a sample of {selection.sampled:,} papers, in which thinly populated regions count"
            " up to twice as much; the others joined by a similarity-weighted vote of their neighbours in it."
        )
    noise = (
        f"; {counts.noise / counts.kept:.0%} of the papers were noise and were assigned to the nearest topic by a"
        " similarity-weighted vote of their neighbours"
    )
    yield f"This yielded {counts.topics} topics{noise if counts.noise else ''}."


def _selection_method(score: CutScore) -> str:
    if score.max_cluster_share is None:
        return score.method
    return f"eom, max_cluster_size = {score.max_cluster_share:.0%} of the papers"


def _how_selected(atlas: AtlasData) -> str:
    """How the clusters of the fits became topics."""
    selection, granularity = atlas.manifest.selection, atlas.manifest.config.clusterer.granularity
    tried = len(selection.scores)
    if len(atlas) < TINY:
        return f"The most frequent of {tried} different clusterings was taken." if tried > 1 else "All fits agreed."
    sentences = []
    if selection.merged_to:
        why = f" (granularity = {granularity})" if granularity != "auto" else ""
        sentences.append(
            "In each fit, clusters were merged by the information bottleneck method [@bottleneck] until"
            f" {selection.merged_to} were left{why}."
        )
    if tried > 1 and granularity == "auto":
        sentences.append(
            f"That number was selected from {tried} by the share of nearest-neighbour pairs within one cluster, beyond"
            " that of a random Voronoi partition of the embedding with the same entropy, weighted by the collision"
            f" entropy of the cluster sizes and a log-normal prior around {USABLE} times the square root of the number"
            " of papers."
        )
    sentences.append(
        "The fits were combined by plurality voting after their clusters had been matched one to one [@ensembles];"
        " papers that had less than half of the possible support for a cluster were left as noise."
    )
    return " ".join(sentences)


def _stability(atlas: AtlasData) -> Iterator[str]:
    if atlas.manifest.selection.resamples:
        yield (
            f"In {resamples_in_words(atlas)}, a topic was recovered (Jaccard index above 0.5 [@stability])"
            f" {mean_stability(atlas):.0%} of the time on average; the mean adjusted mutual information between the"
            f" topics and those of a resample was {atlas.manifest.selection.agreement or 0:.2f}."
        )


def mean_stability(atlas: AtlasData) -> float:
    """Mean over the topics whose stability was measured, in [0, 1]; 0 without any."""
    stabilities = [topic.stability for topic in atlas.topics if topic.stability is not None]
    return sum(stabilities) / max(len(stabilities), 1)


def resamples_in_words(atlas: AtlasData) -> str:
    """How many resamples stability was measured on, and what each was."""
    of = "papers" if atlas.manifest.selection.sampled is None else "sampled papers"
    size = "all papers" if len(atlas) < FEWEST_SAMPLED else f"four fifths of the {of}"
    return f"{atlas.manifest.selection.resamples} resamples (each on {size}, with other random seeds)"


def preservation_in_words(atlas: AtlasData) -> str:
    """Neighbourhood preservation of the map of at least two papers, as a main clause."""
    true, near = neighbours_compared(len(atlas), atlas.neighbours.k)
    share = f"{atlas.manifest.selection.neighbourhood_preservation:.0%}"
    if true == 1:
        return f"for {share} of the papers, the most similar paper is among the {near} nearest on the map"
    return f"on average, {share} of a paper's {true} most similar papers are among its {near} nearest on the map"


def _entry(key: str) -> str:
    kind, authors, title, fields, doi = REFERENCES[key]
    entry = {"author": authors, "title": title, **fields, **({"doi": doi} if doi else {})}
    return f"@{kind}{{{key},\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items()) + "\n}"


def _software(atlas: AtlasData) -> str:
    year = atlas.manifest.finished[:4]
    entry = {"title": "paperatlas", "version": atlas.manifest.version, "year": year}
    return "@misc{paperatlas,\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items()) + "\n}"
