#!/usr/bin/env bash
# A batch job for LSF that goes on over as many time limits as it takes, with mpirun in the allocation:
#
#     bsub -n 32 -W 4:00 -Q 75 -wa USR1 -wt 2 launch/lsf.sh --out my-run --members 64 …
#
# called in the project's directory. Two minutes before the limit (-wt) LSF sends SIGUSR1 (-wa), ranks keep what they train,
# and LSF puts a job with exit code 75 back into the queue (-Q), whose first start and all others have the same command.
# Failures are not repeated: launch/run has done so. Without --out results go to runs/lsf-JOB.
set -euo pipefail
cd "${LS_SUBCWD:-.}"
project=${ENSEMBLE_PROJECT:-$PWD}
# shellcheck source=launch/batch.sh
source "$project/launch/batch.sh"

has_option out "$@" || set -- --out "runs/lsf-$LSB_JOBID" "$@"
stop_in_time 0 "$@"

# LSB_MCPU_HOSTS: host, slots, host, slots …
hosts=$(mktemp ./.lsf-hosts-"$LSB_JOBID".XXXXXX)
trap 'rm -f "$hosts"' EXIT
xargs -n 2 printf '%s slots=%s\n' <<<"$LSB_MCPU_HOSTS" >"$hosts"

"$project/launch/run" --hostfile "$hosts" -- "${words[@]}" &
run=$!
trap 'kill -s USR1 "$run" 2>/dev/null || true' USR1
trap 'kill -s TERM "$run" 2>/dev/null || true' TERM
code=0
wait "$run" || code=$?
while kill -0 "$run" 2>/dev/null; do # a signal ends `wait` early
    code=0
    wait "$run" || code=$?
done
exit "$code"
