#!/usr/bin/env python3
"""Batch scripts against stand-ins for their systems, and what can be said of recipes without what reads them:
batch_test.py SOURCE CASE."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from launching import expect, run, skip

SOURCE = Path(sys.argv[1])


def stand_in(directory, name, text):
    path = directory / "bin" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/usr/bin/env bash\n{text}\n")
    path.chmod(0o755)


def scripts_for_batch_systems(directory):
    """With stand-ins for the batch systems and for launch/run: what they start, and when they go on."""
    project = directory / "project"
    (project / "launch").mkdir(parents=True)
    for name in ("batch.sh", "pbs.sh", "lsf.sh", "flux.sh"):
        shutil.copy(SOURCE / "launch" / name, project / "launch")
    note = f'printf "%s|" "${{0##*/}}" "$@" >>{directory}/calls; echo >>{directory}/calls'
    (project / "launch/run").write_text(f"#!/usr/bin/env bash\n{note}\nexit $CODE\n")
    (project / "launch/run").chmod(0o755)
    stand_in(directory, "qsub", note)
    stand_in(directory, "qstat", 'echo "    Resource_List.walltime = 01:00:00"; echo "    Resource_List.select = 2:ncpus=4"')
    stand_in(directory, "flux", f"""case "$1 $2" in
        "job timeleft") echo 600 ;; "resource list") echo 16 ;; "run -n") {note}; exit $CODE ;; *) {note} ;; esac""")
    (directory / "nodes").write_text("a\na\nb\nb\n")
    environment = {**os.environ, "PATH": f"{directory}/bin:{os.environ['PATH']}", "ENSEMBLE_PROJECT": str(project),
                   "PBS_JOBID": "7.server", "PBS_NODEFILE": str(directory / "nodes"), "LSB_JOBID": "8", "LSB_MCPU_HOSTS": "a 2 b 2",
                   "FLUX_ENCLOSING_ID": "f9"}

    def calls(script, *words, code, **variables):
        (directory / "calls").unlink(missing_ok=True)
        run("bash", project / "launch" / script, *words, code=code, cwd=directory, env={**environment, "CODE": str(code), **variables})
        return (directory / "calls").read_text().splitlines()

    options = "--net 'dense(8) relu' --vary lr=$(touch executed)"
    started, submitted = calls("pbs.sh", code=75, ENSEMBLE_OPTIONS=options)
    expect(started == f"run|--hostfile|{directory}/nodes|--ranks|4|--|--net|dense(8) relu|--vary|lr=$(touch|executed)|"
           "--out|runs/pbs-7|--resume|--time-limit|3480s|", started)
    expect(submitted.startswith("qsub|-v|ENSEMBLE_OPTIONS,") and "select=2:ncpus=4" in submitted, submitted)
    expect(not (directory / "executed").exists(), "options were executed")
    expect(len(calls("pbs.sh", code=0)) == 1, "a finished run goes on")
    expect(len(calls("pbs.sh", code=2)) == 1, "a wrong command goes on")
    expect(len(calls("pbs.sh", code=4, ENSEMBLE_FAILURES="2")) == 2, "a failure ends it")
    expect(len(calls("pbs.sh", code=4, ENSEMBLE_FAILURES="3")) == 1, "failures do not end it")
    expect(len(calls("pbs.sh", code=75, ENSEMBLE_STARTS="100")) == 1, "goes on for ever")
    (started,) = calls("lsf.sh", "--members", "4", code=75)
    expect(re.fullmatch(r"run\|--hostfile\|\./\.lsf-hosts-8\.\w+\|--\|--out\|runs/lsf-8\|--members\|4\|--resume\|", started), started)
    expect(not list(directory.glob(".lsf*")), "the list of hosts stays behind")
    started, submitted = calls("flux.sh", "--out", "mine", code=75)
    expect(started.endswith(f"|{project}/build/ensemble_train|--out|mine|--resume|--time-limit|480s|"), started)
    expect(submitted.startswith("flux|--parent|batch|-n|16|") and submitted.endswith("flux.sh|--out|mine|"), submitted)
    (project / "launch/installed.sh").write_text("programs_from_here=../../bin\n")
    (started,) = calls("flux.sh", code=0)
    expect(f"|{project}/launch/../../bin/ensemble_train|--out|runs/flux-f9|" in started, started)


class Recipe:
    """What a recipe for Spack takes from there, as far as ours does."""

    def __init__(self, d3):
        self.spec = self
        self.variants = {"d3": self}
        self.value = d3

    def satisfies(self, what):
        return what == f"d3={self.value}"

    def define(self, name, value):
        return f"-D{name}={value}"

    def define_from_variant(self, name, variant):
        return f"-D{name}=<{variant}>"


def recipe_for_spack():
    named = []
    directives = {name: lambda *words, **_: named.extend(words) for name in ("license", "version", "variant", "depends_on", "conflicts")}
    text = (SOURCE / "launch/packaging/spack/package.py").read_text().replace("from spack.package import *", "")
    scope = {**directives, "CMakePackage": Recipe}
    exec(compile(text, "package.py", "exec"), scope)  # noqa: S102: it is ours
    names = {re.split("[@:]", word)[0] for word in named}
    expect({"cmake", "openmpi", "onednn", "eigen", "protobuf"} <= names, names)
    known = (SOURCE / "CMakeLists.txt").read_text() + (SOURCE / "src/report/CMakeLists.txt").read_text()
    for d3 in ("none", "/there/d3.min.js"):
        words = scope["Ensemble"](d3).cmake_args()
        unknown = [word for word in words if not re.search(rf"\b{word[2:].split('=')[0]}\b", known)]
        expect(not unknown and any(d3 in word for word in words) == (d3 != "none"), (words, unknown))


def recipes_can_be_read(directory):
    recipe_for_spack()
    version = re.search(r"project\(\w+ VERSION (\S+)", (SOURCE / "CMakeLists.txt").read_text())[1]
    for file in ("mpijob.yaml", "packaging/ensemble.def", "packaging/modulefile"):
        expect(version in (SOURCE / "launch" / file).read_text(), f"{file} is for another version than {version}")
    packages = {line for line in (SOURCE / "launch/packages/build").read_text().splitlines() if not line.startswith("#")}
    expect("launch/packages/build" in (SOURCE / "launch/Containerfile").read_text() and packages, "the image lacks packages")
    try:
        import yaml
    except ImportError:
        skip("python3-yaml is not installed")
    job = yaml.safe_load((SOURCE / "launch/mpijob.yaml").read_text())
    launcher = job["spec"]["mpiReplicaSpecs"]["Launcher"]["template"]["spec"]["containers"][0]
    expect(job["apiVersion"] == "kubeflow.org/v2beta1" and launcher["command"] == ["mpirun"], job)
    expect("--resume" in launcher["args"] and all(isinstance(word, str) for word in launcher["args"]), launcher)


def module_file(directory):
    if not shutil.which("tclsh"):
        skip("tclsh is not installed")
    file = directory / "prefix/share/modulefiles/ensemble/0.1.0"
    file.parent.mkdir(parents=True)
    shutil.copy(SOURCE / "launch/packaging/modulefile", file)
    script = "foreach word {module-whatis conflict prepend-path setenv} { proc $word args \"puts \\\"$word \\$args\\\"\" }\n"
    script += f"set ModulesCurrentModulefile {{{file}}}\nsource {{{file}}}\n"
    told = subprocess.run(["tclsh"], input=script, text=True, capture_output=True)
    expect(told.returncode == 0 and f"prepend-path PATH {directory}/prefix/bin" in told.stdout, told)


def main():
    with tempfile.TemporaryDirectory(prefix="ensemble_batch_") as directory:
        globals()[sys.argv[2]](Path(directory).resolve())


if __name__ == "__main__":
    main()
