#!/usr/bin/env bash
# Deploys the built web app with the addresses that Terraform put out.
set -euo pipefail
# The Firebase CLI takes no folder outside the one of its configuration.
cp -R webapp/dist build/site
cp build/web_config build/site/config.json
cp build/firebase_json build/firebase.json
firebase deploy --only hosting --non-interactive --project "$PROJECT_ID" --config build/firebase.json
