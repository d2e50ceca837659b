# Small Data, Deep Learning. `make lab` and `make test` are all that most people need.
# Written for GNU make 3.81 and later, which is what macOS brings.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SHELL := /bin/sh

# Extra arguments of `make lab`, `make test` and `make check`, as in
#   make lab ARGS="--no-browser --port 8899"
ARGS ?=

# pip would otherwise ask the network for its own newest version, even with nothing to install.
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help lab test check lint format lock build clean

help:
	@echo "make lab      create .venv if needed and open JupyterLab on the lessons"
	@echo "make test     every test: package, notebooks, grading, browser, lint"
	@echo "make check    the five-minute subset for everyday work"
	@echo "make lint     ruff (lint and format) and mypy"
	@echo "make format   put the code into ruff's format"
	@echo "make build    write lessons/ from solutions/"
	@echo "make lock     write requirements.lock from pyproject.toml"
	@echo "make clean    remove what can be made again, .venv included"

lab: $(READY)
	@$(BIN)/coursekit lab $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal $(ARGS)

check: $(READY)
	@$(BIN)/python -m pytest --numprocesses 2 --dist worksteal -m "not slow and not browser" $(ARGS)

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

build: $(READY)
	@$(BIN)/coursekit build $(ARGS)

# One lock for Linux, macOS and Windows and for Python 3.11 to 3.13. No index address goes into it: everyone
# installs from the index that their own pip is set up for.
lock: $(READY)
	$(BIN)/uv pip compile --universal --extra dev --extra jax --extra federated --python-version 3.11 \
	    --no-annotate --no-header --no-emit-index-url --no-emit-find-links --output-file requirements.lock pyproject.toml $(ARGS)

# The stamp makes a second call instant. It is older than the lock as soon as the lock changes.
$(READY): requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing the packages of requirements.lock into $(VENV) (once; a few minutes) ..."
	@quiet=--quiet; if [ -t 1 ]; then quiet=; fi; \
	$(BIN)/python -m pip install $$quiet --requirement requirements.lock
	@$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/python:
	@python=""; \
	for candidate in $(or $(PYTHON),python3 python3.13 python3.12 python3.11 python); do \
	    if "$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; \
	    then python="$$candidate"; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
	    echo "The course needs Python 3.11, 3.12 or 3.13; found: $$(python3 --version 2>&1 || true)." >&2; \
	    echo "Get one (Debian, Ubuntu: sudo apt install python3 python3-venv; macOS: brew install python@3.13)" >&2; \
	    echo "or name yours: make lab PYTHON=/path/to/python3.12" >&2; \
	    exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
	    echo "$$($$python --version) is here, but its venv module is not complete." >&2; \
	    echo "Debian, Ubuntu: sudo apt install python3-venv, then call make again." >&2; \
	    exit 1; \
	fi; \
	echo "Creating $(VENV) with $$($$python --version) ..."; \
	"$$python" -m venv $(VENV)

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find . -name .ipynb_checkpoints -type d -prune -exec rm -rf {} +
