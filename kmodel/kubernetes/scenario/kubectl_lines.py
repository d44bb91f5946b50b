"""Commands as they are typed after `kubectl`, such as `scale deployment/web --replicas=0`.

Each verb that changes something is a value in VERBS: its options, and what it makes of its arguments. What is refused
is refused as kubectl would, or since the model has nothing of the kind; what depends on the cluster (a label that is
there already) the run finds out: see objects/edits.py.

Upstream: staging/src/k8s.io/kubectl/pkg/cmd/{scale,set,rollout,label,annotate,taint,drain,delete,patch,wait}, 1.34.
"""

import argparse
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

import attrs

from kmodel.input_error import quoted
from kmodel.kubernetes.components.settings import Command
from kmodel.kubernetes.manifests import choose
from kmodel.kubernetes.objects import Kind, Kinds, Part, Taint
from kmodel.kubernetes.objects.edits import Restarted, TaintEdit, Unschedulable, WithLabels
from kmodel.kubernetes.objects.kind import MOST_PODS
from kmodel.kubernetes.objects.kinds import written_by_users
from kmodel.kubernetes.objects.meta import key
from kmodel.kubernetes.objects.patches import Paused, Scaled, WithImage, WithImages
from kmodel.kubernetes.scenario.kubectl_patches import read_patch
from kmodel.kubernetes.scenario.line_error import LineError

CASCADES = {"background": "Background", "foreground": "Foreground", "orphan": "Orphan"}
EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
LONGEST_NUMBER = 9  # digits
GRACE_NOW = 1  # seconds; what kubectl makes of a grace period of 0 without --force, too
DELETED = "Deleted"
FOR_CONDITION, FOR_PHASE, FOR_DELETE = "condition=", "jsonpath={.status.phase}=", "delete"
READING = ("get", "describe", "logs", "top", "explain", "events", "api-resources", "diff", "auth", "version")
FROM_FILES = ("create", "apply", "replace")
OTHERS = {
    "drain": ("asks for evictions, which are not modelled", "write cordon NODE, and delete the pods"),
    **dict.fromkeys(READING, ("changes nothing", "leave it out")),
    **dict.fromkeys(FROM_FILES, ("brings objects", "pass their files with -f, or write a step of a scenario")),
}


@attrs.frozen
class Target:
    """An object that a command names."""

    kind: Kind[Any]
    key: str

    def __str__(self) -> str:
        return f"{self.kind.singular}/{self.key}"


@attrs.frozen(eq=False)
class TypedLine:
    """The words of one command behind its verb, once its options are read; its number stands for the time."""

    verb: str
    words: tuple[str, ...]
    options: argparse.Namespace
    kinds: Kinds
    number: int

    def targets(self, words: Sequence[str], only: str = "") -> tuple[Target, ...]:
        """Return the objects that words name: `pod/a pod/b`, `pod a b`, or names alone where only a kind can be."""
        if only and words and not any("/" in word for word in words):
            words = words[1:] if words[0].lower() in self._names(only) else words
            words = [f"{only}/{word}" for word in words]
        if words and not any("/" in word for word in words):
            if len(words) == 1:
                raise LineError(f"{self.verb} {words[0]} names no object", f"write {words[0]}/NAME")
            words = [f"{words[0]}/{word}" for word in words[1:]]
        if not words:
            raise LineError(f"{self.verb} names no object", f"write {self.verb} KIND/NAME")
        found = tuple(self._target(word) for word in words)
        if only and any(target.kind.singular != only for target in found):
            raise LineError(f"{self.verb} is for {only}s only", f"write {self.verb} {only}/NAME")
        return found

    def _names(self, only: str) -> tuple[str, ...]:
        kind = next(kind for kind in self.kinds if kind.singular == only)
        return (kind.singular, kind.resource, *kind.short_names)

    def _target(self, word: str) -> Target:
        name, slash, of = word.partition("/")
        known = written_by_users(self.kinds)
        names = {each: kind for kind in known for each in (kind.singular, kind.resource, *kind.short_names)}
        kind = names.get(name.lower().partition(".")[0])
        if not slash or not of or "/" in of:
            raise LineError(f"{quoted(word)} names no object", "write KIND/NAME, or KIND NAME")
        if kind is None:
            fix = choose(name, tuple(each.singular for each in known))
            raise LineError(f"{quoted(name)} is not a kind that is modelled", fix)
        return Target(kind, key(of, self.options.namespace or "default") if kind.namespaced else of)

    def command(self, target: Target, patch: Part | None = None, **others: Any) -> Command:
        """Return the command on one of the objects."""
        return Command(self.verb, target.kind.resource, target.key, patch=patch, **others)


@attrs.frozen(eq=False)
class Verb:
    """What a verb makes of a line, and the options that it has beside those that all have."""

    read: Callable[[TypedLine], Iterator[tuple[Target, Command]]]
    options: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)


FLAG: Mapping[str, Any] = {"action": "store_true"}


def _scale(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    wanted = _whole(line.options.replicas, "scale --replicas")
    if wanted > MOST_PODS:
        raise LineError(f"scale --replicas is {wanted}", f"use at most {MOST_PODS}: more pods are not modelled")
    for target in line.targets(line.words):
        yield target, line.command(target, Scaled(wanted), subresource="scale")


def _whole(text: str | None, of: str) -> int:
    if text is None:
        raise LineError(f"{of} is missing", f"add {of.rpartition(' ')[2]}=N")
    if not text.isascii() or not text.isdecimal() or len(text) > LONGEST_NUMBER:
        raise LineError(f"{of} is {quoted(text)}", f"use a whole number of at most {LONGEST_NUMBER} digits")
    return int(text)


def _set(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    what, *words = line.words or ("",)
    if what != "image":
        raise LineError(f"set {what}".strip() + " is not modelled", "write set image KIND/NAME CONTAINER=IMAGE")
    names, pairs = _split(words)
    if not pairs or any(not image for _, image in pairs):
        raise LineError("set image has no image", "add CONTAINER=IMAGE, or *=IMAGE")
    images = tuple(WithImage(image, "" if name == "*" else name) for name, image in pairs if image)
    for target in line.targets(names):
        yield (
            target,
            attrs.evolve(line.command(target, images[0] if len(images) == 1 else WithImages(images)), verb="setImage"),
        )


def _rollout(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    what, *words = line.words or ("",)
    patches: dict[str, Part | None] = {
        "restart": Restarted(line.number),
        "pause": Paused(True),
        "resume": Paused(False),
        "undo": None,
    }
    if what not in patches:
        raise LineError(f"rollout {what}".strip() + " changes nothing", f"use one of {', '.join(patches)}")
    back = line.options.to_revision
    if back is not None and what != "undo":
        raise LineError(f"rollout {what} has no option --to-revision", "leave it out")
    for target in line.targets(words):
        revision = 0 if back is None else _whole(back, "rollout undo --to-revision")
        yield target, attrs.evolve(line.command(target, patches[what]), verb=what, revision=revision)


def _label(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    names, pairs = _split(line.words)
    if not pairs:
        raise LineError(f"{line.verb} has nothing to change", "add NAME=VALUE, or NAME- to remove one")
    patch = WithLabels(
        tuple((name, text) for name, text in pairs if text is not None),
        tuple(name for name, text in pairs if text is None),
        {"label": "labels", "annotate": "annotations"}[line.verb],
        line.options.overwrite,
    )
    for target in line.targets(names):
        yield target, line.command(target, patch)


def _split(words: Sequence[str]) -> tuple[list[str], list[tuple[str, str | None]]]:
    """Return the words before the first pair, and the pairs; one such as `NAME-` has no text."""
    start = next((index for index, word in enumerate(words) if "=" in word or word.endswith("-")), len(words))
    pairs: list[tuple[str, str | None]] = []
    for word in words[start:]:
        name, equals, text = word.partition("=")
        if not equals and not word.endswith("-"):
            raise LineError(f"{quoted(word)} is no NAME=VALUE", "write what is changed after all names of objects")
        pairs.append((name, text) if equals else (word[:-1], None))
    return list(words[:start]), pairs


def _taint(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    start = next((index for index, word in enumerate(line.words) if set(word) & set("=:") or word.endswith("-")), None)
    if start is None:
        raise LineError("taint has no taint", "add KEY=VALUE:EFFECT, or KEY- to remove one")
    added, gone = [], []
    for word in line.words[start:]:
        name, _, effect = word.removesuffix("-").partition(":")
        label, _, text = name.partition("=")
        if effect not in EFFECTS and not (word.endswith("-") and not effect):
            raise LineError(f"{quoted(word)} has the effect {quoted(effect)}", choose(effect, EFFECTS))
        if word.endswith("-"):
            gone.append((label, effect))
        else:
            added.append(Taint(label, text, effect))
    for target in line.targets(line.words[:start], only="node"):
        yield target, line.command(target, TaintEdit(tuple(added), tuple(gone), line.options.overwrite))


def _cordon(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    for target in line.targets(line.words, only="node"):
        yield target, line.command(target, Unschedulable(line.verb == "cordon"))


def _delete(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    options = line.options
    grace = None if options.grace_period == "-1" else _whole(options.grace_period, "delete --grace-period")
    if options.now and grace is not None:
        raise LineError("delete has both --now and --grace-period", "leave one of them out")
    if options.force and grace:
        raise LineError("delete has both --force and a --grace-period above 0", "leave one of them out")
    if options.force:
        grace = 0
    elif options.now or grace == 0:
        grace = GRACE_NOW
    for name in ("cascade", "wait"):
        known = {"cascade": tuple(CASCADES), "wait": ("true", "false")}[name]
        if getattr(options, name) not in known:
            raise LineError(
                f"delete --{name} is {quoted(getattr(options, name))}", choose(getattr(options, name), known)
            )
    for target in line.targets(line.words):
        wait = DELETED if options.wait == "true" else None
        yield target, line.command(target, wait=wait, grace_seconds=grace, propagation=CASCADES[options.cascade])


def _wait(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    until = (line.options.until or "").replace("'", "")
    for target in line.targets(line.words):
        yield target, line.command(target, wait=_awaited(until, target))


def _awaited(until: str, target: Target) -> str:
    """Return what a command waits for; kubectl compares types of conditions without regard to case."""
    conditions = target.kind.conditions
    named = until.removeprefix(FOR_CONDITION) if until.startswith(FOR_CONDITION) else ""
    if conditions is None and named:
        return named
    ways = {
        FOR_DELETE: DELETED,
        **{f"{FOR_CONDITION}{each.lower()}": each for each in conditions or ()},
        **{f"{FOR_PHASE}{each}": each for each in target.kind.phases},
    }
    wait = ways.get(until.lower() if named else until)
    if wait is None:
        fix = f"use one of {', '.join(ways)}" if conditions is not None else "use delete or condition=TYPE"
        raise LineError(f"wait --for is {quoted(until)}, which {target} never is", fix)
    return wait


def _patch(line: TypedLine) -> Iterator[tuple[Target, Command]]:
    subresource = line.options.subresource
    if subresource not in ("", "resize"):
        raise LineError(f"patch --subresource is {quoted(subresource)}", "write resize, or leave it out")
    for target in line.targets(line.words, only="pod" if subresource else ""):
        name = target.key.rpartition("/")[2]
        yield (
            target,
            line.command(
                target,
                read_patch(line.options.patch, line.options.type, target.kind, name, line.kinds),
                subresource=subresource,
            ),
        )


VERBS: Mapping[str, Verb] = {
    "scale": Verb(_scale, {"--replicas": {}}),
    "set": Verb(_set),
    "rollout": Verb(_rollout, {"--to-revision": {}}),
    "label": Verb(_label, {"--overwrite": FLAG}),
    "annotate": Verb(_label, {"--overwrite": FLAG}),
    "taint": Verb(_taint, {"--overwrite": FLAG}),
    "cordon": Verb(_cordon),
    "uncordon": Verb(_cordon),
    "delete": Verb(
        _delete,
        {
            "--cascade": {"default": "background"},
            "--grace-period": {"default": "-1"},
            "--force": FLAG,
            "--now": FLAG,
            "--wait": {"default": "true"},
        },
    ),
    "wait": Verb(_wait, {"--for": {"dest": "until"}}),
    "patch": Verb(_patch, {"--patch": {}, "--type": {"default": "strategic"}, "--subresource": {"default": ""}}),
}


class _Parser(argparse.ArgumentParser):
    """A parser that raises what is wrong."""

    def error(self, message: str) -> NoReturn:
        raise LineError(f"{self.prog}: {message}", f"see kubectl {self.prog} --help")


def read_line(text: str, kinds: Kinds, number: int) -> list[tuple[Target, Command]]:
    """Return what a line asks for, of each object that it names; LineError if that is nothing."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise LineError(f"cannot be split into words ({error})", "close the quotation") from None
    verb, *rest = [word for index, word in enumerate(words) if (index, word) != (0, "kubectl")] or [""]
    if verb in OTHERS:
        problem, fix = OTHERS[verb]
        raise LineError(f"{verb} {problem}", fix)
    if verb not in VERBS:
        raise LineError(f"{quoted(verb)} is not a command that is modelled", choose(verb, tuple(VERBS)))
    parser = _Parser(prog=verb, add_help=False, allow_abbrev=False)
    parser.add_argument("words", nargs="*")
    parser.add_argument("-n", "--namespace")
    for option, settings in VERBS[verb].options.items():
        parser.add_argument(option, **settings)
    rest = ["--patch" if (word, verb) == ("-p", "patch") else word for word in rest]
    options, unknown = parser.parse_known_intermixed_args(rest)
    if unknown:
        known = ", ".join(("--namespace", *VERBS[verb].options))
        raise LineError(f"{verb} has no option {unknown[0]} that is modelled", f"use one of {known}")
    return list(VERBS[verb].read(TypedLine(verb, tuple(options.words), options, kinds, number)))
