#!/usr/bin/env bash
# scan.sh NAME…: looks for known vulnerabilities; a critical one that can be fixed ends the build.
set -euo pipefail
for name in "$@"; do
    image=$(cat "build/$name")
    scan=$(gcloud artifacts docker images scan "$image" --remote --format='value(response.scan)')
    found=$(gcloud artifacts docker images list-vulnerabilities "$scan" \
        --format='value(vulnerability.effectiveSeverity,vulnerability.fixAvailable,noteName)')
    echo "$name: $(grep -c . <<<"$found" || true) known vulnerabilities"
    if critical=$(grep -E '^CRITICAL[[:space:]]+True' <<<"$found"); then
        printf 'Critical, and fixed upstream: update the base image or the lock.\n%s\n' "$critical" >&2
        exit 1
    fi
done
