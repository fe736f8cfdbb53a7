# Sourced by launch/run: reads a hostfile as people write it, and says what is wrong with which line.
# shellcheck shell=bash

# read_hostfile FILE COPY: writes it to COPY as Open MPI reads it: without a byte order mark and carriage returns, and with
# HOST:N as `HOST slots=N`.
read_hostfile() {
    local copy=$2 line number=0 hosts=0 name
    name=$(plain "$1")
    cat -- "$1" >"$copy.raw" 2>/dev/null || wrong "--hostfile $name: cannot be read"
    [[ $(tr -dc '\000' <"$copy.raw" | wc -c) == 0 ]] || wrong "hostfile $name: no plain text; save it as UTF-8 or ASCII"
    : >"$copy"
    while IFS= read -r line || [[ $line ]]; do
        number=$((number + 1))
        ((number > 1)) || line=${line#$'\xef\xbb\xbf'}
        host_line "${line%$'\r'}" "hostfile $name, line $number" >>"$copy"
        [[ ! $host ]] || hosts=$((hosts + 1))
    done <"$copy.raw"
    ((hosts)) || wrong "hostfile $name: names no host; each line is a host, as node01 slots=16"
}

# host_line LINE PLACE: prints it as Open MPI reads it; leaves its host in `host`.
host_line() {
    local line=${1%%#*} place=$2 words word slots=''
    host=
    while [[ $line == *[[:blank:]]=* ]]; do line=${line/[[:blank:]]=/=}; done
    while [[ $line == *=[[:blank:]]* ]]; do line=${line/=[[:blank:]]/=}; done
    read -ra words <<<"$line"
    ((${#words[@]})) || { echo; return; }
    host=${words[0]}
    if [[ $host =~ ^([^:]+):([^:]*)$ ]]; then # as MPICH and others write it
        host=${BASH_REMATCH[1]} slots=${BASH_REMATCH[2]}
        [[ $slots =~ ^0*[1-9][0-9]{0,5}$ ]] || wrong "$place: $(quoted "${words[0]}"): behind the colon stands how many ranks may run there"
        words=("$host" "slots=$slots" "${words[@]:1}")
        [[ ! ${words[*]:2} =~ slots= ]] || wrong "$place: says twice how many ranks may run on $(quoted "$host")"
    fi
    [[ $host =~ ^[[:alnum:]_+][[:alnum:]@._:%+-]*$ || $host =~ ^\[[[:xdigit:]:.%]+\]$ ]] ||
        wrong "$place: $(quoted "$host") is no name of a host; a line is one host, as node01 slots=16"
    for word in "${words[@]:1}"; do
        case $word in
            slots=* | max_slots=* | max-slots=* | slots_max=* | slots-max=* | cpu=* | cpus=* | count=*)
                [[ ${word#*=} =~ ^0*[1-9][0-9]{0,5}$ ]] || wrong "$place: $(quoted "$word"): a number from 1"
                ;;
            ?*=?*) ;; # Open MPI's own, such as username=
            *) wrong "$place: $(quoted "$word") is not understood; behind a host stands how many ranks may run there, as slots=16" ;;
        esac
    done
    echo "${words[*]}"
}
