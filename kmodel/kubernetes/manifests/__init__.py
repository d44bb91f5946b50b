"""Reading manifests: YAML, KYAML and JSON whose every field knows its line; what they mean is for objects/ to say."""

from kmodel.input_error import InputError, NoManifestError, SeveralError, quoted
from kmodel.kubernetes.manifests.document import documents
from kmodel.kubernetes.manifests.field import Field, Fields, choose, did_you_mean

__all__ = [
    "Field",
    "Fields",
    "InputError",
    "NoManifestError",
    "SeveralError",
    "choose",
    "did_you_mean",
    "documents",
    "quoted",
]
