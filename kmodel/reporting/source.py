"""What a model was made of: what a report says of it, and what a trace needs to be replayed."""

from pathlib import Path

import attrs


@attrs.frozen
class Source:
    """The scenario's name and description, the files and options it was read with, who takes part, and what does not.

    `left_out` says in sentences which actors do not take part, `ignored_fields` which fields of the manifests the model
    does not read, each with its object: `pod/nginx: spec.volumes`. `more` are Python files, beside those of the
    project, whose components, kinds, faults and specs take part; `hooks` are published hooks of Metacontroller.

    `notes` say, each under a heading, what else the model does not have of the manifests; `weakened_by` names what of
    it may change a verdict, and `not_checked` what is not checked at all for that. `assumed` are the objects that the
    user declared to be there; `lines` are the commands that were given on the command line, as typed after `kubectl`;
    `detail` is how finely parts are modelled, as said there.
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
    notes: tuple[tuple[str, str], ...] = ()
    weakened_by: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    hooks: tuple[Path, ...] = ()
    lines: tuple[str, ...] = ()
    detail: tuple[tuple[str, str], ...] = ()

    @property
    def ignored_by_object(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The fields that the model does not read, by object."""
        objects: dict[str, list[str]] = {}
        for field in self.ignored_fields:
            name, _, path = field.partition(": ")
            objects.setdefault(name, []).append(path)
        return tuple((name, tuple(paths)) for name, paths in objects.items())

    @property
    def left_out_by_reason(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The actors that do not take part, by the reason why."""
        reasons: dict[str, list[str]] = {}
        for sentence in self.left_out:
            name, _, reason = sentence.partition(": ")
            reasons.setdefault(reason, []).append(name)
        return tuple((reason, tuple(names)) for reason, names in reasons.items())

    @property
    def notes_by_heading(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The notes by their headings."""
        headings: dict[str, list[str]] = {}
        for heading, sentence in self.notes:
            headings.setdefault(heading, []).append(sentence)
        return tuple((heading, tuple(sentences)) for heading, sentences in headings.items())

    @property
    def replay_arguments(self) -> list[str]:
        """The arguments of `kmodel replay` that read all this again."""
        words = [word for file in self.files for word in ("-f", str(file))]
        words += [word for file in self.more for word in ("--with", str(file))]
        words += [word for file in self.hooks for word in ("--hook", str(file))]
        if self.nodes is not None:
            words += ["--nodes", str(self.nodes)]
        if self.faults:
            words += ["--faults", ",".join(f"{kind}={budget}" for kind, budget in self.faults)]
        words += [word for name in self.assumed for word in ("--assume", name)]
        words += [word for line in self.lines for word in ("--do", line)]
        if self.detail:
            words += ["--detail", ",".join(f"{part}={how}" for part, how in self.detail)]
        return words
