"""`kmodel warm`: compile ahead what a check would compile, for images and machines that are set up once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from kmodel.cli.one_line import InputProblem, OneLineCommand, one_line

if TYPE_CHECKING:
    from kmodel.kernel import Model

STATES = 20_000  # enough that tables grow and states are numbered anew


@click.command(cls=OneLineCommand, short_help="Compile the search ahead, for CI images.")
@one_line
def warm() -> None:
    """Compile the search ahead and keep it on disk, so that no later check has to. Once done, it has nothing to do.

    It is kept beside the installed package, or in your cache folder, or in NUMBA_CACHE_DIR if that is set.

    \b
    Examples:
      kmodel warm
      NUMBA_CACHE_DIR=/opt/kmodel-cache kmodel warm
    """
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from kmodel.engines.tables import compiling, jit  # noqa: F401  # jit has the first functions that are kept

    if compiling.folder() is None:
        raise InputProblem("no folder for compiled functions can be written; set NUMBA_CACHE_DIR to one that can be")
    started = time.monotonic()
    telling = compiling.telling(lambda _: click.echo("compiling the search, for a minute or two", err=True))
    with ProcessPoolExecutor(1, get_context("spawn")) as beside, telling as compiled:
        reduced = beside.submit(_compile_reduced)
        for search in _searches():
            search()
        functions = {*compiled, *reduced.result()}
    took = f"{time.monotonic() - started:.0f} s"
    done = f"compiled {len(functions)} functions in {took}" if functions else "there is nothing left to compile"
    click.echo(f"{done}; they are kept in {compiling.folder()}")


def _searches() -> Iterator[Callable[[], object]]:
    """Yield one search of each kind but the reduced one, of a scenario that comes with kmodel."""
    from functools import partial

    from kmodel.engines.exhaustive import Bounds, Checkpoints, explore
    from kmodel.reporting.handler import drive

    model, of_equal_nodes = _pod_creation(), _pod_creation(nodes=2)

    def run(bounds: Bounds) -> None:
        drive(explore(of_equal_nodes if bounds.symmetry else model, bounds))

    yield partial(run, Bounds())  # to its end, as only then temporal specs are judged
    yield lambda: drive(explore(_never_at_rest(), Bounds()))
    yield partial(run, Bounds(STATES, symmetry=True))
    yield partial(run, Bounds(STATES, fingerprints=True))
    yield partial(run, Bounds(STATES, threads=2))
    with TemporaryDirectory() as temporary:
        folder, at_once = Path(temporary), 1e-3
        yield partial(run, Bounds(STATES, max_memory_bytes=1 << 20, spill_folder=folder))
        yield partial(run, Bounds(STATES // 2, checkpoints=Checkpoints(folder / "checkpoint", at_once)))
        yield partial(run, Bounds(STATES, checkpoints=Checkpoints(folder / "checkpoint", resume=True)))


def _compile_reduced() -> list[str]:
    """Compile the search with partial-order reduction, half of all there is, in a process of its own; return what."""
    from kmodel.engines.exhaustive import Bounds, explore
    from kmodel.engines.tables import compiling
    from kmodel.reporting.handler import drive

    with compiling.telling(lambda _: None) as compiled:
        drive(explore(_pod_creation(), Bounds(STATES, partial_order=True)))
    return compiled


def _pod_creation(nodes: int | None = None) -> Model:
    from kmodel.project import BUILT_IN_FOLDER, Project

    project = Project(BUILT_IN_FOLDER)
    return project.read([project.scenarios["pod-creation"]], nodes=nodes).model(project.specs)


def _never_at_rest() -> Model:
    """Return a model whose runs go round for ever, with a spec of their steps, as no scenario has one."""
    from kmodel.kernel import Cell, Cluster, Model, Step, finitely_often, transition

    is_on: Cell[bool] = Cell("light")

    @transition(actor="switch")
    def toggle(cluster: Cluster) -> Cluster:
        return cluster.set(is_on, not cluster[is_on])

    @finitely_often
    def it_is_left_alone(step: Step) -> bool:
        return not step.writes

    return Model.of({is_on: False}, (toggle,), (it_is_left_alone,))
