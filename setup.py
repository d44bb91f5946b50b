"""What pyproject.toml cannot say: `specs/` and `examples/incidents/`, which come with kmodel, are its subpackages."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[
        *find_namespace_packages(include=["kmodel*"]),
        "kmodel.specs",
        "kmodel.specs.scenarios",
        "kmodel.incidents",
    ],
    package_dir={
        "kmodel.specs": "specs",
        "kmodel.specs.scenarios": "specs/scenarios",
        "kmodel.incidents": "examples/incidents",
    },
    package_data={
        "kmodel": ["py.typed", "reporting/templates/*", "kubernetes/scenario/tours/*.yaml"],
        "kmodel.specs.scenarios": ["*.yaml"],
        "kmodel.incidents": ["README.md", "*/*"],
    },
)
