"""From the steps of a Scenario to the sessions of its users."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

import attrs

from kmodel.kubernetes.components.plan import Maker, makes_nothing, populate
from kmodel.kubernetes.components.settings import Command, Session
from kmodel.kubernetes.manifests import Field, Fields, InputError, choose, quoted
from kmodel.kubernetes.objects import Kinds, Part, reference
from kmodel.kubernetes.objects.kind import MOST_PODS
from kmodel.kubernetes.objects.kinds import written_by_users
from kmodel.kubernetes.objects.patches import Paused, Scaled, WithImage, WithImages
from kmodel.kubernetes.objects.reading import Manifest, read
from kmodel.kubernetes.scenario.kubectl_lines import CASCADES, DELETED, Target, read_line
from kmodel.kubernetes.scenario.line_error import LineError
from kmodel.kubernetes.scenario.scenario_spec import ADMIN

PATCHES = ("scale", "setImage", "pause", "resume")
BRINGING = ("create", "apply", "replace")
ACTIONS = (*BRINGING, "delete", *PATCHES, "undo", "do")
OF_ANYTHING = ("delete", "label", "annotate", "wait")  # also of what no manifest describes, but something makes
STEP = (
    *ACTIONS,
    "replicas",
    "image",
    "container",
    "user",
    "wait",
    "gracePeriodSeconds",
    "cascade",
    "manifest",
    "expect",
)
EXPECTED = ("Unauthorized", "Forbidden", "NotFound", "Invalid", "Pending")


@attrs.frozen(eq=False)
class Requests:
    """The sessions, and the manifests that steps bring themselves."""

    sessions: tuple[Session, ...]
    extra: tuple[Manifest, ...] = ()
    brought: frozenset[str] = frozenset()  # the references of the objects that some step may store
    expected: frozenset[tuple[str, str]] = frozenset()  # references, and what may become of them without being wrong


def read_reference(field: Field, kinds: Kinds) -> Target:
    """Return what a reference means; InputError if it is none or of a kind that users do not handle."""
    text = field.string()
    name, slash, key = text.partition("/")
    of_users = written_by_users(kinds)
    names = {name: kind for kind in of_users for name in (kind.singular, kind.resource, *kind.short_names)}
    if not slash or not key:
        raise field.error(f"{quoted(text)} is not a reference", "write the kind and the name, for example pod/web")
    if name.lower() not in names:
        singular = tuple(kind.singular for kind in of_users)
        raise field.error(f"{quoted(name)} is not a kind that is modelled", choose(name, singular))
    return Target(names[name.lower()], key.removeprefix("default/"))


def default_sessions(manifests: Collection[Manifest]) -> tuple[Session, ...]:
    """Return the session in which the admin creates each object, in order, as `kubectl create -f` does."""
    commands = tuple(
        Command("create", manifest.kind.resource, manifest.object.metadata.key, manifest.object)
        for manifest in manifests
    )
    return (Session(ADMIN.name, commands),) if commands else ()


@attrs.frozen(eq=False)
class Known:
    """What steps may name: manifests, users, and what may be deleted although no manifest of its own describes it."""

    manifests: Mapping[str, Manifest]
    users: tuple[str, ...]
    nodes: tuple[str, ...]
    names_per_workload: int
    kinds: Kinds
    maker: Maker = makes_nothing


def read_requests(field: Field, known: Known) -> Requests:
    """Return the sessions that the steps make: one per user, in the order in which users first appear."""
    sessions: dict[str, list[Command]] = {}
    extra: list[Manifest] = []
    mentioned: list[tuple[Field, str]] = []
    brought: set[str] = set()
    expected: set[tuple[str, str]] = set()
    for item in field.items():
        fields = item.fields()
        given = [action for action in ACTIONS if action in fields]
        if len(given) != 1:
            if not given:
                fields.refuse_others("a step", STEP)
            raise item.error(
                f"has {' and '.join(given) or 'no action'}", f"write exactly one of {', '.join(ACTIONS)} in each step"
            )
        user = fields.optional("user")
        name = ADMIN.name if user is None else user.one_of(known.users)
        expect = fields.optional("expect")
        number = sum(map(len, sessions.values())) + 1
        for command, target, manifest in _commands(fields, given[0], known, number):
            expected |= set() if expect is None else {(str(target), expect.one_of(EXPECTED))}
            sessions.setdefault(name, []).append(command)
            brought |= {str(target)} if command.verb in BRINGING else set()
            extra += [] if manifest is None else [manifest]
            if command.verb in OF_ANYTHING:
                mentioned.append((fields.required(given[0]), str(target)))
        fields.refuse_others("a step", STEP)
    there = _there(known, extra) if mentioned else ()
    for where, meant in mentioned:
        if meant not in there:
            raise where.error(f"there is no {meant}", choose(meant, there) if there else "add its manifest")
    return Requests(
        tuple(Session(name, tuple(commands)) for name, commands in sessions.items()),
        tuple(extra),
        frozenset(brought),
        frozenset(expected),
    )


def _there(known: Known, extra: Collection[Manifest] = ()) -> tuple[str, ...]:
    """Return how kubectl names all objects that may be there, also those that others make."""
    objects = [manifest.object for manifest in (*known.manifests.values(), *extra)]
    made = populate(objects, known.names_per_workload, known.kinds, known.maker)
    found = (
        *known.manifests,
        *(manifest.reference for manifest in extra),
        *(reference(resource, key, known.kinds) for resource, keys in made.objects.items() for key in keys),
        *known.nodes,
    )
    return tuple(dict.fromkeys(found))


def with_lines(requests: Requests, lines: Collection[str], known: Known) -> Requests:
    """Return the requests, after which the admin gives these commands; InputError, with the line, if one is wrong."""
    commands: list[Command] = []
    there = _there(known, requests.extra) if lines else ()
    for number, line in enumerate(lines, sum(len(session.commands) for session in requests.sessions) + 1):
        try:
            for command, target in _read_line(line, known, number):
                if command.verb in OF_ANYTHING and str(target) not in there:
                    raise LineError(f"there is no {target}", choose(str(target), there) if there else "pass it with -f")
                commands.append(command)
        except LineError as error:
            raise InputError("--do", None, quoted(line), error.problem, error.fix) from None
    sessions = {session.user: session.commands for session in requests.sessions}
    sessions[ADMIN.name] = (*sessions.get(ADMIN.name, ()), *commands)
    made = tuple(Session(user, given) for user, given in sessions.items() if given)
    return attrs.evolve(requests, sessions=made)


def _read_line(line: str, known: Known, number: int) -> Iterator[tuple[Command, Target]]:
    """Yield the commands of a line; LineError if an object is not there, or has nothing of the kind."""
    for target, command in read_line(line, known.kinds, number):
        described = known.manifests.get(str(target))
        if target.kind.is_machine:
            if str(target) not in known.nodes:
                raise LineError(f"there is no {target}", choose(str(target), known.nodes))
        elif command.verb not in OF_ANYTHING:
            if described is None:
                fix = choose(str(target), tuple(known.manifests)) if known.manifests else "pass it with -f"
                raise LineError(f"{target} is in no manifest", fix)
            value: Any = described.object
            if command.verb == "undo" and Paused(False).onto(value) is None:
                raise LineError(f"{target} has no revisions", "name a Deployment")
            if command.patch is not None and command.patch.onto(value) is None:
                raise LineError(f"{target} has nothing that {command.verb} changes", "name a workload that has")
            _check_containers(command.patch, value, str(target))
        yield command, target


def _check_containers(patch: Part | None, value: Any, name: str) -> None:
    """Raise LineError if a patch is of the image of a container that the object has not."""
    if not isinstance(patch, WithImage | WithImages):
        return
    spec = getattr(value, "template", value).spec
    there = tuple(container.name for container in (*spec.containers, *spec.init_containers))
    for image in patch.images if isinstance(patch, WithImages) else (patch,):
        if image.container and image.container not in there:
            raise LineError(f"{name} has no container {quoted(image.container)}", choose(image.container, there))


def _commands(
    fields: Fields, verb: str, known: Known, number: int
) -> Iterator[tuple[Command, Target, Manifest | None]]:
    """Yield what a step asks for: one command, or those of a line as typed."""
    if verb != "do":
        yield _command(fields, verb, known)
        return
    field = fields.required("do")
    try:
        for command, target in _read_line(field.string(), known, number):
            yield command, target, None
    except LineError as error:
        raise field.error(error.problem, error.fix) from None


def _command(fields: Fields, verb: str, known: Known) -> tuple[Command, Target, Manifest | None]:
    field = fields.required(verb)
    target = read_reference(field, known.kinds)
    manifest = _manifest(fields.optional("manifest"), verb, target, known.kinds)
    value, patch = None, _patch(fields, verb, known.manifests.get(str(target))) if verb in PATCHES else None
    if verb != "delete":
        described = manifest or known.manifests.get(str(target))
        if described is None:
            fix = (
                choose(str(target), tuple(known.manifests)) if known.manifests else "add it to the files or to the step"
            )
            raise field.error(f"{target} is in no manifest", fix)
        value = described.object if verb in BRINGING else None
        if verb == "undo" and Paused(False).onto(described.object) is None:
            raise field.error(f"{target} has no revisions", "name a Deployment")
    if target.kind.is_machine and str(target) not in known.nodes:
        raise field.error(f"{target} is not one of the scenario's nodes", "add a Node manifest, or name another")
    grace = fields.optional("gracePeriodSeconds")
    if grace is not None and verb != "delete":
        raise grace.error(f"is not for {verb}", "give it to a delete")
    cascade = fields.optional("cascade")
    if cascade is not None and verb != "delete":
        raise cascade.error(f"is not for {verb}", "give it to a delete")
    command = Command(
        verb,
        target.kind.resource,
        target.key,
        value,
        wait=_wait(fields.optional("wait"), verb, target),
        grace_seconds=None if grace is None else grace.integer(minimum=0),
        patch=patch,
        subresource="scale" if verb == "scale" else "",
        propagation="" if cascade is None else CASCADES[cascade.one_of(tuple(CASCADES))],
    )
    return command, target, manifest


def _patch(fields: Fields, verb: str, described: Manifest | None) -> Part:
    """Return what one of kubectl's shorter commands changes; InputError if the object has nothing of the kind."""
    if verb == "scale":
        patch: Part = Scaled(fields.required("replicas", "add how many").integer(0, MOST_PODS))
    elif verb == "setImage":
        container = fields.optional("container")
        image = fields.required("image", 'add one, for example "nginx:1.27"').string()
        patch = WithImage(image, "" if container is None else container.string())
    else:
        patch = Paused(verb == "pause")
    if described is not None and patch.onto(described.object) is None:
        raise fields.required(verb).error(f"{described.reference} cannot be changed so", "name a workload that can")
    return patch


def _manifest(field: Field | None, verb: str, target: Target, kinds: Kinds) -> Manifest | None:
    if field is None:
        return None
    if verb not in BRINGING:
        raise field.error(f"is not for {verb}", "give it to a create, apply or replace")
    manifest = read(field, kinds)
    if manifest.reference != str(target):
        raise field.error(f"is {manifest.reference}, but the step is about {target}", "make the two agree")
    return manifest


def _wait(field: Field | None, verb: str, target: Target) -> str | None:
    if field is None:
        return None
    kind = target.kind
    wait = field.string()
    if (wait == DELETED) != (verb == "delete"):
        raise field.error(f"is {wait}, after {verb}", "wait for Deleted after a delete, for anything else otherwise")
    known = (*kind.phases, *(kind.conditions or ()))
    if wait != DELETED and kind.conditions is not None and wait not in known:
        fix = f"wait for {' or '.join(known)}" if known else "leave it out"
        raise field.error(f"is {wait}, which {target} is never", fix)
    return wait
