#!/usr/bin/env bash
# Registers the model that came with the code; production moves to it only if there is none yet.
set -euo pipefail
pip install --quiet --no-cache-dir uv==0.13.9
export UV_PROJECT_ENVIRONMENT=/tmp/venv
uv run --frozen --no-dev --package discai-pipeline --extra cpu \
    python -m pipeline.commands.seed --project "$PROJECT_ID" --models-bucket "$PROJECT_ID-models"
