#!/usr/bin/env python3
"""Holds the includes under src/ against the architecture: check.py [PROJECT].

What a folder may use stands in MAY_USE; what it does use, in the DEPENDS of its add_module call. Prints one line per
violation and fails if there is any.
"""

import re
import sys
from pathlib import Path

# In the order of the data's journey: a folder may use only folders above it, so there can be no cycle.
MAY_USE = {
    "core": set(),
    "compute": {"core"},
    "task": {"core", "compute"},
    "data": {"core", "compute", "task"},
    "model": {"core", "compute"},
    "train": {"core", "compute", "task", "data", "model"},
    "analysis": {"core", "task"},
    "store": {"core", "compute", "task", "data", "model", "train", "analysis"},
    "exchange": {"core", "compute", "task", "data", "model"},
    "comm": {"core"},
    "predict": {"core", "compute", "task", "data", "model", "train", "analysis", "store", "comm"},
    "config": {"core", "compute", "task", "data", "model", "train", "analysis", "store"},
    "schedule": {"core", "compute", "task", "data", "model", "train", "analysis", "store", "comm", "config"},
    "report": {"core", "task", "analysis", "store", "schedule"},
    "run": {"core", "compute", "task", "data", "model", "train", "analysis", "store", "comm", "predict", "config",
            "schedule", "report", "exchange"},
    "api": {"core", "compute", "task", "data", "analysis", "store", "comm", "predict", "config", "run"},
}
PROGRAMS_MAY_USE = {"run"}  # the .cpp files directly under src/

# Libraries that a single folder may know.
ONLY_IN = {
    "compute": re.compile(r"oneapi/|dnnl|mkldnn|^omp\.h$"),
    "comm": re.compile(r"mpi\.h$|mpi-ext\.h$|mpi/"),
}

MOST_LINES = 400
LONGER_WITH_REASON: dict[str, str] = {}  # path from the project: why it is one file

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)
ADD_MODULE = re.compile(r"\badd_module\s*\(([^)]*)\)")


def sources(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in (".hpp", ".cpp", ".h", ".inc"))


def declared_dependencies(source_root):
    """The DEPENDS of every add_module call: {folder: (the CMakeLists.txt, [dependencies])}."""
    declared = {}
    for cmake in sorted(source_root.glob("*/CMakeLists.txt")):
        text = re.sub(r"#.*", "", cmake.read_text())
        for call in ADD_MODULE.finditer(text):
            name, *words = call.group(1).split()
            keyword, depends = "", []
            for word in words:
                if word in ("SOURCES", "DEPENDS", "LIBRARIES"):
                    keyword = word
                elif keyword == "DEPENDS":
                    depends.append(word)
            declared[name] = (cmake, depends)
    return declared


def check_declarations(source_root, declared):
    for name, (cmake, depends) in declared.items():
        if name not in MAY_USE or cmake.parent.name != name:
            yield f"{cmake}: module {name} is not a folder of the architecture"
            continue
        for dependency in depends:
            if dependency not in MAY_USE[name]:
                yield f"{cmake}: {name} may not depend on {dependency}"
    for folder in sorted(path for path in source_root.iterdir() if path.is_dir()):
        if sources(folder) and folder.name not in MAY_USE:
            yield f"{folder}: not a folder of the architecture"


def check_includes(source_root, declared):
    for path in sources(source_root):
        owner = path.relative_to(source_root).parts[0] if path.parent != source_root else None
        allowed = PROGRAMS_MAY_USE if owner is None else {owner, *declared.get(owner, (None, []))[1]}
        text = path.read_text()
        for match in INCLUDE.finditer(text):
            bracket, target = match.groups()
            where = f"{path}:{text.count(chr(10), 0, match.start(2)) + 1}"
            for folder, library in ONLY_IN.items():
                if owner != folder and library.search(target):
                    yield f"{where}: only src/{folder} may include {target}"
            first = target.split("/")[0]
            if first in MAY_USE and "/" in target and (source_root / first).is_dir():
                if first not in allowed:
                    yield f"{where}: {owner or 'a program'} includes {target} but does not depend on {first}"
                if not (source_root / target).is_file():
                    yield f"{where}: {target} does not exist"
            elif bracket == '"':
                yield f"{where}: \"{target}\" is not written from the root of src/"


def check_lengths(project):
    for folder in ("src", "tests", "bench"):
        for path in sources(project / folder):
            lines = len(path.read_text().splitlines())
            if lines > MOST_LINES and str(path.relative_to(project)) not in LONGER_WITH_REASON:
                yield f"{path}: {lines} lines, more than {MOST_LINES}: split it, or give the reason in {Path(__file__).name}"


def violations(project):
    source_root = project / "src"
    declared = declared_dependencies(source_root)
    if not declared:
        yield f"{source_root}: no add_module call found"
    yield from check_declarations(source_root, declared)
    yield from check_includes(source_root, declared)
    yield from check_lengths(project)


def main():
    project = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    found = list(violations(project))
    print("\n".join(found) if found else f"{project}: the includes keep to the architecture")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
