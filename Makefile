# `make demo` shows the program at work, `make test` runs all its tests. Python 3.11 or newer and make are enough: what else
# is needed goes into .venv, in the versions of constraints.txt.

# The first Python here that is new enough; name another with `make PYTHON=/path/to/python3.12`.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PINNED := pyproject.toml constraints.txt Makefile

.PHONY: help install demo test check wheel-test constraints clean

help:
	@echo 'make demo         a few simulated weeks of listening, in under a minute'
	@echo 'make install      the program in $(VENV)/bin/listener'
	@echo 'make test         all tests'
	@echo 'make check        ruff and mypy'
	@echo 'make wheel-test   the wheel, installed outside this folder'
	@echo 'make constraints  resolve the dependencies anew into constraints.txt'
	@echo 'make clean        take away what make made'

# One step for the program and one for the tools, so that the demo doesn't wait for what only the tests need.
$(VENV)/.program: $(PINNED)
	@test -n '$(PYTHON)' || { echo 'listener needs Python 3.11 or newer: install it, or name it with make PYTHON=...' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; v = sys.version.split()[0]; sys.exit(f"listener needs Python 3.11 or newer, this is {v}" if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo 'this Python comes without venv: on Debian and Ubuntu, apt install python3-venv' >&2; exit 1; }
	@echo 'Making $(VENV) with $(PYTHON), once: this takes a minute.'
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --constraint constraints.txt pip hatchling editables
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable .
	@touch $@

$(VENV)/.tools: $(VENV)/.program
	@$(PIP) install --constraint constraints.txt --group tests --group checks
	@touch $@

install: $(VENV)/.program

# Run again, it overwrites the files that it left.
demo: $(VENV)/.program
	@$(BIN)/listener demo --force

# Half as many workers again as there are cores: daemons and servers in the tests are waited for. Compiled modules are
# kept even where the environment says otherwise, as the tests start the program some hundred times.
test: $(VENV)/.tools
	env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m pytest --dist=worksteal \
		--numprocesses=$$($(BIN)/python -c 'import os; cores = os.cpu_count() or 1; print(min(8, cores + cores // 2))') $(ARGS)

check: $(VENV)/.tools
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

wheel-test: $(VENV)/.tools
	$(BIN)/python -m pytest tests/test_wheel.py

constraints:
	$(PYTHON) -m venv --clear build/resolve
	build/resolve/bin/python -m pip install --quiet --upgrade pip
	build/resolve/bin/python -m pip install --quiet --group tests --group checks . hatchling editables
	{ sed -n '/^#/p' constraints.txt; build/resolve/bin/python -m pip freeze --all --exclude social-listener --exclude setuptools; } > build/constraints.txt
	mv build/constraints.txt constraints.txt

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
