"""What a user's own controller is written with: a client, a decorator, kinds, and the errors that it may catch."""

from kmodel.controllers.api_errors import (
    AlreadyExists,
    ApiError,
    Conflict,
    Forbidden,
    Invalid,
    NotFound,
    Timeout,
    Unauthorized,
)
from kmodel.controllers.client import Client
from kmodel.controllers.controller import Controller, controller
from kmodel.controllers.custom_kind import custom_kind
from kmodel.controllers.metacontroller import composite_controller, decorator_controller
from kmodel.controllers.running import Requeue

__all__ = [
    "AlreadyExists",
    "ApiError",
    "Client",
    "Conflict",
    "Controller",
    "Forbidden",
    "Invalid",
    "NotFound",
    "Requeue",
    "Timeout",
    "Unauthorized",
    "composite_controller",
    "controller",
    "custom_kind",
    "decorator_controller",
]
