# Sourced by the batch scripts for Slurm: runs a command, passes the warning before the time limit on to it, and puts the
# job back into the queue when the run was stopped. Slurm runs a copy of a batch script, so these find the project by
# ENSEMBLE_PROJECT or as the directory where sbatch was called.
# shellcheck shell=bash

# shellcheck source=launch/batch.sh
source "$(dirname "${BASH_SOURCE[0]}")/batch.sh"

# How often a job may begin again: after a stop that was asked for, and after a failure since the last of those.
most_requeues=$(number "${ENSEMBLE_REQUEUES:-}" 100)
readonly most_requeues most_failures=3

# read_count FILE: what this user has kept there. Others may be able to write to the directory, so links are not followed.
read_count() {
    local text=''
    if [[ -f $1 && ! -L $1 && -O $1 ]]; then text=$(head -c 10 "$1" 2>/dev/null) || true; fi
    number "$text" 0
}

# keep_count FILE NUMBER: by a new file that takes its place.
keep_count() {
    local draft
    draft=$(mktemp "$1.XXXXXX") || return
    if echo "$2" >"$draft" && mv -fT "$draft" "$1"; then return; fi
    rm -f "$draft"
    return 1
}

# run_and_requeue COMMAND…: does not return.
run_and_requeue() {
    local code=0 job again='' warned='' ended=''
    "$@" &
    job=$!
    # A warning before the time limit is a USR1; a TERM without one is somebody's scancel. Slurm itself puts back what it
    # preempts.
    trap 'warned=yes; kill -s USR1 "$job" 2>/dev/null || true' USR1
    trap 'ended=yes; kill -s USR1 "$job" 2>/dev/null || true' TERM
    wait "$job" || code=$?
    while kill -0 "$job" 2>/dev/null; do # a signal ends `wait` early
        code=0
        wait "$job" || code=$?
    done
    # Slurm counts all restarts together, and a run over many time limits has many.
    local failures=.slurm-failures-$SLURM_JOB_ID failed restarts
    failed=$(read_count "$failures")
    restarts=$(number "${SLURM_RESTART_COUNT:-}" 0)
    case $code in
        0 | 2 | 3) rm -f "$failures" ;;
        75)
            rm -f "$failures"
            ((restarts >= most_requeues)) || again=yes
            ;;
        *) # what launch/run gave up on, maybe for this host
            if ((failed < most_failures)) && keep_count "$failures" $((failed + 1)); then again=yes; else rm -f "$failures"; fi
            ;;
    esac
    if [[ $again && $ended && ! $warned ]]; then
        echo "exit code $code after a SIGTERM: not put back into the queue; sbatch the same command again to go on"
        rm -f "$failures"
        again=
    fi
    if [[ $again ]]; then
        echo "exit code $code: back into the queue (start $((restarts + 1)))"
        scontrol requeue "$SLURM_JOB_ID" || echo "Slurm does not requeue this job; sbatch the same command again" >&2
    fi
    exit "$code"
}
