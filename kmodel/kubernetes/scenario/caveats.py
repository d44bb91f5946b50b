"""What of the manifests the model does not have: kinds, fields, files, and objects that pods name and nobody declares.

Some of it may change a verdict: the last line of a report says so.
"""

import re
from collections.abc import Iterator, Sequence

import attrs

from kmodel.kubernetes.components.references import has, is_namespace, reference_of
from kmodel.kubernetes.components.settings import Settings
from kmodel.kubernetes.manifests import InputError, choose
from kmodel.kubernetes.objects import known
from kmodel.kubernetes.objects.kind import all_templates, copies_in_all
from kmodel.kubernetes.objects.opaque import SHORT_NAMES, Opaque, meaning, some, told
from kmodel.kubernetes.objects.reading import Manifest
from kmodel.kubernetes.scenario.detail import coarse_parts

INDEX = re.compile(r"\[\d+\]$")


@attrs.frozen
class Caveats:
    """Notes, each under a heading, and what weakens a verdict; `workloads` are those that are not modelled.

    `missing` are the objects that pods need, and that are not there.
    """

    notes: tuple[tuple[str, str], ...] = ()
    weakened_by: tuple[str, ...] = ()
    workloads: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


NONE = Caveats()


def decides(path: str) -> bool:
    """Tell whether a field that the model does not read may decide where, or how long, a pod runs."""
    return _name(path) in known.DECIDING


def caveats(
    others: Sequence[Opaque], skipped: Sequence[str], manifests: Sequence[Manifest], settings: Settings
) -> Caveats:
    """Return what is to be said of files with these objects of kinds that are not modelled, and these manifests."""
    replicas = {
        manifest.reference: copies_in_all(manifest.object) for manifest in manifests if manifest.object.templates()
    }
    sentences = list(told(others, replicas))
    fields = [(each.reference, path) for each in manifests for path in each.left_out if decides(path)]
    cut = [each for each in manifests if each.cut]
    missing = _missing(manifests, settings)
    return Caveats(
        notes=(
            *(("DETAIL", sentence) for sentence in coarse_parts(settings)),
            *(("NOT MODELLED", sentence) for sentence, weakens in sentences if weakens),
            *(("ONLY STORED", sentence) for sentence, weakens in sentences if not weakens),
            *(("MAY DECIDE", sentence) for sentence in _not_read(fields)),
            *(("MAY DECIDE", f"{each.reference}: {each.cut} are modelled") for each in cut),
            *(("MISSING", _brought_elsewhere(reference, user)) for reference, user in missing.items()),
            *(("SKIPPED", sentence) for sentence in _by_reason(skipped)),
        ),
        weakened_by=(
            *(value.reference for value in others if meaning(value).weakens),
            *(f"{name} {_name(path)}" for name, path in dict.fromkeys(fields)),
            *(f"{each.reference} ({each.cut})" for each in cut),
            *(sentence.partition(":")[0] for sentence in skipped if ": skipped, is a Helm" in sentence),
        ),
        workloads=tuple(value.reference for value in others if value.makes_pods),
        missing=tuple(missing),
    )


def _name(path: str) -> str:
    """Return the name of a field at a path."""
    return INDEX.sub("", path).rpartition(".")[2]


def _not_read(fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Yield a sentence for the fields that the same objects have, each given by its object and path."""
    paths: dict[str, list[tuple[str, str]]] = {}
    for name, path in fields:
        paths.setdefault(_name(path), []).append((name, path))
    alike: dict[tuple[str, ...], list[str]] = {}
    for field, found in paths.items():
        alike.setdefault(tuple(dict.fromkeys(name for name, _ in found)), []).append(field)
    for objects, names in alike.items():
        told = [path for field in names for name, path in paths[field]] if len(objects) == 1 else names
        yield f"{some(objects)}: {', '.join(told)} {'is' if len(told) == 1 else 'are'} not read"


def _by_reason(skipped: Sequence[str]) -> Iterator[str]:
    """Yield a sentence for the files that are skipped for the same reason."""
    files: dict[str, list[str]] = {}
    for sentence in skipped:
        file, _, reason = sentence.partition(": ")
        files.setdefault(reason, []).append(file)
    yield from (f"{', '.join(names)}: {reason}" for reason, names in files.items())


def _missing(manifests: Sequence[Manifest], settings: Settings) -> dict[str, str]:
    """Return the objects that pods need, that are not there and that they do not bring, each with who needs it."""
    users: dict[str, str] = {}
    for manifest in manifests:
        if not is_namespace(settings, namespace := manifest.object.metadata.namespace):
            users.setdefault(f"namespace/{namespace}", manifest.reference)
    for manifest in manifests:
        for value in (manifest.object, *(template.object for template in all_templates(manifest.object))):
            for need in value.needs:
                if not has(settings, need, value.metadata.namespace):
                    users.setdefault(reference_of(need, value.metadata.namespace), manifest.reference)
    return users


def _brought_elsewhere(reference: str, user: str) -> str:
    return f"{reference}, which {user} needs; if something else brings it, add --assume {reference}"


def read_assumed(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the objects that a user declares to be there, as kubectl names them; InputError for what names none."""
    found = []
    for text in texts:
        kind, slash, key = text.partition("/")
        known_kind = SHORT_NAMES.get(kind.lower())
        if known_kind is None or not slash or not key:
            raise InputError("--assume", None, text, "names no object that a pod may need", choose(kind, _SINGULAR))
        found.append(f"{known_kind}/{key.removeprefix('default/')}")
    return tuple(found)


_SINGULAR = tuple(dict.fromkeys(SHORT_NAMES.values()))
