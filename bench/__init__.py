"""One file per performance bar; `python -m bench` runs them and prints their table."""
