#pragma once

#include <string>
#include <string_view>

namespace ensemble::comm {

/// For whoever started this run: writes "CODE" to the file that the environment variable ENSEMBLE_STATUS_FILE names, if
/// there is one, or "CODE again" where the same command with --resume may well succeed (ranks were lost, say). What
/// mpirun returns tells less: it may be killed, wait for ranks that are gone, or return 0 after some were lost.
/// A file that cannot be written is no error. Root only.
void leave_status(int exit_code, bool try_again = false) noexcept;

/// What asked for the stop of which `signal` tells: launch/run has mpirun pass on SIGUSR1 for each, and leaves the name
/// of the one that it got itself beside the status file. `signal` where nothing is there, as on other hosts.
[[nodiscard]] std::string asked_by(const std::string& signal);

enum class Voice { speaks, silent };

/// Ends this process with exit code 4 where nothing else can: another of its threads is in a call of MPI that waits for
/// ever. Of the processes that leave for the same reason one speaks: it leaves the status "4 again" and says why on
/// stderr, unless there is a status already: then the root, or another such process, has spoken.
[[noreturn]] void give_up(std::string_view why, Voice voice) noexcept;

}  // namespace ensemble::comm
