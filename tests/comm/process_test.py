#!/usr/bin/env python3
"""Looks from outside at processes that start or end in unusual ways.

process_test.py MPIRUN PROGRAM CASE runs one case; a failed expectation ends it with a message.
"""
import os
import re
import subprocess
import sys

mpirun, program, case = sys.argv[1:4]
launcher_variables = re.compile("(OMPI_COMM|PMIX|PMI|SLURM|MPI_LOCAL)")
clean = {name: value for name, value in os.environ.items() if not launcher_variables.match(name)}


LIMIT_S = 300  # against what hangs


class Result:
    def __init__(self, command, limit, extra):
        done = subprocess.run(command, env={**clean, **extra}, capture_output=True, text=True, timeout=limit)
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr
        self.errors = [line for line in self.err.splitlines() if line.startswith("error: ")]

    def expect(self, holds, what):
        if not holds:
            sys.exit(f"{case}: {what}\nexit code {self.code}\n{self.out}\n{self.err}")


def alone(*words, **extra):
    return Result([program, *words], LIMIT_S, extra)


def ranks(count, *words, prefix=()):
    return Result([*prefix, mpirun, "-np", str(count), program, *words], LIMIT_S, {})


def fails(result, code, message):
    result.expect(result.code == code, f"exit code is not {code}")
    result.expect(len(result.errors) == 1, f"{len(result.errors)} messages instead of one")
    result.expect(message in result.errors[0], f"message is not about: {message}")


def alone_starts_without_mpi():
    for extra in ({}, {"SLURM_NTASKS": "16", "SLURM_PROCID": "0"}, {"OMPI_COMM_WORLD_SIZE": "1"}):
        started = alone("hello", **extra)
        started.expect(started.out == "rank 0 of 1 components 0 threads 1\n", "MPI was started")
    two = ranks(2, "hello")
    two.expect("rank 1 of 2 components 1" in two.out, "the signs of a started MPI are not what they were")


def shared_error():
    for _ in range(5):
        for words in (("shared_error",), ("shared_error", "unguarded")):
            result = ranks(4, *words)
            result.expect(result.code == 3, "exit code is not 3")
            if len(words) == 1:
                fails(result, 3, "file train.idx is missing")
    fails(alone("shared_error"), 3, "file train.idx is missing")


def lonely_error():
    for _ in range(5):
        fails(ranks(4, "lonely_error"), 3, "member 7 is damaged")


def foreign_exception():
    fails(ranks(4, "foreign_exception"), 4, "vector is too long")


def leave_by_exception():
    fails(ranks(4, "lonely_error", "unguarded"), 3, "member 7 is damaged")


def lonely_world():
    for size, index in (("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"), ("PMI_SIZE", "PMI_RANK")):
        for rank in range(3):
            result = alone("hello", **{size: "3", index: str(rank)})
            if rank == 0:
                fails(result, 2, f"{size}=3")
            result.expect(result.code == 2 and result.out == "", "did not refuse")
            result.expect(rank == 0 or not result.errors, "more than one process speaks")


def srun_without_pmix():
    variables = {"SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4", "SLURM_JOBID": "7", "SLURM_STEPID": "0",
                 "SLURM_STEP_ID": "0", "SLURM_NODEID": "0", "SLURM_STEP_NODELIST": "here"}
    first = alone("hello", SLURM_PROCID="0", **variables)
    fails(first, 2, "srun --mpi=pmix")
    second = alone("hello", SLURM_PROCID="1", **variables)
    second.expect(second.code == 2 and second.err == "", "more than one process speaks")


def outgoing_message_at_the_end():
    late = ranks(2, "late_message")
    late.expect(late.code == 0, "a message sent at the end is lost")
    unread = ranks(2, "unread_message")
    unread.expect(unread.code == 0, "a message nobody reads keeps its sender")


def waiting_sleeps():
    result = ranks(4, "wait_for_a_sleeper")
    waits = re.findall(r"waited ([\d.]+) s, used ([\d.]+) s", result.out)
    result.expect(len(waits) == 4, "not every rank came back")
    for waited, used in waits:
        # Who does not sleep uses all of it; a slow processor may take its time over each look.
        result.expect(float(used) < 0.5 * max(float(waited), 2), "waiting uses the processor")


def small_dev_shm():
    """A container's /dev/shm may hold less than the data; mounting one needs privileges or user namespaces."""
    shell = "mount -t tmpfs -o size=24m tmpfs /dev/shm && exec \"$@\""
    isolated = ["unshare", "--mount", "sh", "-c", shell, "sh"]
    if os.geteuid() != 0:
        isolated[1:1] = ["--user", "--map-root-user"]
    if Result([*isolated, "true"], LIMIT_S, {}).code != 0:
        print("skipped: a /dev/shm of its own needs privileges, or user namespaces")
        sys.exit(77)
    result = ranks(2, "share_64_mebibytes", prefix=isolated)
    result.expect(result.code == 0, "failed")
    result.expect(result.out.count("right 67108864 shared 1") == 2, "bytes are wrong or not shared")


globals()[case]()
