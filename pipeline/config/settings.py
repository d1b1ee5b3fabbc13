"""Every setting, its default and its one-line meaning, as frozen models."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline.config.run_section import RunConfig

DEFAULT_MODEL = "all-MiniLM-L6-v2"
MOST_FOLDERS = 200
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"

Name = Annotated[str, Field(min_length=1, max_length=80)]
Sentence = Annotated[str, Field(min_length=1, max_length=5000)]
Texts = Annotated[tuple[str, ...], Field(strict=False)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FieldNames(_Section):
    """[corpus.fields]: which field of the source holds what; a field left out is recognised by its usual names."""

    id: str | None = Field(None, description="field with the paper's id; default: id, paper_id, arxiv_id, doi ...")
    title: str | None = Field(None, description="field with the title")
    abstract: str | None = Field(None, description="field with the abstract; default: abstract, summary ...")
    authors: str | None = Field(None, description="field with the authors: a list, or text separated by ';'")
    year: str | None = Field(None, description="field with the year, or a date that starts with it")


class CleanConfig(_Section):
    """[corpus.clean]: what is removed from a text before it is embedded; markup is not shown either."""

    control: bool = Field(True, description="remove control characters, soft hyphens, zero-width characters")
    markup: bool = Field(True, description="remove HTML and JATS tags, entities, MathML, also from what is shown")
    latex: bool = Field(True, description="remove LaTeX commands and math delimiters")
    labels: bool = Field(True, description='remove "Abstract:" at the beginning')
    copyright: bool = Field(True, description="remove copyright lines of publishers")
    repeats: bool = Field(True, description="remove the title repeated before the abstract, an abstract given twice")


class CorpusConfig(_Section):
    """[corpus]"""

    files: Annotated[tuple[str, ...], Field(strict=False, min_length=1)] = Field(
        description="paths, globs or folders, relative to this file, also .gz .zst .zip; formats recognised by content"
    )
    encoding: str = Field("utf-8", description="text encoding of the files, as Python names it")
    title_only: Literal["keep", "drop"] = Field("keep", description='papers without an abstract: "keep" or "drop"')
    deduplication: Literal["merge", "keep"] = Field(
        "merge", description='records of one work (same DOI, arXiv id, or title, author and year): "merge" or "keep"'
    )
    fields: FieldNames = FieldNames()
    clean: CleanConfig = CleanConfig()


class EmbeddingConfig(_Section):
    """[embedding]"""

    backend: Literal["auto", "openvino", "sentence-transformers", "static", "tfidf", "vectors"] = Field(
        "auto",
        description='"auto", "openvino", "sentence-transformers", "static" (distilled from the model: fast and coarse),'
        ' "tfidf" (no model) or "vectors" (your own)',
    )
    model: str = Field(
        DEFAULT_MODEL,
        description="name of a sentence-transformers model, or a folder with one: ./folder, relative to this file",
    )
    revision: str | None = Field(None, description="revision of the model on the Hugging Face hub")
    download: bool = Field(False, description="allow downloading the model from the Hugging Face hub")
    device: Literal["auto", "cpu", "cuda", "mps"] = Field("auto", description='"auto", "cpu", "cuda" or "mps"')
    precision: Literal["auto", "float32", "bfloat16", "float16", "int8"] = Field(
        "auto",
        description='"auto" (bfloat16 where the CPU computes it), "float32", "bfloat16", "float16" or "int8" (faster,'
        " a little coarser)",
    )
    long_text: Literal["truncate", "mean_of_chunks"] = Field(
        "truncate", description='text longer than the model reads: "truncate" or "mean_of_chunks"'
    )
    sentences: bool = Field(
        False, description="also keep a vector of every sentence, to rank and explain similar papers by sentences"
    )
    vectors: str | None = Field(None, description='for "vectors": .npy file, one row per paper in the order read')
    vectors_column: str | None = Field(None, description='for "vectors": field of the source that holds the vector')
    cache: bool = Field(True, description="keep vectors, so that no text is embedded twice")
    cache_gb: float = Field(
        5.0, gt=0, le=1e6, description="size limit of the cache in GB; beyond it the oldest vectors are dropped"
    )


class NeighboursConfig(_Section):
    """[neighbours]"""

    k: int = Field(50, ge=1, le=1000, description="number of most similar papers kept for every paper")
    references: float = Field(0.0, ge=0, le=1, description="weight of shared references in the graph of topics and map")


class ReducerConfig(_Section):
    """[reducer]: UMAP"""

    n_components: int = Field(5, ge=2, le=100, description="dimensions in which papers are clustered")
    n_neighbors: int = Field(30, ge=2, le=200, description="size of a paper's neighbourhood in UMAP, itself included")
    min_dist: float = Field(0.0, ge=0, lt=1, description="how close UMAP may place two papers, for clustering")
    map_min_dist: float = Field(0.1, ge=0, lt=1, description="the same, for the map")


class ClustererConfig(_Section):
    """[clusterer]: HDBSCAN"""

    granularity: Literal["auto", "coarse", "fine"] | Annotated[int, Field(ge=2)] = Field(
        "auto",
        description='how many topics: "auto" (the best by the neighbour graph), "coarse" (half as many), "fine"'
        " (twice as many), or a number",
    )
    min_cluster_size: Literal["auto"] | Annotated[int, Field(ge=2)] = Field(
        "auto",
        description='papers in the smallest topic, if you know it; "auto" merges narrow topics to the number that the'
        " neighbour graph supports",
    )
    method: Literal["auto", "leaf", "eom", "max_cluster_size"] = Field(
        "auto",
        description='selection from the tree: "leaf", "eom", "max_cluster_size" (eom without large topics) or "auto"'
        ' ("leaf"; "eom" below 16 papers)',
    )
    min_samples: Literal["auto"] | Annotated[int, Field(ge=1, le=1000)] = Field(
        "auto",
        description='papers that make a region dense; higher leaves more papers as noise; "auto" is 5, fewer in a small'
        " corpus",
    )


class RenameEdit(_Section):
    """One [[topics.edits.rename]]."""

    topic_of: str = Field(description="id of a paper of the topic")
    label: str = Field(min_length=1, max_length=80, description="the topic's new name")


class MergeEdit(_Section):
    """One [[topics.edits.merge]]."""

    topics_of: Annotated[tuple[str, ...], Field(strict=False, min_length=2)] = Field(
        description="ids of papers, one of each topic"
    )


class PinEdit(_Section):
    """One [[topics.edits.pin]]."""

    papers: Annotated[tuple[str, ...], Field(strict=False, min_length=1)] = Field(description="ids of papers")
    topic_of: str = Field(description="id of a paper of the topic they belong to")


class TopicEdits(_Section):
    """[topics.edits]: changes by hand. Topics are named by a paper in them, so that edits survive the next run."""

    merge: Annotated[tuple[MergeEdit, ...], Field(strict=False)] = Field((), description="topics to merge")
    pin: Annotated[tuple[PinEdit, ...], Field(strict=False)] = Field((), description="papers to put into a topic")
    rename: Annotated[tuple[RenameEdit, ...], Field(strict=False)] = Field((), description="topics to rename")


class ChatConfig(_Section):
    """[topics.chat]: topics named by a language model behind an OpenAI-compatible address; off without a url."""

    url: str | None = Field(
        None, pattern=r"^https?://", description='address of the service, e.g. "http://localhost:11434/v1" (Ollama)'
    )
    model: str = Field("", max_length=200, description="name of the service's model")
    key_variable: str | None = Field(
        None, description="environment variable that holds the service's key, if it has one"
    )
    timeout: float = Field(30.0, gt=0, le=600, description="seconds to wait for one answer")
    titles: int = Field(5, ge=0, le=30, description="titles of central papers sent with the keywords of a topic")


class TopicsConfig(_Section):
    """[topics]"""

    keywords: int = Field(10, ge=1, le=100, description="keywords listed for each topic")
    representatives: int = Field(3, ge=1, le=50, description="central, MMR and boundary papers listed for each topic")
    stop_words: Texts = Field((), description="additional stop words, never part of a keyword or label")
    resamples: int = Field(
        5,
        ge=0,
        le=100,
        description="number of clusterings on other samples and seeds, to measure how stable each topic is",
    )
    seeded: Annotated[dict[Name, Sentence], Field(strict=False)] = Field(
        {}, description="seeded topics: a name and a sentence that describes it; papers close to it go there"
    )
    chat: ChatConfig = ChatConfig()
    edits: TopicEdits = TopicEdits()

    @field_validator("seeded")
    @classmethod
    def _distinct(cls, seeded: dict[str, str]) -> dict[str, str]:
        """Raises ValueError where two names share a sentence: the second topic would get no papers."""
        seen: dict[str, str] = {}
        for name, sentence in seeded.items():
            plain = " ".join(sentence.lower().split())
            if plain in seen:
                raise ValueError(
                    f"{seen[plain]} and {name} have the same sentence; leave one out, or say how they differ"
                )
            seen[plain] = name
        return seeded


class SimilarConfig(_Section):
    """[similar]: candidates by cosine of the embeddings, ranked by the sum of four parts."""

    k: int = Field(10, ge=1, le=1000, description="similar papers returned by default")
    candidates: int = Field(200, ge=10, le=10_000, description="papers nearest by embedding, which are then ranked")
    dense: float = Field(1.0, ge=0, le=1000, description="weight of the cosine of the embeddings")
    lexical: float = Field(0.5, ge=0, le=1000, description="weight of shared words (TF-IDF cosine)")
    sentences: float = Field(
        0.5, ge=0, le=1000, description="weight of the sentence match, where sentence vectors are kept"
    )
    references: Literal["auto"] | Annotated[float, Field(ge=0, le=1000)] = Field(
        "auto",
        description='weight of references beside 1 for the whole text; "auto": 0.5 where more than half of the papers'
        " have references, else 0",
    )


class MapConfig(_Section):
    """[map]"""

    title: str | None = Field(None, description="title on the map; default: the run's name")
    width: int = Field(1600, ge=300, le=10_000, description="width of map.png in pixels")
    height: int = Field(1100, ge=300, le=10_000, description="height of map.png in pixels")
    labels: int = Field(
        60, ge=0, le=1000, description="largest number of topic labels drawn; those that would overlap are left out"
    )
    html: bool = Field(True, description="also write map.html, the map as one file that opens in any browser")
    budget_mb: float = Field(
        30.0,
        ge=5,
        le=2000,
        description="size limit of map.html in MB; beyond it abstracts, then similar papers, then papers are left out",
    )


class OutputConfig(_Section):
    """[output]"""

    folder: str | None = Field(
        None, description="run folder, relative to this file; default: outputs/<name> in the working directory"
    )

    @field_validator("folder")
    @classmethod
    def _not_deep(cls, folder: str | None) -> str | None:
        """Raises ValueError for more folders inside one another than anybody made by hand."""
        if folder is not None and len(Path(folder).parts) > MOST_FOLDERS:
            raise ValueError(f"more than {MOST_FOLDERS} folders inside one another")
        return folder


class Config(_Section):
    """All settings of one run. path: the config file; relative paths start from its folder."""

    name: Annotated[str, Field(pattern=NAME_PATTERN)] = Field(
        "", description="the run's name; default: the config file's name without .toml"
    )
    seed: int = Field(42, ge=0, lt=2**32, description="random seed")
    baseline: str | None = Field(
        None,
        description="earlier run (a folder, relative to this file) whose topics keep their ids, names and colours",
    )
    run: RunConfig = RunConfig()
    corpus: CorpusConfig
    embedding: EmbeddingConfig = EmbeddingConfig()
    neighbours: NeighboursConfig = NeighboursConfig()
    reducer: ReducerConfig = ReducerConfig()
    clusterer: ClustererConfig = ClustererConfig()
    topics: TopicsConfig = TopicsConfig()
    similar: SimilarConfig = SimilarConfig()
    map: MapConfig = MapConfig()
    output: OutputConfig = OutputConfig()
    path: Path = Field(Path("config.toml"), exclude=True, strict=False)

    @property
    def folder(self) -> Path:
        """The folder from which the relative paths of the config start."""
        return self.path.parent

    @property
    def run_folder(self) -> Path:
        """The folder of the result: outputs/<name> in the working directory, or [output] folder."""
        return self.folder / self.output.folder if self.output.folder else Path("outputs") / self.name

    @property
    def shards(self) -> str:
        """The address of the shards of a run: an absolute folder, or what [run] shards names with `://`."""
        given = self.run.shards
        if given is None:
            run = self.run_folder.resolve()
            return str(run.with_name(f"{run.name}.shards"))
        return given if "://" in given else str((self.folder / Path(given).expanduser()).resolve())


def known_keys() -> dict[str, str]:
    """Every dotted key with its meaning, sections included."""
    keys: dict[str, str] = {}

    def walk(section: type[BaseModel], prefix: str) -> None:
        for name, field in section.model_fields.items():
            if field.exclude:
                continue
            keys[prefix + name] = field.description or ""
            if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
                walk(field.annotation, f"{prefix}{name}.")

    walk(Config, "")
    return keys
