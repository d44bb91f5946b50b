"""What the commands read: manifests and scenario files, the options that go with them, and the specs."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kmodel.cli.one_line import InputProblem
from kmodel.engines.clock import seconds_in

# What a command does not need it does not load: `kmodel --help` must be there at once.
if TYPE_CHECKING:
    from kmodel.kernel import Spec
    from kmodel.project import Input, ModelFile, Project

F = TypeVar("F", bound=Callable[..., Any])


class Faults(click.ParamType[dict[str, int]]):
    """The type of an option such as `container-crash=1,kubelet-restart=2`."""

    name = "KIND=N,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, int]:
        """Return the budgets by the kinds of faults."""
        if isinstance(value, dict):
            return value
        budgets: dict[str, int] = {}
        for part in filter(None, str(value).split(",")):
            kind, equals, budget = part.partition("=")
            if not equals or not budget.isdecimal():
                self.fail(f"{part!r} is no fault with its budget; write for example container-crash=1", param, ctx)
            budgets[kind.strip()] = int(budget)
        return budgets


class Details(click.ParamType[dict[str, str]]):
    """The type of an option such as `calls=fused,kubelet=coarse`."""

    name = "PART=HOW,…"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, str]:
        """Return how finely each part is modelled."""
        if isinstance(value, dict):
            return value
        parts = [part.partition("=") for part in str(value).split(",") if part.strip()]
        for part, equals, how in parts:
            if not equals or not how:
                self.fail(f"{part!r} is no part with its detail; write for example calls=fused", param, ctx)
        return {part.strip(): how.strip() for part, _, how in parts}


class MemoryAmount(click.ParamType[int]):
    """The type of an option such as `2Gi`: an amount of memory as Kubernetes writes it, in bytes."""

    name = "QUANTITY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number of bytes."""
        from kmodel.kubernetes.manifests.quantity import QuantityError, whole_units

        if isinstance(value, int):
            return value
        try:
            number = whole_units(value)
        except QuantityError as error:
            self.fail(f"{value!r} {error}", param, ctx)
        if number < 1:
            self.fail(f"{value!r} is no amount of memory; write for example 2Gi", param, ctx)
        return number


class Duration(click.ParamType[float]):
    """The type of an option such as `60s`, `5m`, `1h` or `90`: a time, in seconds."""

    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the number of seconds."""
        if isinstance(value, float):
            return value
        try:
            return seconds_in(str(value))
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _noted(name: str) -> Any:
    return click.get_current_context().meta.get(f"{__name__}.{name}")


def assume(names: Sequence[str]) -> None:
    """Take further objects for there, as --assume does."""
    meta = click.get_current_context().meta
    meta[f"{__name__}.assumed"] = tuple(dict.fromkeys((*(_noted("assumed") or ()), *names)))


def do(lines: Sequence[str]) -> None:
    """Take commands for given, as --do does, unless some are."""
    meta = click.get_current_context().meta
    meta[f"{__name__}.lines"] = _noted("lines") or tuple(lines)


def detail(parts: Mapping[str, str]) -> None:
    """Model parts as finely as this says, as --detail does, unless something is said of that."""
    meta = click.get_current_context().meta
    meta[f"{__name__}.detail"] = _noted("detail") or parts


def _note(ctx: click.Context, param: click.Parameter, value: Any) -> None:
    ctx.meta[f"{__name__}.{param.name}"] = value


def _noted_option(*names: str, **settings: Any) -> Callable[[F], F]:
    """Return an option of which a note is taken, for whoever reads the scenario."""
    return click.option(*names, expose_value=False, callback=_note, **settings)


def project_options(command: F) -> F:
    """Add the options that say what belongs to the project; `project()` returns it."""
    for option in (
        _noted_option(
            "--only-mine",
            is_flag=True,
            help="Leave out the specs and scenarios that come with kmodel.",
        ),
        _noted_option(
            "--with",
            "more",
            multiple=True,
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE.py",
            help="Add the specs, components, kinds and faults of a Python file; may be repeated.",
        ),
        _noted_option(
            "--hook",
            "hooks",
            multiple=True,
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE.py",
            help="Add the controller of a hook of Metacontroller, as published; may be repeated.",
        ),
    ):
        command = option(command)
    return command


def scenario_options(command: F) -> F:
    """Add the options that say what to read."""
    command = project_options(command)
    for option in (
        _noted_option(
            "--do",
            "lines",
            multiple=True,
            metavar="COMMAND",
            help='What the admin does after all else, as typed after kubectl: "scale deployment/web --replicas=0"; '
            "may be repeated.",
        ),
        _noted_option(
            "--detail",
            type=Details(),
            help="How finely to model: calls=fused,kubelet=coarse,clientCaches=prompt. Fewer states show less.",
        ),
        _noted_option(
            "--assume",
            "assumed",
            multiple=True,
            metavar="KIND/NAME",
            help="Take an object that pods need for there, such as secret/db; may be repeated.",
        ),
        _noted_option(
            "--fixed",
            is_flag=True,
            help="Of an incident: with the mistake corrected.",
        ),
        _noted_option(
            "--incident",
            shell_complete=lambda ctx, param, incomplete: complete_incident(ctx, param, incomplete),
            metavar="ID",
            help="An incident of the gallery, such as K15, as it happened; kmodel incidents lists them.",
        ),
        click.option("--faults", type=Faults(), help="How often each kind of fault may happen: container-crash=1,…"),
        click.option(
            "--nodes",
            type=int,
            metavar="N",
            help="So many equal nodes n1, n2, …; they take the place of Node manifests.",
        ),
        click.option(
            "-f",
            "--filename",
            "filenames",
            multiple=True,
            type=click.Path(path_type=Path),
            metavar="FILE_OR_DIR",
            help="Manifests, a scenario file, a folder of them, or - for the standard input; may be given several "
            "times. They make one scenario.",
        ),
        _noted_option(
            "-R",
            "--recursive",
            is_flag=True,
            help="Read the folders within the folders of -f, too.",
        ),
    ):
        command = option(command)
    return command


def read(
    names: Sequence[str], filenames: Sequence[Path], nodes: int | None, faults: dict[str, int] | None
) -> list[Input | ModelFile]:
    """Return the scenarios that are meant: one of all files, or one for each name, or that of an incident."""
    if _noted("incident") is not None:
        if names or filenames:
            raise InputProblem("an incident has its own scenario; leave out --incident, or the others")
        return [_read_incident(nodes, faults)]
    if _noted("fixed"):
        raise InputProblem("--fixed is of an incident; name it with --incident, such as --incident K15")
    if names and filenames:
        raise InputProblem("give names of scenarios or files with -f, not both; one run checks one kind")
    if filenames:
        return [read_files(filenames, nodes, faults)]
    return [read_files([named(name)], nodes, faults) for name in names]


def _read_incident(nodes: int | None, faults: dict[str, int] | None) -> Input:
    """Return the scenario of an incident, with the buggy or the fixed variant of it in the project."""
    import attrs

    from kmodel.project import Input
    from kmodel.project.incidents import BUGGY, FIXED, incident

    found, variant = incident(_noted("incident")), FIXED if _noted("fixed") else BUGGY
    add_to_project(found.python_files(variant), ())
    given = read_files([found.scenario(variant)], nodes, faults)
    assert isinstance(given, Input), "it is no Python file"
    name = found.name(variant)
    named = attrs.evolve(given.scenario, name=name)
    return attrs.evolve(given, scenario=named, source=attrs.evolve(given.source, name=name))


def is_fixed() -> bool:
    """Tell whether an incident is meant with the mistake corrected."""
    return bool(_noted("fixed"))


def specs_of_incident() -> tuple[str, ...]:
    """Return the name of the spec that is asked of an incident; none if the command is about no incident."""
    from kmodel.project.incidents import incident

    return () if _noted("incident") is None else (incident(_noted("incident")).spec,)


def read_one(
    name: str | None, filenames: Sequence[Path], nodes: int | None, faults: dict[str, int] | None
) -> Input | ModelFile:
    """Return the one scenario that is meant."""
    if name is None and not filenames and _noted("incident") is None:
        raise InputProblem(nothing("read"))
    return read([name] if name is not None else [], filenames, nodes, faults)[0]


def read_files(files: Sequence[Path], nodes: int | None, faults: dict[str, int] | None) -> Input | ModelFile:
    """Return the scenario that files make together."""
    for file in files:
        if not file.exists() and str(file) != "-":
            raise InputProblem(f"{file}: there is no such file or folder; name a manifest, a scenario or a folder")
    if any(file.suffix == ".py" for file in files):
        return _read_model(files, nodes, faults)
    assumed, lines = _noted("assumed") or (), _noted("lines") or ()
    return project().read(_with_folders_below(files), nodes, faults, assumed, lines, _noted("detail"))


def _with_folders_below(files: Sequence[Path]) -> Sequence[Path]:
    """Return the files and folders, with -R also the folders within these."""
    from kmodel.kubernetes.scenario.manifest_files import with_folders_below

    if not _noted("recursive"):
        return files
    return [each for file in files for each in (with_folders_below(file) if file.is_dir() else (file,))]


def _read_model(files: Sequence[Path], nodes: int | None, faults: dict[str, int] | None) -> ModelFile:
    from kmodel.project import read_model

    if len(files) > 1 or nodes is not None or faults or _noted("lines"):
        others = "other files, --nodes, --faults and --do"
        raise InputProblem(f"{files[0]}: a file with a model stands alone; leave out {others}")
    return read_model(files[0])


def named(name: str) -> Path:
    """Return the file of one of the project's scenarios; the path of a file is taken for what it is."""
    if os.sep in name and Path(name).exists():
        return Path(name)
    known = scenario_files()
    if name in known:
        return known[name]
    if Path(name).is_file():
        return Path(name)
    if Path(name).exists():
        raise InputProblem(f"{name!r} is no scenario's name; to read all files in it, write -f {name}")
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}; or pass files with -f"
    raise InputProblem(f"there is no scenario {name!r}; {hint}")


def scenario_files() -> dict[str, Path]:
    """Return the project's scenario files by their names."""
    return project().scenarios


def complete_scenario(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of scenarios that begin so, for a shell; nothing where the project cannot be read."""
    from kmodel.input_error import InputError

    try:
        with ctx.scope(cleanup=False):
            return sorted(name for name in scenario_files() if name.startswith(incomplete))
    except InputError:
        return []


def complete_incident(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Return the ids of incidents that begin so, for a shell."""
    from kmodel.project.incidents import incidents

    return [found.id for found in incidents() if found.id.startswith(incomplete.upper())]


def project() -> Project:
    """Return the project that the command is about: the one of the current folder, with what its options add."""
    from kmodel.project import Project

    meta = click.get_current_context().meta
    made = meta.get(__name__)
    if made is None:
        given: dict[str, tuple[Path, ...]] = {name: _noted(name) or () for name in ("more", "hooks")}
        for name, files in given.items():
            for file in files:
                if not file.is_file():
                    option = {"more": "--with", "hooks": "--hook"}[name]
                    raise InputProblem(f"{file}: there is no such file; name a Python file after {option}")
                if file.suffix != ".py":
                    raise InputProblem(f"{file}: is no Python file; pass manifests with -f")
        only_mine = bool(meta.get(f"{__name__}.only_mine"))
        made = meta[__name__] = Project.near(Path.cwd(), given["more"], given["hooks"], only_mine=only_mine)
    assert isinstance(made, Project)
    return made


def add_to_project(more: Sequence[Path], hooks: Sequence[Path]) -> None:
    """Add Python files, and hooks, to the project, as --with and --hook do."""
    meta = click.get_current_context().meta
    meta.pop(__name__, None)
    for name, files in (("more", more), ("hooks", hooks)):
        meta[f"{__name__}.{name}"] = tuple(dict.fromkeys((*(_noted(name) or ()), *files)))


def all_specs() -> tuple[Spec, ...]:
    """Return all specs of the project."""
    return project().specs


def some_specs() -> tuple[Spec, ...]:
    """Return all specs of the project; InputProblem if there is none, since asking nothing is no success."""
    problem = project().problem
    if problem:
        raise InputProblem(problem)
    return all_specs()


def specs_of(inputs: Sequence[Input | ModelFile]) -> tuple[Spec, ...]:
    """Return what is asked of the inputs: the project's specs, or those of models that have their own."""
    own = [given.own_specs for given in inputs if given.own_specs is not None]
    if own and len(own) < len(inputs):
        raise InputProblem("scenarios and files with models have different specs; check them one after the other")
    return tuple(dict.fromkeys(spec for specs in own for spec in specs)) if own else some_specs()


def chosen_specs(names: Sequence[str], inputs: Sequence[Input | ModelFile]) -> tuple[Spec, ...]:
    """Return the specs of these names and what shows that they are not vacuous; all if no name is given.

    InputProblem for a name that no spec has, or several have.
    """
    specs = specs_of(inputs)
    chosen = {meant(name, specs).origin for name in names}
    # What shows that a chosen one is not vacuous comes along: without it nobody could tell.
    return tuple(spec for spec in specs if not names or chosen & {spec.origin, spec.shows.origin if spec.shows else ""})


def meant(name: str, specs: Sequence[Spec]) -> Spec:
    """Return the spec of a name, which may be qualified with its file; InputProblem if that is none, or several.

    The name that `kmodel specs` lists means that spec, also where the names of others end in it.
    """
    ending = [spec for spec in specs if f".{spec.origin}".endswith(f".{name}")]
    found = [spec for spec in ending if spec.name == name] or ending
    if len(found) == 1:
        return found[0]
    if found:
        raise InputProblem(f"{len(found)} specs are called {name}; write {' or '.join(spec.name for spec in found)}")
    near = difflib.get_close_matches(name, [spec.name for spec in specs], n=1)
    raise InputProblem(f"there is no spec {name!r}; {f'did you mean {near[0]}?' if near else 'see kmodel specs'}")


def nothing(verb: str) -> str:
    """Return the line that says what to give a command that was given nothing."""
    return (
        f"nothing to {verb}: name a scenario ({', '.join(scenario_files()) or 'none here'}) or pass manifests with -f"
    )
