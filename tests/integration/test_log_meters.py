"""What the integrator's process tells about itself, whatever lies in the log's directory."""

from pathlib import Path

import pytest
from support.views import eventually

from infra.tilefiles import CHECKPOINT, log_directory
from projections import log_meters
from projections.log_meters import FILE, LogMeters


def test_figures_go_on_after_a_checkpoint_that_is_no_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_meters, "_SECONDS", 0.02)
    epoch = log_directory(tmp_path) / "1"
    epoch.mkdir(parents=True)
    checkpoint = epoch / CHECKPOINT
    checkpoint.write_bytes(b"this is no note")
    with LogMeters().written(tmp_path):
        assert not eventually((tmp_path / FILE).exists, within=0.5)
        checkpoint.unlink()
        assert eventually((tmp_path / FILE).exists, within=5)
