#pragma once

#include <functional>
#include <optional>
#include <string>

namespace ensemble::comm {

/// Value of an environment variable, null if there is none; std::getenv outside tests.
using Environment = std::function<const char*(const char* name)>;

/// What the environment says about how this process was started.
struct Launch {
    std::string launcher;          ///< "mpirun", "srun", …; empty if none
    std::string evidence;          ///< "OMPI_COMM_WORLD_SIZE=8"
    std::optional<int> processes;  ///< started together, where the launcher tells
    std::optional<int> index;      ///< of this process among them, where the launcher tells
    bool keeps_survivors = false;  ///< ranks outlive one that dies; mpirun then returns 0 however they end
    bool recovers = false;         ///< and launch/run, which looks after that, wants the run to go on with them
    bool has_pmix = false;         ///< a PMIx server is at hand, through which Open MPI finds its ranks

    /// Whether there may be other ranks, so that MPI has to be asked.
    [[nodiscard]] bool is_one_of_several() const noexcept { return !launcher.empty() && processes.value_or(2) > 1; }
};

[[nodiscard]] Launch detect_launch(const Environment& environment);

/// Throws core::Error (usage) if nobody could learn how this process ends, or if MPI cannot work here: no way for
/// srun's tasks to find each other.
void refuse_before_start(const Launch& launch);

/// Throws core::Error (usage) if `world_size` ranks contradict what the launcher says.
void refuse_lonely_world(const Launch& launch, int world_size);

}  // namespace ensemble::comm
