#!/usr/bin/env bash
# Sends a phantom through what was deployed, checks what was read, and forgets it again.
set -euo pipefail
pip install --quiet --no-cache-dir uv==0.13.9
export UV_PROJECT_ENVIRONMENT=/tmp/venv
export GOOGLE_CLOUD_PROJECT=$PROJECT_ID
export UPLOADS_BUCKET=$PROJECT_ID-uploads RESULTS_BUCKET=$PROJECT_ID-results PIPELINE_BUCKET=$PROJECT_ID-pipeline
# Where the page is whether or not the DNS of an own domain leads to it yet.
export WEB_URL=https://$PROJECT_ID.web.app
uv run --frozen --no-dev --package discai-inference-service --extra cpu python -m discai.commands.smoke
