#!/usr/bin/env bash
# The GPU that discai.tfvars gives the worker, as nvidia-l4; nothing for a CPU.
set -euo pipefail
sed -n 's/^accelerator *= *"\(.*\)".*/\1/p' build/discai.tfvars
