"""How much is drawn for a model of a stream."""

from typing import Final

from hypothesis import Phase, settings

UNSHRUNK: Final = settings(
    max_examples=150,
    stateful_step_count=50,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    print_blob=True,
)
"""Failures are shown as they were drawn: shrinking fifty steps takes minutes and gains little."""
