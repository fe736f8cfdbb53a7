"""What tests share that start scripts and programs: expectations, commands, waiting, and results to compare."""

import hashlib
import subprocess
import sys
import time

SKIPPED = 77  # SKIP_RETURN_CODE of CTest


def expect(condition, what):
    if not condition:
        sys.exit(str(what))


def skip(why):
    print(f"skipped: {why}")
    sys.exit(SKIPPED)


def run(*command, code=0, **options):
    """What a command writes that ends with this exit code."""
    ended = subprocess.run([str(word) for word in command], text=True, capture_output=True, stdin=subprocess.DEVNULL, **options)
    expect(ended.returncode == code, f"{command}: exit code {ended.returncode}\n{ended.stdout}\n{ended.stderr}")
    return ended.stdout


LIMIT_S = 300  # only what hangs for ever comes near it, beside whatever else runs on the machine


def wait_for(condition, what, limit_s=LIMIT_S, alive=None):
    """Until the condition holds; fails after a while, or when the process `alive` has ended."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if alive is not None and alive.poll() is not None:
            sys.exit(f"ended with {alive.returncode} before: {what}")
        expect(time.monotonic() < deadline, f"not after {limit_s} s: {what}")
        time.sleep(0.02)


def end(process, code, limit_s=LIMIT_S):
    """What it has written, once it has ended with this exit code."""
    out, err = process.communicate(timeout=limit_s)
    expect(process.returncode == code, f"exit code {process.returncode} instead of {code}\n{out}\n{err}")
    return out, err


def results(run):
    """Digests of what has to be the same to the byte."""
    names = [run / "predictions.npy", *sorted((run / "members").iterdir())]
    return [hashlib.sha256(name.read_bytes()).hexdigest() for name in names]


def reference(build, words, directory):
    """Results of one rank that was never stopped."""
    subprocess.run([f"{build}/ensemble_train", *words, "--out", directory / "reference"], check=True, stdout=subprocess.DEVNULL)
    return results(directory / "reference")
