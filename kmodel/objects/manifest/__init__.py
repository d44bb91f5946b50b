"""Reading Kubernetes objects from manifests: YAML, KYAML and JSON."""

from kmodel.objects.manifest.document import documents
from kmodel.objects.manifest.errors import InputError, quoted
from kmodel.objects.manifest.field import Field, Fields, choose, did_you_mean
from kmodel.objects.manifest.reading import KINDS_IN_MANIFESTS, Manifest, read, read_all

__all__ = [
    "KINDS_IN_MANIFESTS",
    "Field",
    "Fields",
    "InputError",
    "Manifest",
    "choose",
    "did_you_mean",
    "documents",
    "quoted",
    "read",
    "read_all",
]
