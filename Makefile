# `make up` runs DiscAI on this machine, `make test` proves it; `make help` lists the rest.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

# Without compiled bytecode the first import of TensorFlow takes 15 seconds instead of 3.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE
unexport VIRTUAL_ENV

TOOLS := .local/tools
UV := $(or $(shell command -v uv 2>/dev/null),$(TOOLS)/bin/uv)
RUN := $(UV) run --no-sync
WEB_SOURCES := $(shell find webapp/src webapp/public webapp/index.html webapp/*.json webapp/*.ts -type f 2>/dev/null)
PYTEST ?= tests

.PHONY: up retrain test check format clean help

up: setup webapp/dist/index.html ## Start the whole cloud on this machine and read the phantom (ONCE=1: exit after the result)
	@$(RUN) python -m infrastructure.local up $(if $(ONCE),--once)

retrain: setup ## Start a retraining run in the running local cloud, and show its steps
	@$(RUN) python -m pipeline.run_pipeline --local --watch

test: check webapp/dist/index.html ## Run everything: checks, unit, emulator, browser and infrastructure tests
	cd webapp && npm test --silent
	$(RUN) pytest $(PYTEST)

check: setup webapp/node_modules/.package-lock.json ## Lint, format check, types and one-way imports, in seconds
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy
	$(RUN) lint-imports
	cd webapp && npm run --silent check

format: setup webapp/node_modules/.package-lock.json ## Format Python and TypeScript in place
	$(RUN) ruff check --fix .
	$(RUN) ruff format .
	cd webapp && npm run --silent format

clean: ## Forget everything local: emulator data, uploads, builds (not the virtual environment)
	rm -rf .local webapp/dist .pytest_cache .mypy_cache .ruff_cache

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: .venv/synced

.venv/synced: uv.lock pyproject.toml */pyproject.toml infrastructure/local/pyproject.toml | $(UV)
	$(UV) sync --all-packages --locked
	@touch $@

$(TOOLS)/bin/uv:
	@python3 -m venv $(TOOLS) || { echo "DiscAI needs uv or Python's venv module: install uv, or python3-venv"; exit 1; }
	$(TOOLS)/bin/pip install --quiet uv

webapp/node_modules/.package-lock.json: webapp/package-lock.json
	@command -v npm >/dev/null || { echo "DiscAI needs Node.js 20 or newer with npm for its web app: install nodejs and npm"; exit 1; }
	cd webapp && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

webapp/dist/index.html: webapp/node_modules/.package-lock.json $(WEB_SOURCES)
	cd webapp && npm run --silent build
