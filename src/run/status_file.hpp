#pragma once

namespace run {

/// For whoever started this run: writes "CODE" to the file that the environment variable ENSEMBLE_STATUS_FILE names, if
/// there is one, or "CODE again" where the same command with --resume may well succeed (ranks were lost, say). What
/// mpirun returns tells less: it may be killed, wait for ranks that are gone, or return 0 after some were lost.
/// A file that cannot be written is no error. Root only.
void leave_status(int exit_code, bool try_again = false) noexcept;

}  // namespace run
