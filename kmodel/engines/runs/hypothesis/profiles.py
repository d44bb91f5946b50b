"""The profiles by which Hypothesis samples: how many runs, of how many steps, whether the same each time."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import InvalidArgument

from kmodel.kernel import ModelError

PROFILES = ("dev", "ci", "nightly")


def settings_of(profile: str, *, max_examples: int | None = None, steps: int | None = None) -> settings:
    """Return the settings of a profile registered with Hypothesis, with the number of runs or of steps replaced."""
    try:
        chosen = settings.get_profile(profile)
    except InvalidArgument:
        raise ModelError(
            f"there is no Hypothesis profile {profile!r}; use {', '.join(PROFILES)}, or register it with Hypothesis"
        ) from None
    return settings(
        chosen,
        max_examples=chosen.max_examples if max_examples is None else max_examples,
        stateful_step_count=chosen.stateful_step_count if steps is None else steps,
        deadline=None,
        # A trace is explained by its steps; which of the choices matter is for arguments of tests.
        phases=[phase for phase in chosen.phases if phase is not Phase.explain],
        # Runs are long and most rules are disabled in most states: both are in the nature of a cluster.
        suppress_health_check=list(HealthCheck),
    )


def _register() -> None:
    # The story of one pod takes some fifty steps, Hypothesis's default length of a run: look further than that. Many
    # runs are variations of an earlier one, so take more of them.
    size = {"max_examples": 200, "stateful_step_count": 100}
    settings.register_profile("dev", settings.get_profile("default"), **size)
    # Hypothesis brings a profile ci (derandomized, no database); only its size is changed.
    settings.register_profile("ci", settings.get_profile("ci"), **size)
    settings.register_profile(
        "nightly", settings.get_profile("default"), max_examples=5_000, stateful_step_count=300, print_blob=True
    )


_register()
