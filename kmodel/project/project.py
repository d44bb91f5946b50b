"""The project that a command or a test run is about, and the scenarios that are read with what it has."""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol, TypeVar

import attrs

from kmodel.input_error import InputError
from kmodel.kernel import Action, Cluster, Model, Spec, Trace
from kmodel.kubernetes import scenario
from kmodel.kubernetes.catalog import BUILT_IN, Catalog
from kmodel.kubernetes.components.etcd import STORED
from kmodel.kubernetes.scenario import Scenario
from kmodel.kubernetes.scenario.completing import with_what_is_missing
from kmodel.kubernetes.scenario.endings import Ending, endings
from kmodel.kubernetes.scenario.manifest_files import STANDARD_INPUT, read_files
from kmodel.kubernetes.scenario.state_tables import manifests, state_tables, told_elsewhere
from kmodel.project import spec_files
from kmodel.project.python_files import BUILT_IN_FOLDER, FOLDER, near
from kmodel.project.spec_files import Definitions
from kmodel.reporting.answer import ObjectEnd
from kmodel.reporting.source import Source
from kmodel.reporting.state_shown import StateTable, cells_table


class Resting(Protocol):
    """A run that comes to rest."""

    @property
    def last(self) -> Cluster:
        """Where it does."""


R = TypeVar("R", bound=Resting)


@attrs.frozen
class Input:
    """A scenario that was read, and what a report has to know of where it came from."""

    scenario: Scenario
    source: Source
    own_specs: None = None

    @property
    def engine(self) -> str:
        """The engine that it asks for."""
        return self.scenario.engine

    @property
    def is_plain(self) -> bool:
        """Whether there are manifests only, so that how to explore them is left to kmodel."""
        return self.scenario.is_plain

    @property
    def refused(self) -> tuple[str, ...]:
        """The requests that the api-server refuses, though the scenario does not say that it should."""
        expected = self.scenario.expected
        return tuple(str(each) for each in self.scenario.refused if (each.reference, each.reason) not in expected)

    @property
    def has_objects(self) -> bool:
        """Whether there is anything whose ending would be told."""
        return True

    def endings(self, runs: Sequence[R]) -> dict[Ending, R]:
        """Return where each object may be in the end, with a run to each; those that are wrong come first."""
        found: dict[Ending, R] = {}
        for run in runs:
            for each in endings(run.last, self.scenario.settings, self.scenario.catalog.kinds):
                found.setdefault(each, run)
        return dict(sorted(found.items(), key=lambda pair: (pair[0].is_well, pair[0].reference)))

    def objects_end(self, runs: Sequence[Trace]) -> tuple[ObjectEnd, ...]:
        """Return the same for who reports on it."""
        return tuple(
            ObjectEnd(
                end.reference,
                end.status,
                end.message,
                end.is_well,
                self.is_wrong(end),
                end.status == "Terminating",
                run,
            )
            for end, run in self.endings(runs).items()
        )

    def is_normal(self, action: Action) -> bool:
        """Tell whether an action is no fault."""
        return not action.is_fault

    def is_wrong(self, ending: Ending) -> bool:
        """Tell whether an object should not end so: who runs it takes part, no fault may happen, nobody expects it."""
        settings = self.scenario.settings
        runs = "kubelet" in settings.actors and ("kube-scheduler" in settings.actors or ending.status != "Pending")
        expected = (ending.reference, "Pending") in self.scenario.expected
        return runs and not (ending.is_well or settings.faults or expected or ending.status == "Terminating")

    def state(self, cluster: Cluster) -> tuple[StateTable, ...]:
        """Return a state as tables, as kubectl would print it, and what the components remember."""
        tables = [StateTable(*table) for table in state_tables(cluster, self.scenario.catalog.kinds)]
        memory = cells_table(cluster, "What else is remembered", lambda cell: not told_elsewhere(cell))
        return (*tables, *(() if memory is None else (memory,)))

    def title_of(self, family: str) -> str:
        """Return what a family of cells shows of the life of objects; nothing if it is part of how they are run."""
        return f"life of {family.removeprefix(STORED)}" if family.startswith(STORED) else ""

    def places(self) -> Mapping[str, tuple[Path, int]]:
        """Return the file and the line where each object is written; nothing of what cannot be read once more."""
        if STANDARD_INPUT in self.source.files:
            return {}
        try:
            contents = read_files(self.source.files, self.scenario.catalog.kinds)
        except InputError:  # the files have changed meanwhile
            return {}
        return {item.reference: (Path(item.field.file), item.field.line) for item in contents.manifests}

    def manifests(self, cluster: Cluster) -> list[dict[str, Any]]:
        """Return the objects that are stored in a state."""
        return list(manifests(cluster, self.scenario.catalog.kinds))

    @property
    def told(self) -> Mapping[str, Any]:
        """What it tells the engine, by name."""
        return {} if self.scenario.max_states is None else {"max_states": self.scenario.max_states}

    def with_what_is_missing(self) -> "Input":
        """Return the same as if the objects were there that pods need, and that are in none of the files."""
        made = with_what_is_missing(self.scenario)
        return attrs.evolve(self, scenario=made, source=attrs.evolve(self.source, assumed=made.assumed))

    def model(self, specs: tuple[Spec, ...]) -> Model:
        """Return the scenario's model, with those of the specs that apply to it."""
        return scenario.model(self.scenario, specs)


@attrs.frozen(eq=False, slots=False)
class Project:
    """A folder `specs/` (None: there is none), further Python files, and, unless left out, what comes with kmodel.

    `hooks` are hooks of Metacontroller, as published; which controllers they are of, manifests say. All are lazy.
    InputError if a file cannot be imported, or a name is taken.
    """

    own: Path | None = None
    more: tuple[Path, ...] = ()
    only_mine: bool = False
    hooks: tuple[Path, ...] = ()

    @staticmethod
    def near(
        start: Path, more: Sequence[Path] = (), hooks: Sequence[Path] = (), *, only_mine: bool = False
    ) -> "Project":
        """Return the project of a folder: the next `specs/` that is there or above, if it is meant for kmodel.

        With `only_mine` it must be there, unless there are further files, and is taken for what it says.
        """
        own = spec_files.find_folder(start)
        if only_mine and own is None and not more:
            raise InputError(
                str(start), None, "", f"there is no folder {FOLDER}/ here or above", "create one with a spec file"
            )
        if own is not None and not only_mine and not spec_files.is_for_kmodel(own):
            own = None
        if own is not None and own.is_relative_to(Path.cwd()):
            own = own.relative_to(Path.cwd())
        return Project(own, tuple(more), only_mine, tuple(hooks))

    @property
    def folders(self) -> tuple[Path, ...]:
        """The folders `specs/`: the project's own, and the one that comes with kmodel."""
        own = () if self.own is None else (self.own,)
        is_built_in = self.own is not None and self.own.resolve() == BUILT_IN_FOLDER
        return own if self.only_mine or is_built_in else (*own, BUILT_IN_FOLDER)

    def files(self) -> Iterator[tuple[Path, Path]]:
        """Yield the Python files, each with the folder that it is imported from."""
        found = {
            file.resolve(): (folder, file) for folder in self.folders for file in spec_files.find_spec_files(folder)
        }
        yield from found.values()
        for file in dict.fromkeys(self.more):
            if file.resolve() not in found:
                yield file.parent, file

    @cached_property
    def specs(self) -> tuple[Spec, ...]:
        """The specs, of which no two have one name."""
        found = [spec for folder, file in self.files() for spec in spec_files.load_file(folder, file)]
        return spec_files.distinct((*found, *(spec_files.promises() if self.hooks else ())))

    @cached_property
    def catalog(self) -> Catalog:
        """The components, kinds and faults: those that come with kmodel, and those that the project's files define."""
        catalog = BUILT_IN
        for folder, file in self.files():
            if folder != BUILT_IN_FOLDER:
                catalog = _with(catalog, spec_files.load_all(folder, file), file)
        return catalog

    def catalog_with_hooks(self, manifests: Sequence[Path]) -> Catalog:
        """Return the catalog with the controllers of the hooks, of which manifests say what they are of."""
        catalog = self.catalog
        for hook in self.hooks:
            catalog = _with(catalog, spec_files.load_hook(hook, tuple(manifests)), hook)
        return catalog

    @cached_property
    def scenarios(self) -> dict[str, Path]:
        """The scenario files by their names; one of the project takes the place of one of the same name."""
        found: dict[str, Path] = {}
        for folder in self.folders:
            for file in spec_files.find_scenarios(folder):
                found.setdefault(file.stem, file)
        return found

    def is_mine(self, file: Path) -> bool:
        """Tell whether a file is of the project's own folder."""
        return self.own is not None and file.resolve().is_relative_to(self.own.resolve())

    @property
    def problem(self) -> str:
        """Why there is nothing to ask where one would expect it, in one line; empty if all is well."""
        if self.own is None:
            return "" if self.specs else "none of the files defines a spec; write @invariant above a function"
        found = spec_files.find_spec_files(self.own)
        if any(spec_files.load_all(self.own, file) for file in found) or (not found and self.specs):
            return ""
        return spec_files.nothing_found(self.own)

    def read(
        self,
        paths: Sequence[Path],
        nodes: int | None = None,
        faults: Mapping[str, int] | None = None,
        assumed: Sequence[str] = (),
        lines: Sequence[str] = (),
        detail: Mapping[str, str] | None = None,
    ) -> Input:
        """Return the scenario that files and folders make together; InputError if anything is wrong."""
        catalog = self.catalog_with_hooks(paths)
        made = scenario.load(
            paths, nodes=nodes, faults=faults, assumed=assumed, lines=lines, detail=detail, catalog=catalog
        )
        source = Source(
            made.name,
            tuple(paths),
            nodes,
            tuple(sorted((faults or {}).items())),
            made.taking_part,
            made.left_out,
            made.ignored_fields,
            made.description,
            self.more,
            made.caveats.notes,
            made.caveats.weakened_by,
            made.caveats.workloads,
            made.assumed,
            self.hooks,
            tuple(lines),
            tuple((detail or {}).items()),
        )
        return Input(made, source)


def _with(catalog: Catalog, found: Definitions, file: Path) -> Catalog:
    """Return the catalog with what a file defines; what it imported from elsewhere is in it already."""
    components = [value for value in dict.fromkeys(found.components) if value not in catalog.components]
    kinds = [value for value in dict.fromkeys(found.kinds) if value not in catalog.kinds]
    faults = [value for value in dict.fromkeys(found.faults) if value not in catalog.faults]
    variants = [each.component for each in dict.fromkeys(found.variants)]
    if not (components or kinds or faults or variants):
        return catalog
    try:
        return catalog.with_more(components, kinds, faults).with_variants(variants)
    except ValueError as error:
        problem, _, fix = str(error).partition("; ")
        raise InputError(near(file), None, "", problem, fix) from None
