#!/usr/bin/env bash
# attest.sh NAME…: attests images by the key that signs them, once Terraform has made the attestor.
set -euo pipefail
if [ -z "$_SIGNING_KEY" ] || ! grep -q '^attesting_key' build/discai.tfvars; then
    echo "The images are not attested: set _SIGNING_KEY, and attesting_key in discai.tfvars."
    exit 0
fi
version=${_SIGNING_KEY#gcpkms://}
for name in "$@"; do
    image=$(cat "build/$name")
    gcloud container binauthz create-signature-payload --artifact-url="$image" >"build/$name.payload"
    gcloud kms asymmetric-sign --key="${version%/cryptoKeyVersions/*}" --version="${version##*/}" \
        --digest-algorithm=sha256 --input-file="build/$name.payload" --signature-file="build/$name.signature"
    gcloud container binauthz attestations create --artifact-url="$image" --validate \
        --attestor=discai-builds --attestor-project="$PROJECT_ID" \
        --signature-file="build/$name.signature" --public-key-id="//cloudkms.googleapis.com/v1/$version"
done
