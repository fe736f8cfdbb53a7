#!/usr/bin/env bash
# A batch job for PBS (OpenPBS, PBS Pro) that goes on over as many time limits as it takes, with mpirun in the allocation:
#
#     ENSEMBLE_OPTIONS="--out my-run --members 64" qsub -v ENSEMBLE_OPTIONS -l select=2:ncpus=16:mpiprocs=16 launch/pbs.sh
#
# called in the project's directory. Two minutes before the limit ranks keep what they train, and the job submits its like.
# Options are split as a shell would, quotes and all, but nothing in them is executed. Without --out results go to
# runs/pbs-JOB of the first job. Of an installation say ENSEMBLE_PROJECT=PREFIX/share/ensemble.
#PBS -N ensemble
#PBS -l select=1:ncpus=8:mpiprocs=8
#PBS -l walltime=01:00:00
#PBS -j oe
set -euo pipefail
cd "${PBS_O_WORKDIR:-.}"
project=${ENSEMBLE_PROJECT:-$PWD}
# shellcheck source=launch/batch.sh
source "$project/launch/batch.sh"

mapfile -t given < <(xargs -r printf '%s\n' <<<"${ENSEMBLE_OPTIONS:-}")
if ! has_option out "${given[@]}"; then
    given+=(--out "runs/pbs-${PBS_JOBID%%.*}")
    ENSEMBLE_OPTIONS+=" --out runs/pbs-${PBS_JOBID%%.*}"
fi

# walltime: of this job in seconds, as PBS has granted it.
walltime() {
    qstat -f "$PBS_JOBID" | awk '/Resource_List.walltime =/ { split($3, part, ":"); print part[1] * 3600 + part[2] * 60 + part[3] }'
}

stop_in_time "$(walltime)" "${given[@]}"
code=0
"$project/launch/run" --hostfile "$PBS_NODEFILE" --ranks "$(wc -l <"$PBS_NODEFILE")" -- "${words[@]}" || code=$?
if goes_on "$code"; then
    echo "exit code $code: submitting the next job (number $((ENSEMBLE_STARTS + 1)))"
    export ENSEMBLE_OPTIONS
    resources=$(qstat -f "$PBS_JOBID" | awk '/Resource_List.select =/ { print $3 }')
    qsub -v ENSEMBLE_OPTIONS,ENSEMBLE_PROJECT,ENSEMBLE_STARTS,ENSEMBLE_FAILURES,ENSEMBLE_REQUEUES \
        -l "walltime=$(walltime)" ${resources:+-l "select=$resources"} "$project/launch/pbs.sh"
fi
exit "$code"
