"""What a model was made of: what a report says of it, and what a trace needs to be replayed."""

from pathlib import Path

import attrs


@attrs.frozen
class Source:
    """The scenario's name and description, the files and options it was read with, who takes part, and what does not.

    `left_out` says in sentences which actors do not take part, `ignored_fields` which fields of the manifests the model
    does not read, each with its object: `pod/nginx: spec.volumes`. `more` are Python files, beside those of the
    project, whose components, kinds, faults and specs take part.
    """

    name: str
    files: tuple[Path, ...] = ()
    nodes: int | None = None
    faults: tuple[tuple[str, int], ...] = ()
    taking_part: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    ignored_fields: tuple[str, ...] = ()
    description: str = ""
    more: tuple[Path, ...] = ()

    @property
    def ignored_by_object(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The fields that the model does not read, by object."""
        objects: dict[str, list[str]] = {}
        for field in self.ignored_fields:
            name, _, path = field.partition(": ")
            objects.setdefault(name, []).append(path)
        return tuple((name, tuple(paths)) for name, paths in objects.items())
