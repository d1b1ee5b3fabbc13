"""[run] -> where the work of a run is done, as a frozen model."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class RunConfig(BaseModel):
    """[run]: where the work is done; the result does not depend on it."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    executor: Literal["local", "processes", "ray"] = Field(
        "local", description='who does the work: "local" (this process), "processes" (workers beside it) or "ray"'
    )
    workers: Literal["auto"] | Annotated[int, Field(ge=1, le=100_000)] = Field(
        "auto", description='workers at once, of one core each; "auto" is one for each core'
    )
    address: str | None = Field(
        None, description='for "ray": host:port of the cluster, "local" for this machine; default: RAY_ADDRESS'
    )
    token_variable: str | None = Field(
        None, description='for "ray": environment variable that holds the token of the cluster, if Ray has it nowhere'
    )
    shard_papers: int = Field(
        100_000, ge=1, le=10_000_000, description="papers of a shard; a smaller corpus is one shard, in memory"
    )
    shards: str | None = Field(
        None,
        description="folder of shards while a run lasts, which every worker reaches, or s3://bucket/name; default: the"
        " run folder's name and .shards",
    )
