"""What is in etcd at the start: it got there through an api-server, so it is defaulted and valid."""

from typing import Any

from kmodel.kubernetes.components.apiserver.admission import admit
from kmodel.kubernetes.components.apiserver.validation import errors
from kmodel.kubernetes.components.calls import Request
from kmodel.kubernetes.manifests import Field
from kmodel.kubernetes.objects.reading import Manifest
from kmodel.kubernetes.scenario.scenario_spec import ADMIN


def as_stored(manifest: Manifest, field: Field) -> Any:
    """Return the object as the api-server stores it; InputError at the field if it would refuse to."""
    value, resource = manifest.object, manifest.kind.resource
    admitted: Any = admit(Request(ADMIN.name, "create", resource, value.metadata.key, value), value, None)
    problem = admitted if isinstance(admitted, str) else next(iter(errors(admitted)), None)
    if problem is not None:
        raise field.error(f"no api-server would have stored it: {problem}", "correct the manifest")
    return admitted
