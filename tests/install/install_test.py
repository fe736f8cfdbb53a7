#!/usr/bin/env python3
"""What is installed does what it does in the build, wherever its prefix is moved: install_test.py SOURCE BUILD CMAKE CASE."""

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

SOURCE, BUILD, CMAKE = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
PROGRAMS = ("ensemble_train", "ensemble_report", "ensemble_predict", "ensemble_export")
PAGES = (*PROGRAMS, "ensemble-run", "ensemble-fetch-data")
TINY = ["--data", "moons:train=200,test=60", "--net", "dense(8) relu", "--epochs", "2", "--members", "2"]


def install(prefix):
    # Without what debuggers want, which may be most of it.
    run(CMAKE, "--install", BUILD, "--prefix", prefix, "--strip")


def a_moved_prefix_works(directory):
    install(directory / "first")
    prefix = directory / "somewhere else"
    shutil.move(directory / "first", prefix)
    train = prefix / "bin/ensemble_train"
    listed = run("ldd", train)
    library = re.search(r"libensemble\.so\.\d+ => (.*) \(", listed)
    expect(library and Path(library[1]).resolve().is_relative_to(prefix), listed)
    expect("quick" in run(train, "--help", cwd=directory), "the configurations were not found")
    run(train, "--config", "quick", "--dry-run", cwd=directory)
    run(BUILD / "ensemble_train", *TINY, "--out", "built", cwd=directory)
    # By its scripts, on two ranks: the same bytes.
    environment = {**os.environ, "XDG_CACHE_HOME": str(directory / "cache")}
    run(prefix / "bin/ensemble-run", "-n", "2", "--", *TINY, "--out", "installed", cwd=directory, env=environment)
    for name in ("predictions.npy", "members/0001.ckpt"):
        expect((directory / "built" / name).read_bytes() == (directory / "installed" / name).read_bytes(), f"{name} differs")
    run(prefix / "bin/ensemble_report", "installed", cwd=directory)
    expect(run(prefix / "bin/ensemble-run", "--help").startswith("Usage: ensemble-run "), "goes by another name")
    run(prefix / "bin/ensemble-fetch-data", code=2)
    text = [path for path in prefix.rglob("*") if path.is_file() and str(BUILD).encode() in path.read_bytes()]
    text = [path for path in text if "bin" not in path.parts and "lib" not in path.parts or path.suffix == ".cmake"]
    expect(not text, f"the build directory is named in {text}")


def found_by_cmake(directory):
    prefix = directory / "prefix"
    install(prefix)
    example = SOURCE / "tests/install/example"
    # With the generator of this build: another, such as make, may not be installed.
    generator = re.search(r"^CMAKE_GENERATOR:INTERNAL=(.*)$", (BUILD / "CMakeCache.txt").read_text(), flags=re.M)[1]
    words = ["-G", generator, "-S", example, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Debug"]
    run(CMAKE, *words, "-B", directory / "build", "-DWANTED=0.1")
    run(CMAKE, "--build", directory / "build")
    expect(re.fullmatch(r"\d+\.\d+\.\d+\n", run(directory / "build/version")), "no version")
    predicts(directory / "build/predict", directory)
    run(CMAKE, *words, "-B", directory / "other", "-DWANTED=9", code=1)


def predicts(program, directory):
    told = run(program, directory / "flowers")
    expect(re.match(r"4 members: rose with probability 0\.\d+", told), told)
    expect((directory / "flowers/summary.json").exists(), "the run was not kept")
    taken = subprocess.run([program, directory / "flowers"], text=True, capture_output=True)
    expect(taken.returncode == 2 and "flowers" in taken.stderr, f"a run is written over: {taken}")


def predicts_in_the_build(directory):
    predicts(BUILD / "tests/example_predict", directory)


def levels_are_chosen_by_the_loader(directory):
    """Where the loader may use no newer level than N, the library of N is loaded; it is the build's where there is no other."""
    prefix = directory / "prefix"
    install(prefix)
    folder = next(prefix.glob("lib*/**/libensemble.so.*")).parent
    loader = Path("/lib64/ld-linux-x86-64.so.2")
    if not loader.exists() or "supported" not in run(loader, "--help"):
        skip("no loader of glibc for x86-64 that knows levels")
    usable = re.findall(r"x86-64-v\d(?= \(supported)", run(loader, "--help"))
    for level in usable:  # of a build without ENSEMBLE_HWCAPS: copies of its library stand for them
        (folder / "glibc-hwcaps" / level).mkdir(parents=True, exist_ok=True)
        if not any((folder / "glibc-hwcaps" / level).iterdir()):
            shutil.copy(next(folder.glob("libensemble.so.?")), folder / "glibc-hwcaps" / level)
    for level in [*usable, ""]:
        told = subprocess.run([loader, "--glibc-hwcaps-mask", level or "none", prefix / "bin/ensemble_train", "--version"], text=True,
                              capture_output=True, env={**os.environ, "LD_DEBUG": "libs"}).stderr
        found = re.findall(r"calling init: (\S*libensemble\S*)", told)
        wanted = f"glibc-hwcaps/{level}/libensemble" if level else f"{folder.name}/libensemble"
        expect(len(found) == 1 and wanted in found[0], f"{level}: {found}")


def manual_pages(directory):
    pages = BUILD / "share/man/man1"
    checks = {"groff": ["groff", "-man", "-ww", "-z"], "mandoc": ["mandoc", "-Tlint", "-Werror"]}
    available = {name: words for name, words in checks.items() if shutil.which(name)}
    for page in PAGES:
        file = pages / f"{page}.1"
        for name, words in available.items():
            ended = subprocess.run([*words, file], text=True, capture_output=True)
            expect(ended.returncode == 0 and not ended.stderr, f"{name} {page}: {ended.stdout}{ended.stderr}")
    text = (pages / "ensemble_train.1").read_text()
    options = re.findall(r"^  (--[a-z0-9-]+)", run(BUILD / "ensemble_train", "--help"), re.MULTILINE)
    missing = [option for option in options if f"\\fB{option.replace('-', chr(92) + '-')}\\fR" not in text]
    expect(len(options) > 50 and not missing, f"of {len(options)} options there are missing: {missing}")
    if not available:
        skip("neither groff nor mandoc is installed")


# What shells offer behind some words.
OFFERED = {
    "ensemble_train --ini": {"--init"},
    "ensemble_train --init ": {"he", "xavier", "normal", "zeros", "rbm"},
    "ensemble_train --optimizer ada": {"adam", "adamw"},
    "ensemble_train --config snap": {"snapshots"},
    "ensemble_train --data moo": {"moons"},
    "ensemble_report run --calibrate ": {"none", "temperature"},
    "ensemble_export run --format ": {"onnx", "safetensors"},
    "ensemble_predict run --data moo": set(),  # no built-in data there
}


def completion_in_bash(directory):
    for line, wanted in OFFERED.items():
        program = line.split()[0]
        words = line.split(" ")
        script = f"""source {BUILD}/share/bash-completion/completions/{program}
            COMP_WORDS=({' '.join(word or "''" for word in words)}) COMP_CWORD={len(words) - 1}
            _{program}; printf '%s\\n' "${{COMPREPLY[@]}}" """
        offered = set(run("bash", "-c", script, cwd=directory).split())
        expect(offered == wanted, f"{line!r}: {offered}")
    script = f"""source {BUILD}/share/bash-completion/completions/ensemble_train
        COMP_WORDS=(ensemble_train --init = xa) COMP_CWORD=3; _ensemble_train; echo "${{COMPREPLY[@]}}" """
    expect(run("bash", "-c", script).split() == ["xavier"], "--init=xa")


def completion_in_zsh(directory):
    if not shutil.which("zsh"):
        skip("zsh is not installed")
    driver = r"""
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1= fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -d $2/dump; LISTMAX=10000; COLUMNS=200"
zpty -w shell "zstyle ':completion:*' list-separator '#'; bindkey '^I' list-choices; echo rea''dy"
while zpty -r shell line; do [[ $line == *ready* ]] && break; done
zpty -w -n shell "$3"$'\t'
sleep 1
zpty -w shell ''
zpty -w shell $'\C-u echo fini''shed; exit'
while zpty -r shell line; do print -r -- $line; done
"""
    for line, wanted in OFFERED.items():
        told = run("zsh", "-f", "-c", driver, "driver", BUILD / "share/zsh/site-functions", directory, line, cwd=directory)
        told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", " ", told)
        missing = [word for word in wanted if not re.search(rf"(^|\s){re.escape(word)}\b", told)]
        if len(wanted) > 1:  # a single one is put into the line
            expect(not missing, f"{line!r}: {missing} missing in {told!r}")


def completion_in_fish(directory):
    if not shutil.which("fish"):
        skip("fish is not installed")
    for line, wanted in OFFERED.items():
        script = f"source {BUILD}/share/fish/vendor_completions.d/{line.split()[0]}.fish; complete -C '{line}'"
        told = run("fish", "--no-config", "-c", script, cwd=directory, env={**os.environ, "HOME": str(directory)})
        offered = {row.split("\t")[0] for row in told.splitlines()}
        expect(wanted <= offered and len(offered) < 10, f"{line!r}: {offered}")


def main():
    case = globals()[sys.argv[4]]
    with tempfile.TemporaryDirectory(prefix="ensemble_install_") as directory:
        case(Path(directory).resolve())


if __name__ == "__main__":
    main()
