#!/usr/bin/env bash
# Deploys the built web app with the addresses that Terraform put out.
set -euo pipefail
cp build/web_config webapp/dist/config.json
# Paths in firebase.json are relative to the file.
cp build/firebase_json infrastructure/firebase.deploy.json
firebase deploy --only hosting --non-interactive --project "$PROJECT_ID" \
    --config infrastructure/firebase.deploy.json
