#include "comm/launcher.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "core/error.hpp"

namespace ensemble::comm {
namespace {

struct Signature {
    const char* launcher;
    const char* size;   ///< variable with the number of processes
    const char* index;  ///< variable with this process' place among them
};

/// In the order of precedence: mpirun may itself have been started by srun, and leaves srun's variables in place.
/// SLURM_NTASKS is no sign of a task: a batch script has it too.
constexpr std::array signatures{
    Signature{"mpirun", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"},
    Signature{"another MPI's mpirun", "PMI_SIZE", "PMI_RANK"},
    Signature{"another MPI's mpirun", "MPI_LOCALNRANKS", "MPI_LOCALRANKID"},
    Signature{"srun", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"},
};

std::optional<int> number(const char* text) {
    if (text == nullptr) return std::nullopt;
    int value = 0;
    const char* end = text + std::strlen(text);
    const auto result = std::from_chars(text, end, value);
    if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
    return value;
}

/// As Open MPI reads a truth value.
bool is_true(const char* text) {
    return text != nullptr && std::strchr("1tTyYeE", *text) != nullptr && *text != '\0';
}

constexpr const char* srun_fix =
    "start it with `srun --mpi=pmix` (`srun --mpi=list` shows whether this Slurm has it), or with `mpirun` inside the "
    "job";

}  // namespace

Launch detect_launch(const Environment& environment) {
    Launch launch;
    launch.has_pmix = environment("PMIX_RANK") != nullptr;
    launch.keeps_survivors = launch.has_pmix && is_true(environment("OMPI_MCA_orte_enable_recovery"));
    launch.recovers = launch.keeps_survivors && is_true(environment("ENSEMBLE_RECOVERY"));
    const bool by_srun = number(environment("SLURM_STEP_NUM_TASKS")).value_or(0) > 1;
    for (const Signature& signature : signatures) {
        const std::optional<int> processes = number(environment(signature.size));
        if (!processes) continue;
        launch.launcher = signature.launcher;
        // srun sets PMI_SIZE as well where it speaks PMI-2.
        if (by_srun && std::strncmp(signature.size, "PMI_", 4) == 0) launch.launcher = "srun";
        launch.evidence = fmt::format("{}={}", signature.size, *processes);
        launch.processes = processes;
        launch.index = number(environment(signature.index));
        return launch;
    }
    if (launch.has_pmix) {
        launch.launcher = "a PMIx launcher";
        launch.evidence = fmt::format("PMIX_RANK={}", environment("PMIX_RANK"));
        launch.index = number(environment("PMIX_RANK"));
    }
    return launch;
}

void refuse_before_start(const Launch& launch) {
    if (launch.keeps_survivors && !launch.recovers) {
        core::fail(
            core::Failure::usage,
            "`mpirun --enable-recovery` returns 0 however a run ends, and waits for ranks that are dead: leave it "
            "out, or start with launch/run, which goes on without lost ranks and returns how the run ended");
    }
    // Open MPI would end the process here by itself, every task with a page of its own.
    if (launch.launcher != "srun" || launch.has_pmix || launch.evidence.starts_with("PMI_")) return;
    if (!launch.is_one_of_several()) return;
    core::fail(core::Failure::usage,
               "srun started {} tasks ({}) that cannot find each other as ranks of one MPI job: {}", *launch.processes,
               launch.evidence, srun_fix);
}

void refuse_lonely_world(const Launch& launch, int world_size) {
    const int others = launch.index.value_or(0);
    if (world_size > 1 || (launch.processes.value_or(1) <= 1 && others == 0)) return;
    const char* fix = "start it with the `mpirun` of the Open MPI it was built with";
    if (launch.launcher == "srun") fix = srun_fix;
    core::fail(core::Failure::usage,
               "{} started several processes ({}), but each of them is an MPI world of its own and would do the whole "
               "work: {}",
               launch.launcher, launch.evidence, fix);
}

}  // namespace ensemble::comm
