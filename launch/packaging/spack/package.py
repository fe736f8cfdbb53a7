# A recipe for Spack: spack repo create ours; copy this to ours/packages/ensemble/; spack dev-build ensemble@main
from spack.package import *


class Ensemble(CMakePackage):
    """Distributed ensembles of neural networks over MPI: trains them on tables, images and sequences, and shows with
    evidence what the ensemble gains over a single network."""

    license("Apache-2.0")

    version("main")

    variant("hwcaps", default=False, description="Libraries for x86-64-v2, -v3 and -v4, for hosts that differ")

    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("openmpi@4.1:4")
    depends_on("boost@1.74: +serialization")
    depends_on("eigen@3.4")
    depends_on("onednn@2.6:3")
    depends_on("openssl")
    depends_on("xxhash")
    depends_on("zlib-api")
    depends_on("protobuf@3")
    depends_on("onnx")
    depends_on("fmt")
    depends_on("cli11")
    depends_on("nlohmann-json")
    depends_on("tomlplusplus")

    conflicts("+hwcaps", when="target=aarch64:", msg="glibc-hwcaps of this project are those of x86-64")

    # The page's charts are drawn by D3 5, one file that no package of Spack has: d3=/path/to/d3.min.js of https://d3js.org
    variant("d3", default="none", values=lambda value: True, description="Where d3.min.js of D3 5 is; none: CMake looks for it")

    def cmake_args(self):
        args = [
            self.define_from_variant("ENSEMBLE_HWCAPS", "hwcaps"),
            self.define("ENSEMBLE_TESTS", False),
            self.define("ENSEMBLE_BENCH", False),
        ]
        if not self.spec.satisfies("d3=none"):
            args.append(self.define("ENSEMBLE_D3", self.spec.variants["d3"].value))
        return args
