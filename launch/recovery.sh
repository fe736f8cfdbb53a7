# Sourced by launch/run: whether this Open MPI lets ranks go on when one of them is killed.
# shellcheck shell=bash

# survives_a_death: true where it does; 2 if the trial took too long to tell.
survives_a_death() {
    local seen i late='' start=("${command[@]}")
    for i in "${!start[@]}"; do [[ ${start[i]} != -np ]] || start[i + 1]=3; done
    start_job "$status.trial" "${start[@]}" --mca orte_enable_recovery 1 -x ENSEMBLE_RECOVERY_PROBE=1 "$program" \
        >"$scratch/probe" 2>/dev/null
    for ((i = 0; i < 100; ++i)); do
        seen=$(cat "$scratch/probe")
        if [[ $seen == *"recovery works"* || $stopping ]] || ! alive; then break; fi
        nap 0.1
    done
    ! alive || late=yes
    end_job
    wait_for_job
    [[ $(cat "$scratch/probe") != *"recovery works"* ]] || return 0
    [[ $late ]] && return 2 || return 1
}

# recovery_works: the same, tried once for a build: the trial takes a second.
recovery_works() {
    local file=$kept/recovery key answer result=0 draft
    key="$program $(stat -c %Y "$program") ${command[0]} $(uname -n)"
    answer=$(cat "$file" 2>/dev/null) || true
    answer=${answer#"$key "}
    if [[ $answer != yes && $answer != no ]]; then
        [[ ! $stopping ]] || return 1
        survives_a_death || result=$?
        [[ ! $stopping ]] || return 1
        case $result in
            0) answer=yes ;;
            1) answer=no ;;
            *) say "the trial of recovery took too long: relying on restarts this time"; return 1 ;;
        esac
        if draft=$(mktemp "$file.XXXXXX" 2>/dev/null); then
            { echo "$key $answer" >"$draft" && mv -fT "$draft" "$file"; } || rm -f "$draft"
        fi
    fi
    [[ $answer == yes ]] || say "this Open MPI ends all ranks when one dies: relying on restarts"
    [[ $answer == yes ]]
}
