"""Published hooks, by path: which controllers they are of, and what these do beside Kubernetes."""

import logging
from pathlib import Path
from typing import Any

import pytest

from kmodel.controllers.published import published
from kmodel.engines.exhaustive import Bounds, result_of
from kmodel.engines.results import Verdict
from kmodel.kernel import Cluster, ModelError, sometimes
from kmodel.kubernetes.components.etcd import stored
from kmodel.project import Project

HOOKS = Path(__file__).parent / "hooks"
SITES, MAPS, LISTINGS = stored("sites"), stored("configmaps"), stored("listings")


def hooked(folder: str) -> Any:
    """Return the scenario of a hook, as --hook and -f read it."""
    project = Project(None, (), hooks=(HOOKS / folder / "hook.py",))
    return project.read([HOOKS / folder])


@sometimes(needs=SITES)
def the_site_is_noted(cluster: Cluster) -> bool:
    """The site has its label and its note."""
    site, note = cluster[SITES["main"]], cluster[MAPS["main-note"]]
    return site is not None and ("noted", "yes") in site.metadata.labels and note is not None


@sometimes(needs=SITES)
def the_note_outlives_the_site(cluster: Cluster) -> bool:
    """There is a note, and the site is no more, or lets itself be gone."""
    site = cluster[SITES["main"]]
    gone = site is None or (site.metadata.deleting and not site.metadata.finalizers)
    return gone and cluster[MAPS["main-note"]] is not None


@sometimes(needs=SITES)
def the_site_goes_after_its_note(cluster: Cluster) -> bool:
    """Nothing of it is left, and nobody waits any more."""
    return cluster[SITES["main"]] is None and cluster[MAPS["main-note"]] is None


@sometimes(needs=SITES)
def another_site_is_noted(cluster: Cluster) -> bool:
    """The site that no selector selects is."""
    return bool(cluster[SITES["other"]].metadata.labels != (("stage", "live"),))


def test_what_is_attached_goes_before_the_finalizer_does_if_the_cache_has_it() -> None:
    specs = (the_site_is_noted, the_site_goes_after_its_note, another_site_is_noted, the_note_outlives_the_site)
    result = result_of(hooked("sites").model(specs), Bounds(max_states=20_000))
    assert result.finished
    verdicts = {finding.spec.name: finding.verdict for finding in result.findings}
    assert verdicts == {
        "the_site_is_noted": Verdict.HOLDS,
        "the_site_goes_after_its_note": Verdict.HOLDS,
        "another_site_is_noted": Verdict.NEVER_HAPPENS,
        # The cache is late: the note of one sync is not in it yet when another one is to finalize, and sees none.
        "the_note_outlives_the_site": Verdict.HOLDS,
    }


@sometimes(needs=LISTINGS)
def the_list_names_the_map(cluster: Cluster) -> bool:
    """The list has the name of the one map with the label, with its namespace, and the status counts it."""
    made, listing = cluster[MAPS["all-list"]], cluster[LISTINGS["all"]]
    return made is not None and made.data.get("maps") == "default/one" and listing.status.count == 1


@sometimes(needs=LISTINGS)
def the_list_names_another(cluster: Cluster) -> bool:
    """The list has a name that no label selects."""
    made = cluster[MAPS["all-list"]]
    return made is not None and "unlisted" in made.data.get("maps")


@pytest.mark.long
def test_a_hook_is_shown_the_objects_that_it_asks_for() -> None:
    result = result_of(
        hooked("listings").model((the_list_names_the_map, the_list_names_another)), Bounds(max_states=20_000)
    )
    assert result.finished
    assert [finding.verdict for finding in result.findings] == [Verdict.HOLDS, Verdict.NEVER_HAPPENS]


def test_a_hook_says_nothing_of_how_kmodel_logs() -> None:
    before = logging.root.level, list(logging.root.handlers)
    controller, kinds = published(HOOKS / "sites/hook.py", (HOOKS / "sites/site.yaml",))
    assert (logging.root.level, list(logging.root.handlers)) == before
    assert controller.name == "site-notes"
    assert [kind.kind for kind in kinds] == ["Site", "ConfigMap"]


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        pytest.param("", "of CompositeController and DecoratorController, none is declared in .*; put", id="none"),
        pytest.param(
            "{apiVersion: metacontroller.k8s.io/v1alpha1, kind: CompositeController, metadata: {name: x}, spec: {}}",
            "CompositeController x: lacks 'resources'; correct that",
            id="no parent",
        ),
        pytest.param(
            "{apiVersion: metacontroller.k8s.io/v1alpha1, kind: CompositeController, metadata: {name: x}, "
            "spec: {parentResource: {apiVersion: example.com/v1, resource: things}}}",
            "things of example.com/v1 are not known; add the file of their CustomResourceDefinition with -f",
            id="no kind",
        ),
        pytest.param(
            "{apiVersion: metacontroller.k8s.io/v1alpha1, kind: CompositeController, metadata: {name: x}, "
            "spec: {parentResource: {apiVersion: v1, resource: services}, childResources: [{apiVersion: v1, "
            "resource: pods, updateStrategy: {method: RollingInPlace}}]}}",
            "the update strategy RollingInPlace is not modelled; use OnDelete, Recreate, InPlace",
            id="strategy",
        ),
    ],
)
def test_what_is_wrong_with_a_published_controller_is_told(tmp_path: Path, declared: str, said: str) -> None:
    (tmp_path / "sync.py").write_text((HOOKS / "batch.py").read_text())
    (tmp_path / "controller.yaml").write_text(declared)
    with pytest.raises(ModelError, match=said):
        published(tmp_path / "sync.py", ())
