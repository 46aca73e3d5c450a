"""The thresholds of signals are settings."""

from datetime import timedelta

from infra.settings import Settings, read_settings
from projections.signals import thresholds_of


def test_every_threshold_is_a_setting() -> None:
    names = sorted(name for name in Settings.model_fields if name.startswith("signals_"))
    given = {name: number for number, name in enumerate(names, 10)}
    thresholds = thresholds_of(read_settings(**given))
    for name, number in given.items():
        field = name.removeprefix("signals_").replace("_seconds", "_within")
        in_seconds = name.endswith("_seconds")
        assert getattr(thresholds, field) == (timedelta(seconds=number) if in_seconds else number)
