# Two commands on a fresh machine: `make run` runs the example workspace, `make test` runs every check.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; exit; }; done)
VENV ?= .venv
UV ?= uv
WORKERS ?= auto
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps
# A file of tests stays with one worker, so that what it builds is built once. The tests that run
# Prefect's server have it to themselves.
PARALLEL := --numprocesses=$(WORKERS) --maxprocesses=8 --dist=loadfile --no-loadscope-reorder

# PIP_* of a developer's shell stay; the hashes decide what may be installed.
.DEFAULT_GOAL := help
.PHONY: help run test test-full check lock clean distclean

help:
	@echo 'make run        set up, and run the example workspace through flows/distillation.py'
	@echo 'make test       set up, and run all checks: ruff, mypy, library tests, Prefect tests'
	@echo 'make test-full  the same with the long counts (WORKERS=0: one test at a time)'
	@echo 'make lock       pin anew what pyproject.toml asks for (needs uv; UPGRADE=--upgrade for newer)'
	@echo 'make clean      remove what runs and checks made; make distclean removes $(VENV) too'

run: $(VENV)/.run-stamp
	$(BIN)/python flows/distillation.py

test: check
	$(BIN)/pytest tests --ignore=tests/prefect $(PARALLEL)
	$(BIN)/pytest tests/prefect

test-full: check
	$(BIN)/pytest tests --ignore=tests/prefect $(PARALLEL) --full
	$(BIN)/pytest tests/prefect --full

check: $(VENV)/.test-stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

$(BIN)/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'error: Distill needs Python 3.11 or newer' >&2; \
		echo 'hint: install it, or name it: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) || { rm -rf $(VENV); \
		echo 'error: "$(PYTHON) -m venv" failed' >&2; \
		echo 'hint: on Debian and Ubuntu, install the package python3-venv' >&2; exit 1; }

# A stamp is newer than its lock only after an install that ended well.
$(VENV)/.run-stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	$(INSTALL) --require-hashes -r requirements/run.txt
	$(INSTALL) --no-build-isolation --editable .
	@touch $@

$(VENV)/.test-stamp: requirements/test.txt $(VENV)/.run-stamp
	$(INSTALL) --require-hashes -r requirements/test.txt
	@touch $@

# One resolution for every platform and for Python 3.11 and newer; the run lock takes its versions
# from the test lock. An index that this machine adds by a variable must not leave its hashes.
COMPILE := env -u UV_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS $(UV) pip compile pyproject.toml \
	--quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-emit-index-url \
	--custom-compile-command 'make lock' $(UPGRADE)

lock:
	@command -v $(UV) >/dev/null || { echo 'error: make lock needs uv' >&2; \
		echo 'hint: pip install uv, or name it: make lock UV=/path/to/uv' >&2; exit 1; }
	$(COMPILE) --extra prefect --extra ner --group build --group test -o requirements/test.txt
	$(COMPILE) --extra prefect --group build -c requirements/test.txt -o requirements/run.txt

clean:
	rm -rf build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .distill
	@if [ -d releases ]; then chmod -R u+w releases; fi
	rm -rf data exports quarantine releases receipts/objects receipts/refs receipts/ledger receipts/keys
	rm -rf reports/latest.md reports/latest.html reports/pruned reports/withdrawals
	find distill flows tests -name __pycache__ -type d -exec rm -rf {} +

distclean: clean
	rm -rf $(VENV)
