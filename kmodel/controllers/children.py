"""The children of a parent as Metacontroller sees to them, and what it shows of them, and of related objects, to hooks.

Models: deletions first, each on the condition of the UID, then creations and updates; a failure stops none of the
others, and is a retry at the end.

Leaves out: the order of children is that of their names (Go's maps have any).

Upstream: metacontroller/metacontroller pkg/controller/common/manage_children.go, pkg/controller/common/customize
/manager.go (GetRelatedObjects), pkg/controller/common/api/v1 and v2, 4.12.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kmodel.controllers.api_errors import ApiError, NotFound
from kmodel.controllers.changes import key_in
from kmodel.controllers.client import Client
from kmodel.controllers.manifest_of import manifest_of
from kmodel.kernel.errors import ModelError
from kmodel.kubernetes.objects import Kind

NOT_WANTED = ("apiVersion", "kind", "metadata", "status")  # of a child, or by itself
Objects = Mapping[str, Any]


def objects_of(client: Client, kind: Kind[Any], own: Any, annotations: Mapping[str, str]) -> Objects:
    """Return the objects of a kind that a parent controls, and that have these annotations, by their keys."""
    found = client.list(kind, owner=own)
    return {each.metadata.key: each for each in found if set(annotations.items()) <= set(each.metadata.annotations)}


def shown_as(value: Any, kind: Kind[Any], parent: Kind[Any], version: str) -> str:
    """Return under which name a hook is shown an object: v1 leaves out the namespace where it is the parent's."""
    if not kind.namespaced or (version == "v1" and parent.namespaced):
        return str(value.metadata.name)
    return f"{value.metadata.namespace}/{value.metadata.name}"


def observed(there: Mapping[Kind[Any], Objects], parent: Kind[Any], version: str) -> dict[str, dict[str, Any]]:
    """Return objects as a hook is sent them: by kind, and by name."""
    return {
        f"{kind.kind}.{kind.api_version}": {
            shown_as(each, kind, parent, version): manifest_of(each, kind) for each in objects.values()
        }
        for kind, objects in there.items()
    }


def related_objects(
    client: Client,
    kinds: Sequence[Kind[Any]],
    rules: Iterable[Mapping[str, Any]],
    own: Any,
    parent: Kind[Any],
    version: str,
) -> dict[str, dict[str, Any]]:
    """Return the objects that the rules of a hook ask for; ModelError for a kind that is not among these."""
    found: dict[Kind[Any], dict[str, Any]] = {}
    for rule in rules:
        of = (rule.get("apiVersion"), rule.get("resource"))
        kind = next((each for each in kinds if (each.api_version, each.resource) == of), None)
        if kind is None:
            raise ModelError(f"a customize hook asks for {of[1]} of {of[0]}, which are not known; add them to related=")
        chosen = found.setdefault(kind, {})
        for each in client.list(kind):
            if _is_chosen(each, kind, rule, own, parent, version):
                chosen[each.metadata.key] = each
    return observed(found, parent, version)


def _is_chosen(value: Any, kind: Kind[Any], rule: Mapping[str, Any], own: Any, parent: Kind[Any], version: str) -> bool:
    namespace, names = rule.get("namespace"), rule.get("names") or ()
    if version == "v1" and parent.namespaced:  # it sees its own namespace only
        namespace = own.metadata.namespace
    if kind.namespaced and namespace and value.metadata.namespace != namespace:
        return False
    return (not names or value.metadata.name in names) and selects(rule.get("labelSelector"), value.metadata.labels)


OPERATORS: Mapping[str, Any] = {
    "In": lambda labels, key, values: labels.get(key) in values,
    "NotIn": lambda labels, key, values: labels.get(key) not in values,
    "Exists": lambda labels, key, values: key in labels,
    "DoesNotExist": lambda labels, key, values: key not in labels,
}


def selects(selector: Any, pairs: Iterable[tuple[str, str]]) -> bool:
    """Tell whether a label selector, as JSON has it, selects these labels; one that says nothing selects all."""
    labels, wanted = dict(pairs), selector or {}
    return all(labels.get(name) == text for name, text in (wanted.get("matchLabels") or {}).items()) and all(
        OPERATORS[each["operator"]](labels, each["key"], each.get("values") or ())
        for each in wanted.get("matchExpressions") or ()
    )


def manage(
    client: Client,
    strategies: Mapping[Kind[Any], str],
    there: Mapping[Kind[Any], Objects],
    answered: Sequence[Mapping[str, Any]],
    own: Any,
    parent: Kind[Any],
    annotations: Mapping[str, str],
) -> list[ApiError]:
    """Make the children of a parent those that a hook answered, with these annotations; return what failed."""
    failed = []
    for kind, strategy in strategies.items():
        wanted = _wanted(answered, kind, own, parent, annotations)
        failed += _delete(client, there[kind], wanted)
        failed += _write(client, kind, there[kind], wanted, own, strategy)
    return failed


def _wanted(
    answered: Sequence[Mapping[str, Any]], kind: Kind[Any], own: Any, parent: Kind[Any], annotations: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """Return the children of a kind that a hook wants, by their keys, in the order of these."""
    found = {}
    for each in answered:
        if (each.get("apiVersion"), each.get("kind")) == (kind.api_version, kind.kind):
            metadata = dict(each.get("metadata") or {})
            if parent.namespaced and kind.namespaced:
                metadata.setdefault("namespace", own.metadata.namespace)
            if annotations:
                metadata["annotations"] = {**(metadata.get("annotations") or {}), **annotations}
            found[key_in(metadata["name"], metadata.get("namespace"))] = {**each, "metadata": metadata}
    return dict(sorted(found.items()))


def _delete(client: Client, there: Objects, wanted: Mapping[str, Any]) -> list[ApiError]:
    failed: list[ApiError] = []
    for name, child in there.items():
        if name not in wanted and not child.metadata.deleting:
            try:
                client.delete(child, uid=child.metadata.uid, propagation="Background")
            except NotFound:
                pass
            except ApiError as error:
                failed.append(error)
    return failed


def _write(
    client: Client, kind: Kind[Any], there: Objects, wanted: Mapping[str, Any], owner: Any, strategy: str
) -> list[ApiError]:
    failed: list[ApiError] = []
    for name, manifest in wanted.items():
        child = there.get(name)
        try:
            if child is None:
                client.create(manifest, owner=owner)
            elif strategy != "OnDelete" and not child.metadata.deleting and _differs(manifest, child, kind):
                if strategy == "Recreate":
                    client.delete(child, uid=child.metadata.uid, propagation="Background")
                else:
                    changes = {part: manifest[part] for part in manifest if part not in NOT_WANTED}
                    client.update(child, {**changes, "metadata": {"labels": _labels(manifest)}})
        except ApiError as error:
            failed.append(error)
    return failed


def _labels(manifest: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = manifest.get("metadata", {}).get("labels") or {}
    return found


def _differs(manifest: Mapping[str, Any], child: Any, kind: Kind[Any]) -> bool:
    """Tell whether an object has not all that a manifest wants of it."""
    there = manifest_of(child, kind)
    changed = any(_lacks(there.get(part), manifest[part]) for part in manifest if part not in NOT_WANTED)
    return changed or _lacks(there["metadata"]["labels"], _labels(manifest))


def _lacks(there: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return not isinstance(there, dict) or any(_lacks(there.get(name), each) for name, each in wanted.items())
    return bool(there != wanted)
