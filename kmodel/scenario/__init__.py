"""Scenarios: what is explored, read from YAML files: manifests, sizes, requests, faults and budgets."""

from kmodel.objects.manifest import InputError
from kmodel.scenario.building import model
from kmodel.scenario.fields import FIELDS, field_table
from kmodel.scenario.loading import default_nodes, load
from kmodel.scenario.scenario import Engine, Scenario

__all__ = ["FIELDS", "Engine", "InputError", "Scenario", "default_nodes", "field_table", "load", "model"]
