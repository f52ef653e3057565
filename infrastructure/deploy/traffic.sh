#!/usr/bin/env bash
# traffic.sh hold|candidate|move|settle: keeps callers on the revisions that serve while new ones are
# deployed, leaves the address of the new api in build/candidate, moves callers to the new revisions, and
# back again unless the smoke test has left build/passed.
set -euo pipefail
services() {
    gcloud run services list --region="$_REGION" --filter=metadata.labels.application=discai --format='value(metadata.name)'
}
serving() { # SERVICE: the revision that has all of its calls
    gcloud run services describe "$1" --region="$_REGION" --flatten='status.traffic[]' \
        --format='value(status.traffic.revisionName,status.traffic.percent)' | awk '$2 == 100 { print $1 }'
}
move_to() { # SERVICE REVISION
    gcloud run services update-traffic "$1" --region="$_REGION" --quiet --to-revisions="$2=100"
}
case $1 in
hold)
    mkdir -p build
    : >build/serving
    for service in $(services); do
        revision=$(serving "$service")
        [ -n "$revision" ] || continue # never served
        move_to "$service" "$revision"
        echo "$service $revision" >>build/serving
    done
    if [ -s build/serving ]; then cat build/serving; else echo "Nothing serves yet: the first deployment."; fi
    ;;
candidate)
    gcloud run services update-traffic api --region="$_REGION" --quiet --set-tags=candidate=LATEST
    gcloud run services describe api --region="$_REGION" --flatten='status.traffic[]' \
        --format='value(status.traffic.tag,status.traffic.url)' | awk '$1 == "candidate" { print $2 }' >build/candidate
    grep -q ^https:// build/candidate
    ;;
move)
    for service in $(services); do
        gcloud run services update-traffic "$service" --region="$_REGION" --quiet --to-latest
    done
    ;;
settle)
    [ -e build/passed ] && exit 0
    while read -r service revision; do
        move_to "$service" "$revision"
    done <build/serving
    echo "The smoke test failed, and its output says why: the revisions of before serve again." >&2
    exit 1
    ;;
esac
