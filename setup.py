"""What pyproject.toml cannot say: the specs that come with kmodel, in `specs/`, are its subpackage `kmodel.specs`."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[*find_namespace_packages(include=["kmodel*"]), "kmodel.specs", "kmodel.specs.scenarios"],
    package_dir={"kmodel.specs": "specs", "kmodel.specs.scenarios": "specs/scenarios"},
    package_data={
        "kmodel": ["py.typed", "reporting/templates/*", "kubernetes/scenario/tours/*.yaml"],
        "kmodel.specs.scenarios": ["*.yaml"],
    },
)
