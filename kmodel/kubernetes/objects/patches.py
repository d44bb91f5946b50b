"""What kubectl's shorter commands change of a workload: parts of objects, as the bodies of patches.

Upstream: staging/src/k8s.io/kubectl/pkg/cmd/{scale,set/set_image.go,rollout}, 1.34.
"""

from typing import Any

import attrs


@attrs.frozen(cache_hash=True)
class Scaled:
    """The body of a patch of the scale of a workload: how many pods it wants."""

    replicas: int

    def onto(self, stored: Any) -> Any:
        """Return the workload with so many replicas; None of what has none."""
        return attrs.evolve(stored, replicas=self.replicas) if hasattr(stored, "replicas") else None


@attrs.frozen(cache_hash=True)
class WithImage:
    """The body of a patch of the image of a container; without a name, of all containers."""

    image: str
    container: str = ""

    def onto(self, stored: Any) -> Any:
        """Return the pod, or the workload with its template, with the image."""
        template = getattr(stored, "template", None)
        if template is not None:
            return attrs.evolve(stored, template=attrs.evolve(template, spec=self._in(template.spec)))
        return attrs.evolve(stored, spec=self._in(stored.spec)) if hasattr(stored, "spec") else None

    def _in(self, spec: Any) -> Any:
        def changed(containers: Any) -> Any:
            return tuple(
                attrs.evolve(each, image=self.image) if self.container in ("", each.name) else each
                for each in containers
            )

        if not self.container:
            return attrs.evolve(spec, containers=changed(spec.containers))
        return attrs.evolve(spec, containers=changed(spec.containers), init_containers=changed(spec.init_containers))


@attrs.frozen(cache_hash=True)
class WithImages:
    """The body of a patch of the images of several containers."""

    images: tuple[WithImage, ...]

    def onto(self, stored: Any) -> Any:
        """Return the pod, or the workload with its template, with all the images."""
        for image in self.images:
            stored = image.onto(stored)
        return stored


@attrs.frozen(cache_hash=True)
class Paused:
    """The body of a patch that pauses a rollout, or lets it go on."""

    paused: bool

    def onto(self, stored: Any) -> Any:
        """Return the Deployment; None of what has no rollout."""
        return attrs.evolve(stored, paused=self.paused) if hasattr(stored, "paused") else None


@attrs.frozen(cache_hash=True)
class WithTemplate:
    """The body of a patch of the template of a workload's pods: that of an earlier revision, for example."""

    template: Any

    def onto(self, stored: Any) -> Any:
        """Return the workload with the template."""
        return attrs.evolve(stored, template=self.template)
