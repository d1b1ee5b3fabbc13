"""`paperatlas plan`: what a run would do, and what it would cost."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import show
from pipeline.cli.arguments import Json, Overrides
from pipeline.errors import PaperatlasError

if TYPE_CHECKING:
    from pipeline.build.plan import RunPlan
    from pipeline.build.preflight import Machines
    from pipeline.build.preflight_rates import Rates
    from pipeline.config import Config

MOST_PAPERS = 1e9


def plan(  # noqa: PLR0913 - one argument an option
    config: Annotated[
        Path | None,
        typer.Argument(metavar="[CONFIG]", help="TOML file, e.g. configs/seed.toml.", show_default="every default"),
    ] = None,
    *,
    papers: Annotated[
        float | None,
        typer.Option(metavar="N", min=1, max=MOST_PAPERS, help="So many papers, e.g. 1e6, not those of the config."),
    ] = None,
    nodes: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Machines like this one.")] = 1,
    gpus: Annotated[int, typer.Option(metavar="N", min=0, max=64, help="GPUs in each machine.")] = 0,
    gpu_rate: Annotated[
        float | None,
        typer.Option(metavar="RATE", min=0.001, help="Papers a second that a GPU embeds, if there is none here."),
    ] = None,
    memory: Annotated[
        float | None, typer.Option(metavar="GB", min=0.1, help="Memory of the machine.", show_default="of this one")
    ] = None,
    disk: Annotated[
        float | None, typer.Option(metavar="GB", min=0.1, help="Free disk.", show_default="of the run folder's")
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Measure this machine again, though it was measured before.")
    ] = False,
    overrides: Overrides = None,
    as_json: Json = False,
) -> None:
    """Show what a run would do, and what it would cost.

    Lists the stages with the reason for each, and estimates time, memory and disk from rates that are measured on this
    machine in some seconds. A run that cannot fit is refused with what would make it fit. Writes no run.
    """
    from pipeline.build import plan_run
    from pipeline.build.preflight_rates import known_rates
    from pipeline.config import cache_folder

    loaded = _config(config, tuple(overrides or ()), papers)
    machines = _machines(loaded, nodes=nodes, gpus=gpus, gpu_rate=gpu_rate, memory=memory, disk=disk)
    rates, measured_now = known_rates(loaded.embedding, cache_folder(), again=measure)
    planned = plan_run(loaded, rates, machines, papers=None if papers is None else int(papers))
    if as_json:
        show.print_json(planned.to_json())
    else:
        _show(planned, measured_now=measured_now)


def _config(file: Path | None, overrides: tuple[str, ...], papers: float | None) -> "Config":
    from pipeline.build.plan import default_config
    from pipeline.config import load_config

    if file is not None:
        return load_config(file, overrides)
    if papers is None:
        raise PaperatlasError("name a config, or a number of papers: --papers 1e6")
    if overrides:
        raise PaperatlasError("--set changes a config: name one")
    return default_config()


def _machines(
    config: "Config", *, nodes: int, gpus: int, gpu_rate: float | None, memory: float | None, disk: float | None
) -> "Machines":
    from pipeline.build.preflight import Machines
    from pipeline.build.preflight_machine import free_disk_mb, memory_mb
    from pipeline.embedding import choose_backend

    if gpus and gpu_rate is None and choose_backend(config.embedding).device == "cpu":
        raise PaperatlasError(
            "--gpus: no GPU here whose rate could be measured; plan on a machine that has one, or give --gpu-rate"
        )
    return Machines(
        nodes=nodes,
        gpus=gpus,
        gpu_rate=gpu_rate,
        memory_mb=memory_mb() if memory is None else memory * 1000,
        disk_mb=free_disk_mb(config.run_folder) if disk is None else disk * 1000,
    )


def _show(planned: "RunPlan", *, measured_now: bool) -> None:
    from pipeline.build.preflight import in_gb

    counted = f"{planned.papers:,} papers"
    if planned.read is not None:
        counted = (
            f"{planned.read:,} rows = {counted} + {planned.duplicates:,} duplicates + {planned.rejected:,} rejected"
        )
    show.line(f"{counted}, into {planned.run_folder}/")
    show.table([("stage", "left"), ("what runs", "fold"), ("why", "fold")], planned.steps)
    show.line()
    estimate = planned.estimate
    costs = [(stage.stage, duration(stage.seconds), stage.growth) for stage in estimate.stages]
    show.table([("stage", "left"), ("time", "right"), ("grows with", "fold")], costs)
    show.line(
        f"roughly {duration(estimate.seconds)}, {in_gb(estimate.memory_mb)} of memory, {in_gb(estimate.run_mb)} for the"
        f" run, {in_gb(estimate.cache_mb)} for the cache of vectors, {in_gb(estimate.working_mb)} more while it lasts"
    )
    show.line(_rates(planned.rates, planned.machines, measured_now=measured_now))
    for note in planned.notes:
        show.line(note)


def _rates(rates: "Rates", machines: "Machines", *, measured_now: bool) -> str:
    when = "now" if measured_now else "before (--measure does it again)"
    embedded = "" if rates.embedded is None else f"{rates.embedded:,.3g} papers embedded ({rates.embedder}), "
    given = f" A GPU embeds {machines.gpu_rate:,.3g} papers a second, as given." if machines.gpu_rate else ""
    return (
        f"Measured {when}, a second, on {rates.machine} with {rates.cores} cores: {embedded}{rates.texts:,.0f} texts"
        f" counted, {rates.pairs:.2g} pairs compared, {rates.lists:,.0f} lists of nearest, {rates.edges:.2g} edges of"
        f" UMAP. Other machines differ by factors; cached vectors cost nothing.{given}"
    )


def duration(seconds: float) -> str:
    """60 s, 12 min, 3.4 h or 9 days."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 5400:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
