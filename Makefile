# Everything a developer or CI does, by name. `make demo` and `make test` set up what they need.
.DEFAULT_GOAL := help
SHELL := /bin/bash
BIN := .venv/bin
READY := .venv/.ready
UV := uv==0.13.9
LOCK_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-annotate --no-header
ARGS ?=
FUZZ ?= 50000
SEEDS ?= 1
KILLS ?= 30
HOURS ?= 1000
SEED ?= 1
PYTEST := $(BIN)/pytest
CORE := pipeline ledgers drift dimensions fingerprints flows stats traces wire
comma := ,
space := $(subst x,,x x)
# A tracer triples the time of a test, so it sees only those whose subject is the core.
OF_CORE := tests/unit tests/laws tests/dimensions tests/golden
CORE_FILES := $(subst $(space),$(comma),$(foreach name,$(CORE),monitor/$(name)/* monitor/$(name).py))

# How `make test` spreads them over the cores, and what it leaves to the other gates of `make check`.
PARALLEL := -n auto --maxprocesses 8 --dist worksteal
USUAL := not slow and not kafka and not languages

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-13s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(READY) ## create .venv from the hash-pinned lock, with flowdrift in it (quick when nothing changed)

$(READY): requirements-dev.lock pyproject.toml
	@set -euo pipefail; \
	fits() { "$$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; }; \
	if ! fits $(BIN)/python; then \
	  for python in $(PYTHON) python3.13 python3.12 python3.11 python3.14 python3 python; do fits $$python && break; python=; done; \
	  if [ -z "$$python" ]; then \
	    echo "flowdrift needs Python 3.11 to 3.14 with its venv module (Debian: apt-get install python3-venv)." >&2; \
	    echo "Name one if it is not on PATH: make setup PYTHON=/path/to/python3.12" >&2; exit 1; fi; \
	  $$python -m venv --clear .venv; fi
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

.PHONY: demo
demo: setup ## a shop, its tests and the drifts between them, on this machine (ARGS: options of `flowdrift demo`)
	@$(BIN)/flowdrift demo $(ARGS)

.PHONY: test
test: setup ## the tests, in about 5 minutes on two cores; says what is left to `make check` (ARGS: of pytest)
	$(PYTEST) $(PARALLEL) -m '$(USUAL)' $(ARGS)

.PHONY: test-quick
test-quick: setup ## unit tests and laws, with 10 examples a law instead of 15, in at most a minute (ARGS: of pytest)
	FLOWDRIFT_EXAMPLES=10 $(PYTEST) $(PARALLEL) -m '$(USUAL)' tests/unit tests/laws $(ARGS)

.PHONY: slow
slow: setup ## the chart, large simulations, then alone what measures time: the demo, benchmarks
	$(PYTEST) $(PARALLEL) -m 'slow and not alone and not kafka and not languages' $(ARGS)
	$(PYTEST) -m 'alone' $(ARGS)

.PHONY: integration
integration: setup ## the tests that need Apache Kafka (Java and Maven; fails where they cannot run), or Node
	FLOWDRIFT_REQUIRE_KAFKA=1 $(PYTEST) -m 'kafka or languages' $(ARGS)

.PHONY: chaos
chaos: setup ## kill daemons on a real Apache Kafka: nothing is lost or doubled (SEEDS, KILLS of each; ARGS)
	$(BIN)/python -m tests.chaos --seeds $(SEEDS) --kills $(KILLS) $(ARGS)

.PHONY: lint
lint: setup ## style, types, import contracts, shell, Dockerfile
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/shellcheck .ci/run
	$(BIN)/hadolint Dockerfile

.PHONY: coverage
coverage: setup ## the core's own tests, with 10 examples a law, reach at least 95 % of its branches
	rm -f .coverage .coverage.*
	FLOWDRIFT_EXAMPLES=10 $(BIN)/coverage run -m pytest $(PARALLEL) -m '$(USUAL)' $(OF_CORE) $(ARGS)
	$(BIN)/coverage combine --quiet --keep
	$(BIN)/coverage report --include='$(CORE_FILES)' --fail-under=95

.PHONY: fuzz
fuzz: setup ## damaged records, 50,000 per decoder (FUZZ: another number, or how long for each, as in FUZZ=10m)
	FLOWDRIFT_FUZZ=$(FUZZ) $(PYTEST) tests/fuzz $(ARGS)

.PHONY: check
check: ## all that CI runs, on a machine with Java, Maven, Node, Chromium and promtool
	@CI=true $(MAKE) --no-print-directory lint test coverage slow fuzz integration chaos

.PHONY: spec
spec: setup ## print what all tests state, by room
	@$(BIN)/python -m tests.spec

.PHONY: bench
bench: setup ## speed of the hot paths: prints, judges nothing
	@for each in tests/benchmarks/bench_*.py; do \
	  echo "== $$each"; $(BIN)/python -m tests.benchmarks.$$(basename $$each .py) || exit; done

.PHONY: evaluate
evaluate: setup ## the simulations of the statistics (20,000 streams) and the metamorphic laws (5,000 pairs), the scenarios on 20 shops, ten rehearsals of the demo, faults of real systems
	$(BIN)/python -m tests.evaluation --streams 20000 --pairs 5000 --shops 20 --rehearsals 10 $(ARGS)

.PHONY: soak
soak: setup ## one daemon on a real Kafka: memory, descriptors and threads must not grow (MINUTES, 60)
	$(BIN)/python -m tests.limits.soak $(MINUTES)

.PHONY: overload
overload: setup ## three times what a daemon manages, under a memory limit: nothing is lost (MINUTES, 5)
	$(BIN)/python -m tests.limits.overload $(MINUTES)

.PHONY: latency
latency: setup ## seconds from the last span of the run that decides a drift to the alert, at 5,000 spans/s: prints
	$(BIN)/python -m tests.limits.latency

.PHONY: simulate
simulate: setup ## observer, rekey stage and auditor in simulated worlds (HOURS: simulated; SEED: the first)
	$(BIN)/python -m tests.simulation $(SEED) --hours $(HOURS)

.PHONY: kafka
kafka: setup ## a real Apache Kafka for development, until Ctrl-C (Java and Maven)
	@$(BIN)/python -m tests.integration.apache_kafka

.PHONY: lock
lock: ## resolve the dependencies again, with hashes, for every supported Python (ARGS: --upgrade)
	@test -x build/lock/bin/uv || { $${PYTHON:-python3} -m venv build/lock && build/lock/bin/pip install --quiet '$(UV)'; }
	build/lock/bin/uv pip compile $(LOCK_FLAGS) $(ARGS) pyproject.toml -o requirements.lock
	build/lock/bin/uv pip compile $(LOCK_FLAGS) $(ARGS) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	build/lock/bin/uv pip compile $(LOCK_FLAGS) --group build -c requirements-dev.lock -o requirements-build.lock

.PHONY: chart
chart: setup ## dist/flowdrift-VERSION.tgz: the Helm chart, with the rules and dashboards of deploy/
	@mkdir -p dist
	@$(BIN)/python -c 'import helm_python; print(helm_python.package("helm/flowdrift", destination="dist"))'

.PHONY: docs
docs: setup ## write what documentation repeats of dimensions, metrics, settings and tests
	@$(BIN)/python -m monitor.docs
	@$(BIN)/python -m tests.faults

.PHONY: clean
clean: ## remove what the targets made
	rm -rf .venv build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
