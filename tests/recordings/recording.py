"""A recording, read: its lines in order, each a request with what it changed, or a fault."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import attrs

from kmodel.kubernetes.objects import ApiObject
from kmodel.kubernetes.objects import key as key_of
from tests.recordings.objects import SERVICE_NAME, paths, read

DATA = Path(__file__).parent / "data"
PEOPLE = ("kubectl", "harness", "")


@attrs.frozen
class Change:
    """One change of etcd: its revision, the object before and after it, and the fields in which they differ."""

    revision: int
    before: ApiObject | None
    after: ApiObject | None
    same_uid: bool
    paths: tuple[str, ...]

    @property
    def is_silent(self) -> bool:
        """Whether no field that the model has is another after it."""
        return self.same_uid and self.before == self.after


@attrs.frozen
class Line:
    """A request as the api-server answered it, and what it changed; or what befell a process (`do`).

    `same_uid` and `same_version` say whether the condition of the request was met by what was stored; None: it had no
    such condition. `outdated` is the line that changed the version of the condition, if it was not met. `key` is the
    name that the model has for the object, if it is the same.
    """

    number: int
    at: float
    do: str = ""
    by: str = ""
    agent: str = ""
    verb: str = ""
    resource: str = ""
    subresource: str = ""
    key: str = ""
    code: int = 0
    node: str = ""
    same_uid: bool | None = None
    same_version: bool | None = None
    outdated: int | None = None
    grace_seconds: int | None = None
    propagation: str = ""
    body: ApiObject | None = None
    dry_run: bool = False
    changes: tuple[Change, ...] = ()
    about: Mapping[str, Any] = {}  # of a fault: all that the recording says

    @property
    def target(self) -> str:
        """What the request is about, as the rules of access name it: `pods/status`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def changed(self) -> Change | None:
        """The last change that it made; None if it made none."""
        return self.changes[-1] if self.changes else None

    @property
    def is_silent(self) -> bool:
        """Whether it changed something, but nothing that the model has."""
        return bool(self.changes) and all(change.is_silent for change in self.changes)

    def __str__(self) -> str:
        if self.do:
            return f"line {self.number}: {self.do}"
        revisions = ", ".join(str(change.revision) for change in self.changes) or "no revision"
        return f"line {self.number} ({revisions}): {self.by} {self.verb} {self.target} {self.key}: {self.code}"


def load(name: str) -> tuple[Line, ...]:
    """Return the lines of a recording."""
    text = (DATA / f"{name}.jsonl").read_text(encoding="utf-8")
    return lines([json.loads(line) for line in text.splitlines()])


def lines(raw: list[dict[str, Any]]) -> tuple[Line, ...]:
    """Return what the lines of a trimmed recording say."""
    return tuple(_Reader().all(raw))


class _Reader:
    """What is stored, as the lines go by."""

    def __init__(self) -> None:
        self.json: dict[tuple[str, str], Any] = {}
        self.revision: dict[tuple[str, str], int] = {}
        self.outdated: dict[tuple[str, str, str], int] = {}  # by which line each version was changed
        self.slices: dict[str, str] = {}  # of an EndpointSlice's name, the key of its Service
        self.recorded: frozenset[str] = frozenset()
        self.pods: dict[str, str] = {}  # of a UID, the key of the pod

    def all(self, raw: list[dict[str, Any]]) -> Iterator[Line]:
        self.recorded = frozenset(line["what"].partition("/")[0] for line in raw if "what" in line)
        for number, line in enumerate(raw, start=1):
            yield Line(number, line["t"], line["do"], about=line) if "do" in line else self.request(number, line)

    def request(self, number: int, line: dict[str, Any]) -> Line:
        """Return a request and what it changed."""
        resource, _, subresource = line["what"].partition("/")
        first = line.get("changes", [{}])[-1].get("object") or {}
        if resource == "endpointslices" and line["verb"] == "create":
            self.slices[line["name"]] = key_of(
                first["metadata"]["labels"][SERVICE_NAME], first["metadata"]["namespace"]
            )
        key = self.slices.get(line["name"], line["name"])
        there = self.json.get((resource, key)) or {}
        body = line.get("body") or {}
        uid, version = line.get("uid"), line.get("version")
        return Line(
            number,
            line["t"],
            by=line["by"],
            agent=line["agent"],
            verb=line["verb"],
            resource=resource,
            subresource="" if subresource == "scale" else subresource,  # which only writes spec.replicas
            key=key,
            code=line["code"],
            node=line.get("node", ""),
            same_uid=None if uid is None else there.get("metadata", {}).get("uid") == uid,
            same_version=None if version is None else str(self.revision.get((resource, key))) == version,
            outdated=None if version is None else self.outdated.get((resource, key, version)),
            grace_seconds=line.get("grace"),
            propagation=line.get("propagation", ""),
            body=self.object(resource, body) if "name" in body.get("metadata", ()) else None,
            dry_run=line.get("dryRun", False),
            changes=tuple(
                self.change(of, what, change, number)
                for change in line.get("changes", ())
                for of, what in [change.get("of", f"{resource}/{key}").split("/", 1)]
            ),
        )

    def change(self, resource: str, key: str, change: dict[str, Any], line: int) -> Change:
        """Return one change of a line, and remember what it made."""
        if (resource, key) in self.revision:
            self.outdated[resource, key, str(self.revision[resource, key])] = line
        before = self.json.get((resource, key))
        known = None if before is None else self.object(resource, before)
        after = merged(before, change["object"])
        if after is not None:  # of a log in which an object is changed before it is there, a part
            after.setdefault("metadata", {}).setdefault("name", key)
            after["metadata"].setdefault("uid", "unknown")
            if resource == "pods":
                self.pods[after["metadata"]["uid"]] = key
        self.json[resource, key] = after
        self.revision[resource, key] = change["rev"]
        same = before is not None and after is not None and before["metadata"]["uid"] == after["metadata"]["uid"]
        made = None if after is None else self.object(resource, after)
        return Change(change["rev"], known, made, same, tuple(paths(before, after)))

    def object(self, resource: str, value: Any) -> ApiObject:
        """Return the model's object of a recorded one."""
        return read(resource, value, self)

    def key_of(self, uid: str) -> str:
        """Return the key of the pod that bears a UID, or has borne it."""
        return self.pods.get(uid, uid)  # of a log in which a pod is not created, a name that none has

    def is_current(self, resource: str, key: str, uid: str) -> bool:
        """Tell whether a UID is that of the object that is there."""
        there = self.json.get((resource, key))
        return there is not None and there["metadata"]["uid"] == uid


def merged(value: Any, patch: Any) -> Any:
    """Return what a merge patch makes of a JSON value [RFC 7386]."""
    if not isinstance(patch, dict):
        return patch
    made = dict(value) if isinstance(value, dict) else {}
    for name, item in patch.items():
        if item is None:
            made.pop(name, None)
        else:
            made[name] = merged(made.get(name), item)
    return made
