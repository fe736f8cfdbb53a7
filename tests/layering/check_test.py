#!/usr/bin/env python3
"""Proves that check.py accepts a sound tree and goes red on each way of breaking one."""

import tempfile
import unittest
from pathlib import Path

import check

SOUND = {
    "src/core/CMakeLists.txt": "add_module(core SOURCES shape.cpp LIBRARIES fmt::fmt)",
    "src/core/shape.hpp": "#pragma once\n#include <vector>\n",
    "src/core/shape.cpp": '#include "core/shape.hpp"\n',
    "src/compute/CMakeLists.txt": "add_module(compute\n    SOURCES product.cpp  # kernels\n    DEPENDS core LIBRARIES oneDNN)",
    "src/compute/product.hpp": '#include "core/shape.hpp"\n',
    "src/compute/product.cpp": '#include <oneapi/dnnl/dnnl.hpp>\n#include "compute/product.hpp"\n',
    "src/model/CMakeLists.txt": "add_module(model SOURCES network.cpp DEPENDS core compute)",
    "src/model/network.cpp": '#include <fmt/format.h>\n#include "compute/product.hpp"\n',
    "src/comm/CMakeLists.txt": "add_module(comm SOURCES mpi.cpp DEPENDS core)",
    "src/comm/mpi.cpp": "#include <mpi.h>\n",
    "src/run/CMakeLists.txt": "add_module(run SOURCES plan.cpp DEPENDS core model comm)",
    "src/run/plan.hpp": "",
    "src/run/plan.cpp": '#include "run/plan.hpp"\n// #include "data/gone.hpp"\n',
    "src/ensemble_train.cpp": '#include "run/plan.hpp"\n',
}


class CheckTest(unittest.TestCase):
    def found(self, **changes):
        """Violations in the sound tree with some files changed; keywords are paths with __ for / and _dot_ for '.'."""
        files = SOUND | {name.replace("__", "/").replace("_dot_", "."): text for name, text in changes.items()}
        with tempfile.TemporaryDirectory() as directory:
            project = Path(directory)
            for name in ("src", "tests", "bench"):
                (project / name).mkdir()
            for name, text in files.items():
                (project / name).parent.mkdir(parents=True, exist_ok=True)
                (project / name).write_text(text)
            return [line.replace(f"{project}/", "") for line in check.violations(project)]

    def assert_one(self, found, *words):
        self.assertEqual(len(found), 1, found)
        for word in words:
            self.assertIn(word, found[0])

    def test_sound_tree_passes(self):
        self.assertEqual(self.found(), [])

    def test_include_against_the_arrows(self):
        found = self.found(src__core__shape_dot_hpp='\n#include "model/network.cpp"\n')
        self.assert_one(found, "src/core/shape.hpp:2:", "core includes model/network.cpp")

    def test_include_of_an_undeclared_folder(self):
        cmake = "add_module(model SOURCES network.cpp DEPENDS core)"
        self.assert_one(self.found(src__model__CMakeLists_dot_txt=cmake), "src/model/network.cpp:2:", "compute")

    def test_declared_against_the_architecture(self):
        cmake = "add_module(core SOURCES shape.cpp DEPENDS model)"
        self.assert_one(self.found(src__core__CMakeLists_dot_txt=cmake), "core may not depend on model")

    def test_dependency_with_angle_brackets(self):
        found = self.found(src__core__shape_dot_cpp="#  include <run/plan.hpp>\n")
        self.assert_one(found, "src/core/shape.cpp:1:", "run/plan.hpp")

    def test_onednn_elsewhere(self):
        for header in ("oneapi/dnnl/dnnl.hpp", "dnnl.h", "oneapi/dnnl/dnnl_types.h"):
            found = self.found(src__model__network_dot_cpp=f"#include <{header}>\n")
            self.assert_one(found, "only src/compute", header)

    def test_threads_of_libraries_elsewhere(self):
        found = self.found(src__run__plan_dot_cpp="#include <omp.h>\n")
        self.assert_one(found, "only src/compute", "omp.h")

    def test_mpi_elsewhere(self):
        for header in ("mpi.h", "mpi-ext.h", "openmpi/mpi.h"):
            found = self.found(src__run__plan_dot_cpp=f"#include <{header}>\n")
            self.assert_one(found, "only src/comm", header)
        self.assert_one(self.found(src__ensemble_train_dot_cpp="#include <mpi.h>\n"), "only src/comm")

    def test_program_beyond_run(self):
        self.assert_one(self.found(src__ensemble_train_dot_cpp='#include "model/network.cpp"\n'), "a program includes")

    def test_unknown_folder(self):
        self.assert_one(self.found(src__utils__string_dot_hpp=""), "src/utils: not a folder")

    def test_unknown_module(self):
        self.assert_one(self.found(src__run__CMakeLists_dot_txt=SOUND["src/run/CMakeLists.txt"]
                                   + "\nadd_module(helpers SOURCES a.cpp)"), "module helpers")

    def test_include_beside_the_file(self):
        self.assert_one(self.found(src__run__plan_dot_cpp='#include "plan.hpp"\n'), "not written from the root")

    def test_include_of_nothing(self):
        self.assert_one(self.found(src__run__plan_dot_cpp='#include "model/gone.hpp"\n'), "does not exist")

    def test_long_file(self):
        for name in ("src__core__shape_dot_cpp", "tests__core__shape_test_dot_cpp", "bench__step_dot_cpp"):
            self.assert_one(self.found(**{name: "\n" * 401}), "401 lines")
            self.assertEqual(self.found(**{name: "\n" * 400}), [])

    def test_no_modules_at_all(self):
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "src").mkdir()
            self.assert_one(list(check.violations(Path(directory))), "no add_module call")

    def test_law_has_an_order(self):
        above = set()
        for folder, may_use in check.MAY_USE.items():
            self.assertLessEqual(may_use, above, folder)
            above.add(folder)


if __name__ == "__main__":
    unittest.main()
