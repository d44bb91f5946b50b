"""`kmodel explore`: step through a model by hand, in a local page."""

from __future__ import annotations

import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kmodel.cli.inputs import all_specs, complete_scenario, read_files, read_one, scenario_options
from kmodel.cli.one_line import InputProblem, OneLineCommand, one_line
from kmodel.cli.replay import made_of
from kmodel.printable import in_one_line

if TYPE_CHECKING:
    from kmodel.explorer.pages import ExplorerPages, GuidedTour
    from kmodel.explorer.walk import Address
    from kmodel.kernel import Model
    from kmodel.project import Input, ModelFile

TOURS = ("pod-creation",)  # as in kmodel.kubernetes.scenario.tours, which is not loaded for a help text


@click.command(cls=OneLineCommand, short_help="Step through a scenario by hand, in a local page.")
@click.argument("what", required=False, metavar="[SCENARIO|TRACE.json]", shell_complete=complete_scenario)
@scenario_options
@click.option("--path", metavar="0/3/1", help="Begin at this address.")
@click.option("--tour", type=click.Choice(TOURS), help="Be guided through a story, one step at a time.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="The port of the page; 0: any that is free.")
@click.option("--open/--no-open", "opens", default=True, show_default=True, help="Open the page in a browser.")
@click.option("--tui", is_flag=True, help="In the terminal, by commands of a letter or a number each; no page.")
@one_line
def explore(
    what: str | None,
    filenames: tuple[Path, ...],
    nodes: int | None,
    faults: dict[str, int] | None,
    path: str | None,
    tour: str | None,
    port: int,
    opens: bool,
    tui: bool,
) -> None:
    """Step through a scenario by hand: what can happen next, what each step would change, what the specs say.

    The page is on this machine only, and its link has a key; it is there until you press Ctrl-C. States are found as
    you ask for them, so a scenario may have any number. A trace file of a report is gone on from its end.

    \b
    Examples:
      kmodel explore pod-creation
      kmodel explore --tour pod-creation
      kmodel explore reports/pod/trace-a_bound_pod_requests_memory.json
      kmodel explore -f pod.yaml --nodes 2 --path 0/0/1
      kmodel explore pod-creation --tui
    """
    if tui:
        _in_terminal(*_pages(what, filenames, nodes, faults, path, tour))
        return
    try:
        import starlette  # noqa: F401
        import uvicorn
    except ImportError:
        raise InputProblem("the explorer needs starlette and uvicorn; pip install 'kmodel[explore]'") from None
    from kmodel.explorer.server import LOOPBACK, Site, application

    pages, address = _pages(what, filenames, nodes, faults, path, tour)
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
        listening.listen()  # a browser that is faster than the server waits
    except OSError as error:
        raise InputProblem(f"port {port}: {error.strerror}; name another one with --port") from None
    site = Site(listening.getsockname()[1])
    link = site.url("at", address) if tour is None else site.url("tour", (0,))
    click.echo(in_one_line(f"explore  {link}"))
    click.echo("Ctrl-C ends it")
    if opens:
        click.launch(link)
    config = uvicorn.Config(application(pages, site), log_level="error", access_log=False)
    with suppress(KeyboardInterrupt):  # which is how one ends it
        uvicorn.Server(config).run(sockets=[listening])


def _in_terminal(pages: ExplorerPages, address: Address) -> None:
    """Say at each step what can happen next, and take what is typed, until that is q or ends."""
    import shutil
    import sys

    from kmodel.explorer.terminal import TerminalWalk
    from kmodel.printable import printable

    if pages.tour.steps:
        raise InputProblem("a tour is told on pages only; leave out --tui")
    for text in TerminalWalk(pages.walk, address, shutil.get_terminal_size().columns).talk(sys.stdin):
        click.echo(printable(text))


def _pages(
    what: str | None,
    filenames: tuple[Path, ...],
    nodes: int | None,
    faults: dict[str, int] | None,
    path: str | None,
    tour: str | None,
) -> tuple[ExplorerPages, Address]:
    """Return the pages, and the address to begin at."""
    from kmodel.explorer.pages import ExplorerPages, GuidedTour
    from kmodel.explorer.walk import Walk, read_address
    from kmodel.kubernetes.scenario import tours

    address: Address = (0,) if path is None else read_address(path)
    guided = GuidedTour()
    if tour is not None:
        if what is not None or filenames:
            raise InputProblem("a tour has a scenario of its own; leave out others")
        given: Input | ModelFile = read_files([tours.TOURS[tour].scenario], nodes, faults)
    elif what is not None and what.endswith(".json"):
        given, address = _of_trace(Path(what), filenames, nodes, faults)
    else:
        given = read_one(what, filenames, nodes, faults)
    model = given.model(all_specs() if given.own_specs is None else given.own_specs)
    if tour is not None:
        guided = _guided(model, tours.TOURS[tour])
    walk = Walk(model, given)
    walk.trace(address)  # says now that there is none
    return ExplorerPages(given.source, walk, guided), address


def _guided(model: Model, tour: object) -> GuidedTour:
    from kmodel.explorer.pages import GuidedTour, TourStep
    from kmodel.kubernetes.scenario.tours import Tour, stops

    assert isinstance(tour, Tour), "one of the tours"
    address: tuple[int, ...] = (0,)
    steps = []
    for stop in stops(model, tour):
        address = (*address, stop.choice)
        steps.append(TourStep(address, stop.chapter))
    return GuidedTour(tuple((chapter.title, chapter.text) for chapter in tour.chapters), tuple(steps))


def _of_trace(
    file: Path, filenames: tuple[Path, ...], nodes: int | None, faults: dict[str, int] | None
) -> tuple[Input | ModelFile, Address]:
    """Return what a trace file was made of, and the address of its end."""
    from kmodel.engines.retracing import follow_actions

    saved, given = made_of(file, filenames, nodes, faults)
    return given, follow_actions(given.model(()), saved.initial, saved.choices).address
