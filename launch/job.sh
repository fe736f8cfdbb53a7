# Sourced by launch/run: mpirun as a job of the shell, what signals do to it, whether it still moves, and how it ends.
# shellcheck shell=bash

# Without a fork, and without keeping signals waiting for long.
exec {never}<> <(:)
nap() { read -r -t "$1" -u "$never" || true; }

job='' mark='' stopping='' ending='' orders=0 ordered_at=0
readonly patience=5 # seconds that mpirun may take after an order to end; it gives its ranks two

# forward SIGNAL: the first wish to stop goes to the ranks, the second is an order to mpirun, the third ends everything at once.
# shellcheck disable=SC2317 # called by the traps
forward() {
    local signal=$1
    case $signal in
        INT | TERM | HUP) # mpirun itself would end the ranks a second later
            if [[ $stopping ]]; then order "$signal"; signal=TERM; else stopping=$signal signal=USR1; fi
            ;;
        QUIT) stopping=QUIT signal=TERM; order QUIT ;;
        USR1) [[ ! $stopping ]] || return 0; stopping=USR1 ;;
    esac
    [[ $job ]] || return 0
    [[ $signal != USR1 ]] || tell_ranks
    kill -s "$signal" "$job" 2>/dev/null || true
    [[ $signal != TERM ]] || kill -s CONT "$job" 2>/dev/null || true # where somebody has stopped it
}

# tell_ranks: which signal it was, for their message; from mpirun they get SIGUSR1 whatever it was.
tell_ranks() { { echo "SIG$stopping" >"$mark.asked"; } 2>/dev/null || true; }

# shellcheck disable=SC2317
order() {
    ending=$1
    ((orders++)) || ordered_at=$SECONDS
}

# overdue: true if mpirun has not followed an order to end.
overdue() { ((orders > 1 || orders == 1 && SECONDS - ordered_at >= patience)); }

# From here on, signals are remembered: called before there is anything to clean up.
take_signals() {
    local signal
    for signal in INT TERM HUP QUIT USR1 USR2; do
        # shellcheck disable=SC2064 # the name of this turn's signal is meant
        trap "forward $signal" "$signal"
    done
}

alive() { kill -0 "$job" 2>/dev/null; }

# Ids of the processes on this host that the starts of this run have left: mpirun, its ranks and what reaches other hosts.
# They are known by ENSEMBLE_STATUS_FILE in their environment, since ranks whose mpirun was killed have another parent. Its
# last words have to be enough: what stands before them may hold anything, as a TMPDIR may.
processes_of_run() {
    local directory=${status%/*}
    grep -lsF "/${directory##*/}/status." /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
}

# kill_processes: none of them is left.
kill_processes() {
    local left i
    for ((i = 0; i < 50; ++i)); do
        mapfile -t left < <(processes_of_run)
        ((${#left[@]})) || return 0
        kill -s KILL "${left[@]}" 2>/dev/null || true
        nap 0.1
    done
}

# end_job: mpirun is asked to end; if it does not, it is killed with all that it has started.
end_job() {
    local i
    alive || return 0
    kill -s TERM "$job" 2>/dev/null || true
    kill -s CONT "$job" 2>/dev/null || true
    for ((i = 0; i < 10 * patience; ++i)); do
        alive || return 0
        nap 0.1
    done
    kill_job
}

kill_job() {
    kill -s KILL "$job" 2>/dev/null || true
    kill_processes
}

# Ranks whose mpirun was killed save what they train, for which they get a while; they do not outlive this script.
end_processes() {
    local i
    for ((i = 0; i < 100; ++i)); do
        [[ ! $ending && $(processes_of_run) ]] || break
        nap 0.1
    done
    kill_processes
}

# Lines that Open MPI prints when a rank or mpirun itself ends early; they mean nothing to anybody who sees them.
readonly noise='^\[[^] ]*\] PMIX ERROR: \(UNREACHABLE\|BAD-PARAM\|LOST-CONNECTION\|COMM-FAILURE\) '

# start_job STATUS WORDS…: starts mpirun in the background. Its stderr passes through a filter, which ends with it.
start_job() {
    local errors
    mark=$1
    shift
    if [[ $verbose ]]; then
        exec {errors}>&2
        filter=
    else
        exec {errors}> >(
            trap '' INT TERM HUP QUIT USR1 USR2
            sed -u "/$noise/d" >&2
            exec cat >/dev/null # where stderr takes nothing more, mpirun shall not be the one to suffer
        )
        filter=$!
    fi
    ENSEMBLE_STATUS_FILE=$mark "$@" </dev/null 2>&"$errors" {errors}>&- &
    job=$!
    exec {errors}>&-
    peak=0 still=0 seen='' looks=0
    [[ ! $stopping ]] || { tell_ranks; kill -s USR1 "$job"; } 2>/dev/null || true # asked for before there was whom to tell
    [[ ! $ending ]] || kill -s TERM "$job" 2>/dev/null || true
}

# wait_for_job: leaves its exit code in `code`.
wait_for_job() {
    local i
    code=0
    wait "$job" 2>/dev/null || code=$?
    job=
    [[ $filter ]] || return 0
    for ((i = 0; i < 20; ++i)); do # all of its lines have arrived when it ends
        kill -0 "$filter" 2>/dev/null || break
        nap 0.05
    done
    kill -s KILL "$filter" 2>/dev/null || true
}

# look_at PROCESS: leaves its name, state and processor time in `name`, `state` and `used`.
look_at() {
    local text fields
    { read -r text <"/proc/$1/stat"; } 2>/dev/null || return 1
    name=${text#*(} name=${name%)*}
    read -ra fields <<<"${text##*) }"
    state=${fields[0]} used=${fields[11]}+${fields[12]}
}

# count_ranks: leaves in `live`, `dead` and `others` how many ranks mpirun has, how many of them have ended without its
# notice, and how many other processes.
count_ranks() {
    local list children child name state used
    live=0 dead=0 others=0
    for list in "/proc/$job/task"/*/children; do
        children=()
        { read -ra children <"$list"; } 2>/dev/null || true # their line has no end
        for child in "${children[@]}"; do
            look_at "$child" || continue
            if [[ $name != "${program##*/}" ]]; then others=$((others + 1))
            elif [[ $state == Z ]]; then dead=$((dead + 1))
            else live=$((live + 1)); fi
        done
    done
}

# still_looks: for how many looks, a second apart, the job has not moved although it should have; 0 while it moves or may wait.
# A start may be slow: what counts is only whether mpirun, with nothing to wait for, uses the processor or has new children. One
# that is stopped, waits for a disk or for its turn on the processor is no case.
still_looks() {
    local name state used live dead others now idle=''
    look_at "$job" || return 0
    if [[ ! $one_host ]]; then # its ranks are elsewhere, but their signs of life are here
        now="$used $(stat -c %y "$out"/logs/*.alive 2>/dev/null)" || true
        idle=yes
    else
        [[ -r /proc/$job/task/$job/children ]] || return 0
        count_ranks
        ((live + dead <= peak)) || peak=$((live + dead))
        now="$used $live $dead $others"
        # All ranks gone, or one where mpirun has to end the others, or none ever started.
        if ((dead > 0 || live == 0 && others == 0)) || [[ ! $recovers && $live -lt $peak ]]; then idle=yes; fi
    fi
    if [[ $idle && $state == S && $now == "$seen" ]]; then still=$((still + 1)); else still=0; fi
    seen=$now
}

# stuck: true if mpirun waits for something that will not happen. To be called about five times a second; with many ranks a
# look takes a while, so they become rarer when the start is over.
stuck() {
    local limit
    ((++looks % (looks < 300 || still ? 5 : 25) == 0)) || return 1
    if [[ ! $one_host ]]; then limit=$(($(digits "${ENSEMBLE_START_LIMIT:-}" 600) + 60))
    elif ((peak)); then limit=10
    else limit=120; fi # names of hosts may take long to be looked up
    still_looks
    ((still >= limit))
}
