# Sourced by launch/run: its options, and what people type who know mpirun or srun.
# shellcheck shell=bash

usage() {
    cat <<END
Usage: $called [OPTION …] [--] [options of ensemble_train …]

Starts the ranks with what Open MPI needs for few cores, root, containers and several networks, starts again with
--resume when ranks or mpirun were killed, and returns the exit code of ensemble_train.

  -n, -np, --ranks N   ranks (as many as cores; on several hosts, as their slots)
  --hostfile FILE      hosts, one a line; see hostfile.example
  --network NET        the network between hosts, as 10.0.0.0/24 or an interface, where they have several
  --restarts N         at most so many starts after the first (3), each after twice the wait of the one before
  --wait SECONDS       before the first of them (2)
  --host-timeout S     without a sign of life from a host until it counts as lost (30)
  --linger SECONDS     that mpirun may take to end once the run is over (20)
  --mpirun "WORDS"     more options of mpirun
  --no-recovery        start again when a rank dies; without this, on one host, the others go on and take over its
                       member, where a trial (kept in the build directory) has shown that this Open MPI lets them
  -v, --verbose        show mpirun's whole command and all of its messages

The first SIGINT, SIGTERM or SIGHUP stops the run as SIGUSR1 does: ranks keep what they train, exit code 75. The
second ends it within seconds, the third at once.
END
}

wrong() {
    say "$*; $called --help explains"
    exit 2
}

ranks='' hostfile='' network='' restarts=3 pause=2 linger=20 host_timeout=30 more=() recover=yes verbose='' words=()

# read_options WORDS…: sets these; leaves what goes to the program in `words`.
read_options() {
    local option value known
    while (($#)); do
        option=$1 known=yes
        case $option in
            --*=*) option=${1%%=*} value=${1#*=} ;;
            -n[1-9]* | -c[1-9]*) option=-n value=${1:2} ;;
            *) (($# > 1)) && value=$2 || value='' ;;
        esac
        case $option in
            -n | -np | --np | --n | -c | --c | --ranks) ranks=$value option=--ranks ;;
            --hostfile | -hostfile | --machinefile | -machinefile) hostfile=$value option=--hostfile ;;
            --network) network=$value ;;
            --restarts) restarts=$value ;;
            --wait) pause=$value ;;
            --host-timeout) host_timeout=$value ;;
            --linger) linger=$value ;;
            --mpirun) read -ra more <<<"$value" ;;
            *) known= ;;
        esac
        if [[ $known ]]; then
            [[ $value ]] || wrong "$option wants a value"
            [[ $1 == "$option"=* || $1 == --*=* || $1 == -[nc][1-9]* ]] || shift
            shift
            continue
        fi
        case $1 in
            --no-recovery) recover=''; unset ENSEMBLE_RECOVERY; shift ;;
            -v | --verbose) verbose=yes; shift ;;
            -h | --help) usage; exit 0 ;;
            --) shift; words=("$@"); break ;;
            *)
                [[ ! $1 -ef $program ]] || shift # as behind mpirun
                words=("$@")
                check_foreign "$@"
                break
                ;;
        esac
    done
    [[ ! $ranks || $ranks =~ ^[1-9][0-9]{0,5}$ ]] || wrong "--ranks $(quoted "$ranks"): a number from 1 to 999999"
    [[ $restarts =~ ^(0|[1-9][0-9]{0,5})$ ]] || wrong "--restarts $(quoted "$restarts"): a number"
    [[ $pause =~ ^(0|[1-9][0-9]{0,5})$ ]] || wrong "--wait $(quoted "$pause"): whole seconds"
    [[ $host_timeout =~ ^[1-9][0-9]{0,5}$ ]] || wrong "--host-timeout $(quoted "$host_timeout"): whole seconds from 1"
    [[ $linger =~ ^(0|[1-9][0-9]{0,5})$ ]] || wrong "--linger $(quoted "$linger"): whole seconds"
}

# check_foreign WORDS…: refuses words without a -- before them that neither this script nor the program understands as meant.
check_foreign() {
    (($#)) || return 0
    local word near
    case $1 in
        -*) ;;
        *) wrong "$(quoted "$1") is no option; $called starts $program, and -n N says on how many ranks" ;;
    esac
    case ${1%%=*} in
        -H | -host | --host | --hosts | -hosts) wrong "$(quoted "$1"): write the hosts to a file, one a line, for --hostfile" ;;
        --mca | -mca | -x | -N | -npernode | --npernode | --oversubscribe | -oversubscribe | --bind-to | -bind-to | --map-by | \
            -map-by | --rank-by | --allow-run-as-root | -allow-run-as-root | --enable-recovery | --report-bindings | -q | \
            --quiet | --tag-output | --output-filename | --timestamp-output | -wdir | --wdir | --prefix | --use-hwthread-cpus | \
            --cpu-set | --display-map | --display-allocation | --nooversubscribe | --ppr | --tune | --am | --path | --merge-stderr-to-stdout)
            wrong "$(quoted "$1") is an option of mpirun: $called chooses what is needed, and --mpirun \"$(plain "$1") …\" adds others"
            ;;
    esac
    near=$(nearest "${1%%=*}" --ranks --hostfile --network --restarts --wait --host-timeout --linger --mpirun --no-recovery --verbose)
    # The program may have an option that looks like one of these.
    if [[ $near ]] && ! "$program" --help 2>/dev/null | grep -q -- "^ *${1%%=*}[ =]"; then
        wrong "there is no option $(quoted "$1"); did you mean $near?"
    fi
    for word in "$@"; do
        case $word in
            -n | -np | --np | --ranks | --hostfile) wrong "$word has to stand before the options of ensemble_train" ;;
        esac
    done
}

# nearest WORD OPTIONS…: the option that two slips of the finger at most make of it; nothing if there is none.
nearest() {
    printf '%s\n' "$@" | awk '
        function least(a, b) { return a < b ? a : b }
        function distance(a, b, i, j, d) {
            for (i = 0; i <= length(a); ++i) d[i, 0] = i
            for (j = 0; j <= length(b); ++j) d[0, j] = j
            for (i = 1; i <= length(a); ++i)
                for (j = 1; j <= length(b); ++j)
                    d[i, j] = least(least(d[i - 1, j], d[i, j - 1]) + 1, \
                        d[i - 1, j - 1] + (substr(a, i, 1) != substr(b, j, 1)))
            return d[length(a), length(b)]
        }
        NR == 1 { word = $0; best = 3; next }
        length($0) - length(word) < 3 && distance(word, $0) < best { best = distance(word, $0); found = $0 }
        END { print found }'
}
