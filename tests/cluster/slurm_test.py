#!/usr/bin/env python3
"""A real Slurm of one host, with daemons of its own: srun, and a batch job over its time limit. Arguments: the project, the
build, and which batch scripts to try (slurm.sbatch)."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import enter_sandbox, project_and_build, require, run, words
from launching import expect, reference, results, wait_for

require(["unshare", "ip", "munged", "slurmctld", "slurmd", "srun", "mpirun"])
enter_sandbox()
PROJECT, BUILD = project_and_build()
HOST = socket.gethostname()
ADDRESS = "10.78.0.1"


def start_slurm(directory):
    run("mount", "-t", "tmpfs", "tmpfs", "/run")
    directory.chmod(0o755)
    run("ip", "link", "set", "lo", "up")
    # An address beside the loopback's, without which the system's resolver finds none to listen on.
    run("ip", "link", "add", "bridge0", "type", "bridge")
    run("ip", "addr", "add", f"{ADDRESS}/24", "dev", "bridge0")
    run("ip", "link", "set", "bridge0", "up")
    hosts = directory / "hosts"
    hosts.write_text(f"127.0.0.1 localhost\n{ADDRESS} {HOST}\n")
    run("mount", "--bind", hosts, "/etc/hosts")
    key = directory / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    for name in ("state", "spool"):
        (directory / name).mkdir()
    settings = directory / "slurm.conf"
    settings.write_text(f"""
ClusterName=test
SlurmctldHost={HOST}({ADDRESS})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={directory}/munge.socket,cred_expire=1
CredType=cred/munge
MpiDefault=pmix
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=sched_min_interval=100000,batch_sched_delay=1
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldPort=16817
SlurmdPort=16818
ReturnToService=2
NodeName={HOST} NodeAddr={ADDRESS} CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=all Nodes={HOST} Default=YES MaxTime=INFINITE OverSubscribe=FORCE:4 State=UP
""")
    os.environ["SLURM_CONF"] = str(settings)
    daemons = [["munged", "--foreground", "--force", f"--socket={directory}/munge.socket", f"--key-file={key}",
                f"--pid-file={directory}/munged.pid", f"--log-file={directory}/munged.log", f"--seed-file={directory}/munge.seed"],
               ["slurmctld", "-D", "-f", str(settings)], ["slurmd", "-D", "-f", str(settings), "-N", HOST]]
    for command in daemons:
        with (directory / f"{command[0]}.out").open("w") as log:
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        if command[0] == "munged":
            wait_for((directory / "munge.socket").exists, "munged", 10)
    try:
        wait_for(lambda: "idle" in subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True, check=False).stdout,
                 "an idle host in Slurm", 20)
    except SystemExit:
        for log in directory.glob("*.out"):
            print(f"--- {log.name}\n{log.read_text()[-3000:]}")
        raise


def state_of(job):
    shown = run("scontrol", "show", "job", job)
    return dict(word.split("=", 1) for word in shown.split() if "=" in word)


def by_srun(directory, name, training, expected):
    begin = time.monotonic()
    done = subprocess.run(["srun", "--mpi=pmix", "-n", "2", "--overcommit", f"{BUILD}/ensemble_train", *training, "--out", str(directory / name)],
                          capture_output=True, text=True, timeout=90, check=False)
    expect(done.returncode == 0, f"srun: {done.returncode}\n{done.stdout}\n{done.stderr}")
    expect("on 2 ranks" in done.stdout, f"no world of two\n{done.stdout}")
    found = results(directory / name)
    expect(expected is None or found == expected, "other bytes under srun")
    print(f"srun, {name}: complete after {time.monotonic() - begin:.1f} s", flush=True)
    return found


def over_the_time_limit(directory, script, training, expected):
    """The least time limit is a minute; a warning 59 s before it comes within half a minute, when Slurm looks."""
    out, log = directory / script, directory / f"{script}.txt"
    job = run("sbatch", "--parsable", "-n", "2", "--overcommit", "--time=1", "--signal=B:USR1@59", f"--output={log}",
              PROJECT / "launch" / script, *training, "--out", out, cwd=PROJECT,
              env={**os.environ, "ENSEMBLE_BUILD": str(BUILD)}).strip()
    begin, waits = time.monotonic(), {"since": None}

    def requeued():
        return int(state_of(job).get("Restarts", 0)) >= 1

    def over():
        state = state_of(job)
        # Slurm lets a job wait two minutes that it puts back; the first start has to be cleared away before the second.
        idle = run("sinfo", "-h", "-o", "%T").strip() == "idle"
        waits["since"] = (waits["since"] or time.monotonic()) if state["JobState"] == "PENDING" and idle else None
        if waits["since"] and time.monotonic() - waits["since"] > 2:
            subprocess.run(["scontrol", "update", f"JobId={job}", "StartTime=now"], capture_output=True, check=False)
        return state["JobState"] in ("COMPLETED", "FAILED", "CANCELLED", "TIMEOUT")

    try:
        wait_for(lambda: over() or requeued(), "a stop before the time limit", 60)
        expect(requeued(), "not put back into the queue")
        expect(not (out / "summary.json").exists(), "over too early for this test")
        print(f"{script}: back in the queue after {time.monotonic() - begin:.1f} s", flush=True)
        wait_for(over, "the end of the job", 80)
        expect(state_of(job)["JobState"] == "COMPLETED", state_of(job))
        text = log.read_text()
        expect(text.count("exit code 75: back into the queue") >= 1 and "resumed" in text, "no stop or no resumption")
        expect(results(out) == expected, "other bytes over a time limit")
    except SystemExit:
        for daemon in ("slurmctld", "slurmd"):
            print((directory / f"{daemon}.out").read_text()[-2500:])
        print(f"{state_of(job)}\n{log.read_text() if log.exists() else 'no log'}")
        raise
    print(f"{script}: complete after {time.monotonic() - begin:.1f} s", flush=True)


with tempfile.TemporaryDirectory() as temporary:
    scratch = Path(temporary)
    short = words(epochs=3, members=2)
    short_bytes = reference(BUILD, short, scratch)
    begin_s = time.monotonic()
    start_slurm(scratch)
    by_srun(scratch, "short", short, short_bytes)
    long = words(epochs=110, members=4, width=384)
    long_bytes = by_srun(scratch, "long", long, None)
    for name in sys.argv[3:] or ["slurm.sbatch"]:
        # Slurm looks at time limits every half minute after its start: the job begins a few seconds before it does.
        time.sleep((26 - (time.monotonic() - begin_s)) % 30)
        over_the_time_limit(scratch, name, long, long_bytes)
