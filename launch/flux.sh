#!/usr/bin/env bash
# A batch job for Flux that goes on over as many time limits as it takes, with ranks that Flux itself starts:
#
#     flux batch -n 32 -t 4h launch/flux.sh --out my-run --members 64 …
#
# called in the project's directory. Two minutes before the limit ranks keep what they train, and the job submits its like.
# Open MPI learns of Flux by its plug-in for PMIx (flux-pmix). Without --out results go to runs/flux-JOB of the first job.
#flux: --job-name=ensemble
#flux: --nslots=8
#flux: --time-limit=1h
set -euo pipefail
project=${ENSEMBLE_PROJECT:-$PWD}
# shellcheck source=launch/batch.sh
source "$project/launch/batch.sh"

has_option out "$@" || set -- --out "runs/flux-${FLUX_ENCLOSING_ID:-$$}" "$@"
left=$(flux job timeleft)
slots=$(flux resource list -n -o '{ncores}' -s free)
stop_in_time "${left%%.*}" "$@"
code=0
flux run -n "$slots" "$(program_in "$project")" "${words[@]}" || code=$?
if goes_on "$code"; then
    echo "exit code $code: submitting the next job (number $((ENSEMBLE_STARTS + 1)))"
    flux --parent batch -n "$slots" -t "${left%%.*}s" "$project/launch/flux.sh" "$@"
fi
exit "$code"
