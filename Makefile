# Everything a person or a machine asks of this checkout. Needs Python >= 3.11 and make.

SHELL := /bin/sh
BIN := .venv/bin
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python
PYTHON ?= $(shell for p in $(CANDIDATES); do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
LOCK := $(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet
QUICK := tests/tidy tests/unit tests/property
PYTEST := $(BIN)/python -m pytest --dist loadfile

.PHONY: help setup run test check schemas bench bench-smoke mutants lock

help: ## say what there is
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*## /\t/' | expand -t 14

setup: .venv/.installed ## install what the ledger needs into .venv, `ledger` included

run: setup ## start the whole ledger on ./var; Ctrl-C stops it
	@$(BIN)/ledger up

# Slow ones three at a time, for they wait much; as collected, so that no long file comes last.
test: .venv/.installed-dev ## run every test, the quick ones first
	$(PYTEST) -n 2 $(wildcard $(QUICK))
	$(PYTEST) -n 3 --no-loadscope-reorder $(filter-out $(QUICK),$(patsubst %/,%,$(wildcard tests/[a-z]*/)))

check: .venv/.installed-dev ## lint, formatting, types, import contracts, tidiness
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m pytest -q tests/tidy

schemas: .venv/.installed ## describe every event type anew, for those who read them elsewhere
	@$(BIN)/python -m infra.schemas

mutants: .venv/.installed-dev ## plant every known bug, or ONLY=NAME, and see its test turn red
	$(BIN)/python tests/mutants/run.py $(ONLY)

bench: .venv/.installed-dev ## measure every bar, or BENCH=NAME
	$(BIN)/python -m bench --write docs/performance.md $(BENCH)

bench-smoke: .venv/.installed-dev ## run every bench for seconds, without thresholds
	$(BIN)/python -m bench --smoke $(BENCH)

lock: .venv/.installed ## choose versions anew within pyproject.toml
	$(BIN)/pip install --quiet uv
	$(LOCK) --extra build --output-file requirements.txt
	$(LOCK) --extra build --extra dev --constraint requirements.txt --output-file requirements-dev.txt

.venv/bin/pip:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and none was found" >&2; exit 1; }
	@$(PYTHON) -m venv .venv

.venv/.installed: requirements.txt pyproject.toml | .venv/bin/pip
	@echo "Installing what the ledger needs into .venv (once; takes a minute)"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	@$(BIN)/pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.venv/.installed-dev: requirements-dev.txt .venv/.installed
	@echo "Installing what tests and checks need into .venv"
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
