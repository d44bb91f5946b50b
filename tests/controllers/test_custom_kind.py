"""Custom kinds: fields by type or by a CustomResourceDefinition, from a manifest to a value that cannot change."""

import pickle
from pathlib import Path
from typing import Any

import attrs
import pytest
import yaml

from kmodel.controllers import custom_kind
from kmodel.controllers.changes import patch_of
from kmodel.controllers.custom_kind import Json
from kmodel.input_error import InputError
from kmodel.kernel import Cell, Cluster, ModelError
from kmodel.kernel.footprint import Log, View
from kmodel.kubernetes.manifests import Field
from kmodel.kubernetes.objects import Kind, ObjectMeta
from kmodel.kubernetes.objects.reading import read, read_any

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: caches.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Cache, plural: caches, singular: cache, shortNames: [ca]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec:
            type: object
            properties:
              size: {type: integer, default: 2}
              image: {type: string}
              limits: {type: object, additionalProperties: {type: string}}
              zones: {type: array, items: {type: string}}
          status: {type: object, properties: {ready: {type: boolean}}}
"""
Store = custom_kind("example.com/v1", "Store", spec={"size": 1, "tier": {"name": str, "labels": dict}})


def value(kind: Kind[Any], spec: str) -> Any:
    text = f"apiVersion: {kind.api_version}\nkind: {kind.kind}\nmetadata: {{name: main}}\nspec: {spec}\n"
    return read(Field("store.yaml", "", yaml.compose(text) or yaml.ScalarNode("", "")), (kind,)).object


def test_a_definition_says_all_that_custom_kind_takes(tmp_path: Path) -> None:
    (tmp_path / "crd.yaml").write_text(CRD, encoding="utf-8")
    cache = custom_kind(crd=tmp_path / "crd.yaml")
    assert (cache.kind, cache.api_version, cache.resource, cache.short_names) == (
        "Cache",
        "example.com/v1",
        "caches",
        ("ca",),
    )
    made = value(cache, "{limits: {cpu: '1'}, zones: [a, b]}")
    assert (made.spec.size, made.spec.image, made.spec.zones) == (2, None, ("a", "b"))
    assert made.spec.limits == Json((("cpu", "1"),))
    assert made.status.ready is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: Pod\n", "holds no CustomResourceDefinition"),
        ("kind: CustomResourceDefinition\nspec: {}\n", "lacks 'names'"),
        ("{", "cannot be read"),
    ],
)
def test_a_file_that_is_no_definition_is_told(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "crd.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=said):
        custom_kind(crd=tmp_path / "crd.yaml")


def test_what_is_read_of_an_object_is_the_field_and_no_more() -> None:
    cell: Cell[Any] = Cell("store")
    log = Log()
    view = View(Cluster.of({cell: value(Store, "{size: 3, tier: {name: fast}}")}), log)
    assert view[cell].spec.size == 3
    assert [read.projection.path for read in log.footprint()] == [(), ("spec",), ("spec", "size")]


def test_a_field_of_another_type_is_told_with_its_line() -> None:
    with pytest.raises(InputError, match=r"store\.yaml:4: spec\.tier\.name: is the number 3, not a string"):
        value(Store, "{tier: {name: 3}}")
    with pytest.raises(InputError, match=r"did you mean"):
        value(Store, "{sizes: 3}")


def test_a_merge_patch_merges() -> None:
    made = value(Store, "{tier: {name: fast, labels: {a: '1', b: '2'}}}")
    patched = patch_of({"spec": {"tier": {"labels": {"a": None, "c": "3"}}}}, "here").onto(made)
    assert patched.spec.tier.labels == Json((("b", "2"), ("c", "3")))
    assert (patched.spec.tier.name, patched.spec.size) == ("fast", 1)
    with pytest.raises(ModelError, match="a patch names zones, which StoreSpec has not; use one of size, tier"):
        patch_of({"spec": {"zones": 3}}, "here").onto(made)


def test_an_object_survives_a_checkpoint() -> None:
    made = value(Store, "{size: 3}")
    assert pickle.loads(pickle.dumps(made)) == made


@pytest.mark.parametrize(
    ("arguments", "fields", "said"),
    [
        (("example.com/v1", "store"), {}, "names no kind"),
        (("example.com/v1", "Store"), {"spec": {"a-b": int}}, "cannot have a field 'a-b'"),
        (("example.com/v1", "Store"), {"spec": {"size": 1.5}}, "is declared as 1.5"),
    ],
)
def test_a_declaration_that_is_none_is_told(arguments: tuple[str, str], fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        custom_kind(*arguments, **fields)


def test_another_version_of_a_declared_kind_is_told() -> None:
    text = "apiVersion: example.com/v2\nkind: Store\nmetadata: {name: main}\n"
    document = Field("store.yaml", "", yaml.compose(text) or yaml.ScalarNode("", ""))
    with pytest.raises(InputError, match=r'store\.yaml:2: kind: "Store" is not declared in version "example\.com/v2"'):
        read_any(document, (Store,))


def test_kubectl_waits_for_any_condition_that_is_true() -> None:
    reports = custom_kind("example.com/v1", "Report", spec=dict, status={"conditions": list})
    conditions = (Json((("status", "False"), ("type", "Ready"))), Json((("status", "True"), ("type", "Complete"))))
    told = reports.cls(metadata=ObjectMeta("main"), status=_status(reports, conditions))
    assert [told.reached(wait) for wait in ("Complete", "complete", "Ready", "Failed")] == [True, True, False, False]
    assert told.summary() == "Ready: False, Complete: True"
    loose = custom_kind("example.com/v1", "Loose", spec=dict, status=dict)
    said = loose.cls(metadata=ObjectMeta("main"), status=Json((("conditions", conditions), ("seen", 2))))
    assert said.reached("Complete")
    assert said.summary() == "Ready: False, Complete: True, seen: 2"
    assert not loose.cls(metadata=ObjectMeta("main")).reached("Complete")


def _status(kind: Kind[Any], conditions: Any) -> Any:
    status: Any = attrs.fields(kind.cls).status.default.factory
    return status(conditions=conditions)
