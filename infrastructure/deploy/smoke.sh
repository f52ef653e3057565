#!/usr/bin/env bash
# smoke.sh [--door]: goes through what was deployed as a reviewer does, with a phantom, and forgets it
# again; then asks whether a retraining run could start. With --door it only asks the new api, before
# it gets any calls.
set -euo pipefail
pip install --quiet --no-cache-dir uv==0.13.9
export UV_PROJECT_ENVIRONMENT=/tmp/venv
export GOOGLE_CLOUD_PROJECT=$PROJECT_ID
set -a
# shellcheck disable=SC1091  # Terraform puts it out
. build/smoke_settings
set +a
# Where the page is whether or not the DNS of an own domain leads to it yet.
export WEB_URL=https://$PROJECT_ID.web.app
export API_URL=$WEB_URL/api
if [ "${1:-}" = --door ]; then
    WEB_URL="" API_URL=$(cat build/candidate)
fi
uv run --frozen --no-dev --package discai-pipeline --extra cpu python -m discai.commands.smoke "$@"
if [ "${1:-}" != --door ] && [ -n "${EVALUATION_SET:-}" ]; then
    uv run --frozen --no-dev --package discai-pipeline --extra cpu python -m pipeline.run_pipeline --check
fi
