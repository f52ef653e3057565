#!/usr/bin/env bash
# image.sh NAME FOLDER [ACCELERATOR]: builds an image from FOLDER/Dockerfile, pushes it, and leaves
# its name by digest in build/NAME. With an accelerator it gets CUDA.
set -euo pipefail
name=$1 folder=$2 variant=cpu
scanner=generator=docker/buildkit-syft-scanner:1.11.0@sha256:79e7b013cbec16bbb436f312819a49a4a57752b2270c1a9332ae1a10fcc82a68
[ -z "${3:-}" ] || variant=cuda

mkdir -p build
docker buildx build . --builder discai --push \
    --file "$folder/Dockerfile" \
    --build-arg "ACCELERATOR=$variant" \
    --build-arg "REVISION=$COMMIT_SHA" \
    --cache-from "type=registry,ref=$_IMAGES/cache:$name-$variant" \
    --cache-to "type=registry,ref=$_IMAGES/cache:$name-$variant,mode=max" \
    --sbom="$scanner" --provenance=mode=max \
    --metadata-file "build/$name.json" \
    --tag "$_IMAGES/$name:$BUILD_ID"
digest=$(sed -n 's/.*"containerimage.digest": *"\(sha256:[0-9a-f]\{64\}\)".*/\1/p' "build/$name.json")
echo "$_IMAGES/$name@${digest:?the builder named no digest}" >"build/$name"
cat "build/$name"
