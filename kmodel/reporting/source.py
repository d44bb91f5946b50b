"""What a model was made of: what a report says of it, and what a trace needs to be replayed."""

from pathlib import Path

import attrs


@attrs.frozen
class Source:
    """The scenario's name, the files and options it was read with, who takes part, and what was left out and why."""

    name: str
    files: tuple[Path, ...] = ()
    nodes: int | None = None
    faults: tuple[tuple[str, int], ...] = ()
    taking_part: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
