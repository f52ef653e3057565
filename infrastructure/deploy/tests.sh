#!/usr/bin/env bash
# Runs all tests in a container that has little more than Debian, gcloud and its emulators.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends git

# The tests ask git what belongs to the repository; sources that were sent by hand have no history.
if [ ! -d .git ]; then
    git init --quiet
    git add --all
    git -c user.name=build -c user.email=build@localhost commit --quiet --message "As it was sent"
fi
.ci/run
