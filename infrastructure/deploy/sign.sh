#!/usr/bin/env bash
# sign.sh NAME…: signs images with a key of Cloud KMS, and says so if there is none.
set -euo pipefail
cosign=gcr.io/projectsigstore/cosign:v2.6.5@sha256:ad281047f85c5e1fc6ffbc30c2b55be3b07b4032bef715a12122ce5829619aca
if [ -z "$_SIGNING_KEY" ]; then
    echo "The images are not signed: set _SIGNING_KEY."
    exit 0
fi
for name in "$@"; do
    # In Cloud Build's own network the container has the build's identity.
    docker run --rm --network cloudbuild "$cosign" \
        sign --yes --tlog-upload=false --key "$_SIGNING_KEY" "$(cat "build/$name")"
done
