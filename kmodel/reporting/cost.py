"""What an exploration took, for whoever asks why it is slow (`kmodel check -v`)."""

from collections.abc import Iterator, Mapping

from rich.console import Console

from kmodel.engines.events import Finished
from kmodel.engines.results import Result
from kmodel.printable import in_one_line
from kmodel.reporting.handler import Handler
from kmodel.reporting.reports import ReportContext, at_the_end

MOST = 8  # rows of each list


def handler(context: ReportContext) -> Handler:
    """Return the handler that prints what an exploration took."""

    def tell(event: Finished) -> None:
        print_cost(context.terminal, event.result)

    return at_the_end(tell)


def print_cost(console: Console, result: Result) -> None:
    """Print calls of Python, sizes of tables, the widest cells and the largest footprints."""
    for line in cost(result):
        console.print(in_one_line(line), markup=False, soft_wrap=True)


def cost(result: Result) -> Iterator[str]:
    """Yield the lines that say what the exploration took."""
    if result.statistics is None:
        yield "COST     this engine keeps no statistics of its tables"
        return
    found, seconds = result.statistics, max(result.seconds, 1e-9)
    calls = sum(found.python_calls.values())
    yield f"COST     {result.states / seconds:,.0f} states/s, {result.generated / seconds:,.0f} transitions/s"
    yield f"         {found.bytes_per_state:.1f} bytes per state (states or fingerprints, parents, hash tables)"
    yield f"         {found.trie_nodes:,} trie nodes, {len(found.blocks)} blocks of cells"
    yield f"         {calls:,} calls of transitions, {sum(found.spec_calls.values()):,} of specs"
    yield from _table("calls of Python by action", found.python_calls)
    yield from _table("calls of Python by spec", found.spec_calls)
    yield from _table("values of the widest cells", dict(found.widest_cells))
    yield from _table("cells read by the actions with the largest footprints", dict(found.largest_footprints))


def _table(title: str, counts: Mapping[str, int]) -> Iterator[str]:
    most = sorted(counts.items(), key=lambda item: -item[1])[:MOST]
    if most:
        yield f"         {title}:"
        width = max(len(f"{count:,}") for _, count in most)
        yield from (f"           {count:>{width},}  {name}" for name, count in most)
