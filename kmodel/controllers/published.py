"""Published hooks of Metacontroller, by path: their controller is the one that YAML files beside them declare.

Of a CompositeController or DecoratorController all is read but `generateSelector`, revision histories, and how the
webhook is reached: the hook is run in process. Kinds are those that kmodel has, those of CustomResourceDefinitions,
and else what an api-server serves, with any fields.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from kmodel.controllers.children import selects
from kmodel.controllers.controller import Controller
from kmodel.controllers.custom_kind import custom_kind, declared_kind, plural_of
from kmodel.controllers.hooks import hook_of
from kmodel.controllers.manifest_of import manifest_of
from kmodel.controllers.metacontroller import STRATEGIES, composite_controller, decorator_controller
from kmodel.controllers.schemas import definition_of
from kmodel.kernel.errors import ModelError
from kmodel.kubernetes.objects import KINDS, Kind
from kmodel.kubernetes.objects.meta import DEFAULT_NAMESPACE, key
from kmodel.kubernetes.objects.served import SERVED, WITHOUT_NAMESPACE

GROUP = "metacontroller.k8s.io"
MAKERS: Mapping[str, tuple[Any, str, str, str]] = {
    "CompositeController": (composite_controller, "parent", "children", "childResources"),
    "DecoratorController": (decorator_controller, "object", "attachments", "attachments"),
}
ANY_FIELDS: Mapping[str, Any] = {"data": dict, "stringData": dict, "rules": list, "subjects": list, "roleRef": dict}
Document = Mapping[str, Any]


@cache
def published(hook: Path, files: tuple[Path, ...]) -> tuple[Controller, tuple[Kind[Any], ...]]:
    """Return the controller that a hook is of, and the kinds that it brings; ModelError if nothing declares one.

    `files` are manifests, and folders of them, beside those in the folder of the hook.
    """
    beside, given = tuple(_documents([hook.parent])), tuple(_documents(files))
    documents = (*beside, *given)
    found = [each for each in beside if _declares(each)] or [each for each in given if _declares(each)]
    if len(found) != 1:
        said = "none is" if not found else f"{len(found)} are"
        raise ModelError(
            f"{hook}: of {' and '.join(MAKERS)}, {said} declared in {hook.parent} or the files of -f; "
            "put the one that this hook is of there"
        )
    return _Published(hook, found[0], documents).controller()


def _declares(document: Document) -> bool:
    return document.get("kind") in MAKERS and GROUP in str(document.get("apiVersion"))


def _documents(places: Iterable[Path]) -> Iterator[Document]:
    for place in places:
        inside = sorted(each for each in place.iterdir() if each.suffix in (".yaml", ".yml")) if place.is_dir() else ()
        for file in inside or (() if place.is_dir() else (place,)):
            try:
                read = list(yaml.safe_load_all(file.read_text(encoding="utf-8")))
            except (OSError, ValueError, yaml.YAMLError):
                continue  # whoever reads it as a manifest tells what is wrong
            yield from (each for each in read if isinstance(each, dict))


class _Published:
    def __init__(self, hook: Path, declared: Document, documents: tuple[Document, ...]) -> None:
        self.hook = hook
        self.declared = declared
        self.documents = documents
        self.kinds: dict[tuple[str, str], Kind[Any]] = {}
        self.where = f"{hook.parent}: {declared['kind']} {declared.get('metadata', {}).get('name', '')}"

    def controller(self) -> tuple[Controller, tuple[Kind[Any], ...]]:
        """Return the controller, and the kinds that do not come with kmodel."""
        maker, parent_word, children_word, resources = MAKERS[self.declared["kind"]]
        try:
            spec = self.declared["spec"]
            about = spec["parentResource"] if "parentResource" in spec else spec["resources"][0]
            parent = self._kind(about)
            children = {self._kind(each): self._strategy(each) for each in spec.get(resources) or ()}
            hooks = {name: self._hook(each) for name, each in spec["hooks"].items() if name in HOOKS}
            sync = hooks["sync"]
            name = self.declared["metadata"]["name"]
        except (KeyError, TypeError, IndexError, AttributeError) as error:
            raise ModelError(f"{self.where}: lacks {error}; correct that") from None
        if len(spec.get("resources") or ()) > 1:
            raise ModelError(f"{self.where}: decorates several resources; give each a controller of its own")
        version = (spec["hooks"]["sync"] or {}).get("version") or "v1"
        mine = [each for each in self.documents if _is_of(each, parent)]
        related = self._related(hooks.get("customize"), mine)

        def makes(value: Any) -> Any:
            asked = {
                parent_word: manifest_of(value, parent),
                children_word: {f"{kind.kind}.{kind.api_version}": {} for kind in children},
                "related": self._shown(related, version, parent),
                "controller": {},
                "finalizing": False,
            }
            answered = sync(asked).get(children_word) or []
            return [self._placed(each, value, parent) for each in answered]

        made = maker(
            **{{"parent": "parent", "object": "resource"}[parent_word]: parent, children_word: children},
            hook=_named(sync, self.hook),
            finalize=hooks.get("finalize"),
            customize=hooks.get("customize"),
            related=related,
            version=version,
            name=name,
            makes=makes,
            selects=_selecting(about, mine),
        )
        new = tuple(dict.fromkeys(kind for kind in self.kinds.values() if kind not in KINDS))
        return made, new

    def _strategy(self, child: Document) -> str:
        method = str((child.get("updateStrategy") or {}).get("method") or STRATEGIES[0])
        if method not in STRATEGIES:
            raise ModelError(f"{self.where}: the update strategy {method} is not modelled; use {', '.join(STRATEGIES)}")
        return method

    def _hook(self, declared: Document) -> Any:
        webhook = declared["webhook"]
        at = webhook.get("path") or urlsplit(str(webhook.get("url", ""))).path or "/"
        return hook_of(self.hook.name, str(self.hook), at)

    def _related(self, customize: Any, parents: Iterable[Document]) -> tuple[Kind[Any], ...]:
        if customize is None:
            return ()
        answers = [customize({"controller": {}, "parent": {**each}}) for each in parents]
        rules = [rule for each in answers for rule in each.get("relatedResources") or ()]
        return tuple(dict.fromkeys(self._kind(rule) for rule in rules))

    def _shown(self, kinds: Iterable[Kind[Any]], version: str, parent: Kind[Any]) -> dict[str, dict[str, Document]]:
        """Return the objects of some kinds that the files have, as a hook is sent them."""
        shown: dict[str, dict[str, Document]] = {}
        for kind in kinds:
            of = shown.setdefault(f"{kind.kind}.{kind.api_version}", {})
            for each in self.documents:
                if _is_of(each, kind):
                    name, namespace = _place(each)
                    short = not kind.namespaced or (version == "v1" and parent.namespaced)
                    of[name if short else f"{namespace}/{name}"] = each
        return shown

    def _placed(self, child: Document, value: Any, parent: Kind[Any]) -> Document:
        metadata = {**child["metadata"]}
        if parent.namespaced:
            metadata.setdefault("namespace", value.metadata.namespace)
        return {**child, "metadata": metadata}

    def _kind(self, of: Document) -> Kind[Any]:
        """Return the kind that an apiVersion and a resource name."""
        meant = of["apiVersion"], of["resource"]
        if meant not in self.kinds:
            built_in = [kind for kind in KINDS if (kind.api_version, kind.resource) == meant]
            self.kinds[meant] = built_in[0] if built_in else self._declared(*meant)
        return self.kinds[meant]

    def _declared(self, api_version: str, resource: str) -> Kind[Any]:
        for each in self.documents:
            if each.get("kind") == "CustomResourceDefinition":
                definition = definition_of(each, self.hook.parent)
                if (definition["api_version"], definition["plural"]) == (api_version, resource):
                    return declared_kind(str(self.hook), definition)
        known = SERVED.get(api_version, "").split()
        given = [str(each.get("kind")) for each in self.documents if each.get("apiVersion") == api_version]
        kind = next((each for each in (*known, *given) if plural_of(each.lower()) == resource), None)
        if kind is None:
            raise ModelError(
                f"{self.where}: {resource} of {api_version} are not known; "
                "add the file of their CustomResourceDefinition with -f"
            )
        namespaced = kind not in WITHOUT_NAMESPACE
        fields = {name: of for name, of in ANY_FIELDS.items() if kind in known}
        return custom_kind(api_version, kind, spec=dict, status=dict, plural=resource, namespaced=namespaced, **fields)


HOOKS = ("sync", "finalize", "customize")


def _named(hook: Any, path: Path) -> Any:
    hook.__name__ = path.stem
    return hook


def _is_of(document: Document, kind: Kind[Any]) -> bool:
    return (document.get("apiVersion"), document.get("kind")) == (kind.api_version, kind.kind)


def _place(document: Document) -> tuple[str, str]:
    metadata = document.get("metadata") or {}
    return str(metadata.get("name")), str(metadata.get("namespace") or DEFAULT_NAMESPACE)


def _selecting(about: Document, parents: Iterable[Document]) -> Any:
    """Return what tells which parents a controller is for; by annotations, it goes by those that the files have."""
    by_annotations = about.get("annotationSelector")
    annotated = {
        key(*_place(each))
        for each in parents
        if selects(by_annotations, ((each.get("metadata") or {}).get("annotations") or {}).items())
    }

    def is_meant(parent: Any) -> bool:
        return selects(about.get("labelSelector"), parent.metadata.labels) and (
            by_annotations is None or parent.metadata.key in annotated
        )

    return is_meant
