# Sourced by the batch scripts for Slurm: runs a command, passes the warning before the time limit on to it, and puts the
# job back into the queue when the run was stopped. Slurm runs a copy of a batch script, so these find the project by
# ENSEMBLE_PROJECT or as the directory where sbatch was called.
# shellcheck shell=bash

# How often a job may begin again: after a stop that was asked for, and after a failure since the last of those.
readonly most_requeues=${ENSEMBLE_REQUEUES:-100} most_failures=3

# has_option NAME WORDS…: true if --NAME or --NAME=… is among the words.
has_option() {
    local name=$1 word
    shift
    for word in "$@"; do [[ $word == --$name || $word == --$name=* ]] && return; done
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
    local failures=.slurm-failures-$SLURM_JOB_ID failed
    failed=$(cat "$failures" 2>/dev/null) || failed=0
    case $code in
        0 | 2 | 3) rm -f "$failures" ;;
        75)
            rm -f "$failures"
            ((${SLURM_RESTART_COUNT:-0} >= most_requeues)) || again=yes
            ;;
        *) # what launch/run gave up on, maybe for this host
            if ((failed < most_failures)) && echo $((failed + 1)) >"$failures"; then again=yes; else rm -f "$failures"; fi
            ;;
    esac
    if [[ $again && $ended && ! $warned ]]; then
        echo "exit code $code after a SIGTERM: not put back into the queue; sbatch the same command again to go on"
        rm -f "$failures"
        again=
    fi
    if [[ $again ]]; then
        echo "exit code $code: back into the queue (start $((${SLURM_RESTART_COUNT:-0} + 1)))"
        scontrol requeue "$SLURM_JOB_ID" || echo "Slurm does not requeue this job; sbatch the same command again" >&2
    fi
    exit "$code"
}
