#!/usr/bin/env bash
# Compiles the retraining pipeline into build/templates, under a name that is its digest.
set -euo pipefail
pip install --quiet --no-cache-dir uv==0.13.9
export UV_PROJECT_ENVIRONMENT=/tmp/venv
accelerator=()
[ -z "$_TRAINING_ACCELERATOR" ] || accelerator=(--accelerator "$_TRAINING_ACCELERATOR")
uv run --frozen --no-dev --package discai-pipeline --extra cpu \
    python -m pipeline.retraining.pipeline --out build --image "$(cat build/pipeline-python)" "${accelerator[@]}" \
    >build/template
cat build/template
