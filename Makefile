# `make demo` and `make test` set everything up by themselves.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
DEV_STAMP := $(VENV)/.ready-dev
SPARK_STAMP := $(VENV)/.ready-spark
PEERS := $(VENV)/peers
PEERS_STAMP := $(PEERS)/.ready
PIP := $(BIN)/python -m pip --disable-pip-version-check -q

.PHONY: demo test test-spark check format lint types contracts docs bench lock clean help

help:
	@echo "make demo    the main job on the embedded Belarus-China data (writes demo/)"
	@echo "make test    the tests"
	@echo "make test-spark  the tests of the Spark engine (needs Java 17)"
	@echo "make check   format, lint, types, import contracts, tests, documentation"
	@echo "make bench   speed and memory, written to docs/benchmarks.md"

$(STAMP): requirements.lock pyproject.toml
	@echo "setting up: virtual environment and locked dependencies (some minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV_STAMP): $(STAMP) requirements-dev.lock
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

$(SPARK_STAMP): $(DEV_STAMP) requirements-spark.lock
	@$(PIP) install --require-hashes -r requirements-spark.lock
	@touch $@

demo: $(STAMP)
	@$(BIN)/clusterloom demo --out demo

test: $(DEV_STAMP)
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

# The engine for large data: needs Java 17 or newer; `make test` skips it where it is not there.
test-spark: $(SPARK_STAMP)
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest tests/test_engines.py

format: $(DEV_STAMP)
	@$(BIN)/ruff format src tests scripts bench
	@$(BIN)/ruff check --fix src tests scripts bench

lint: $(DEV_STAMP)
	@$(BIN)/ruff format --check src tests scripts bench
	@$(BIN)/ruff check src tests scripts bench

types: $(DEV_STAMP)
	@$(BIN)/mypy

contracts: $(DEV_STAMP)
	@$(BIN)/lint-imports

docs: $(DEV_STAMP)
	@$(BIN)/python scripts/make_reference.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict -q -d site

check: lint types contracts docs test

# Programs measured beside ours live in an environment of their own.
$(PEERS_STAMP): requirements-bench.lock
	@test -x $(PEERS)/bin/python || $(PYTHON) -m venv $(PEERS)
	@$(PEERS)/bin/python -m pip --disable-pip-version-check -q install --require-hashes -r requirements-bench.lock
	@touch $@

bench: $(DEV_STAMP) $(PEERS_STAMP)
	@$(BIN)/python bench/run.py

lock:
	uv pip compile pyproject.toml scripts/build.in --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements.lock
	uv pip compile pyproject.toml scripts/build.in --extra dev --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-dev.lock
	uv pip compile scripts/spark.in --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-spark.lock
	uv pip compile scripts/bench.in --universal --python-version 3.11 \
	  --generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements-bench.lock

clean:
	rm -rf $(VENV) demo site build dist
