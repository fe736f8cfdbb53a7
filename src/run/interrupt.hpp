#pragma once

#include <string>

namespace run {

/// From now on SIGTERM, SIGINT and SIGUSR1 only leave a note that signal_received() finds; the process goes on. The
/// second SIGTERM or SIGINT ends it at once, whatever it is doing. A process that mpirun or the like has started also
/// gets SIGTERM when that dies, so that no rank stays behind. Local. REQUIRES: no other thread has been started.
///
/// No handler ever runs on a thread that trains: oneDNN's kernels use the stack pointer as just another register, so
/// what the system puts "on the stack" for a handler would land in the middle of their data.
void watch_for_signals();

/// The name of the signal that asks for a stop, such as "SIGTERM"; empty if none came. Cheap enough for every batch.
[[nodiscard]] std::string signal_received();

/// From now on the first signal ends the process, and one that has come does so now: there is nothing to keep.
void end_at_first_signal();

/// As if no signal had come yet.
void forget_signals();

}  // namespace run
