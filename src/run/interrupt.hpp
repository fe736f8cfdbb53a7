#pragma once

#include <string>

namespace ensemble::run {

/// Ends the process that the signal of this name reaches before it has anything to keep. Must not return.
using Leave = void (*)(const std::string& signal);

/// From now on the signals that ask for a stop (SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGXCPU) call `leave` on a thread of
/// their own; once note_signals() was called, or where `leave` is null, they leave a note that signal_received() finds,
/// and the process goes on. The second SIGTERM or SIGINT then ends it at once, whatever it is doing; what follows
/// within 200 ms is still the first. SIGHUP and SIGXCPU stay ignored where they are when this is called (nohup). A
/// process that mpirun or the like has started also gets SIGTERM when that dies, so that no rank stays behind. Local;
/// throws std::system_error if no thread can be started. REQUIRES: no other thread has been started.
///
/// No handler ever runs on a thread that trains: oneDNN's kernels use the stack pointer as just another register, so
/// what the system puts "on the stack" for a handler would land in the middle of their data.
void watch_for_signals(Leave leave = nullptr);

/// From now on there is something to keep: signals are noted. Local.
void note_signals();

/// The name of the signal that asks for a stop, such as "SIGTERM"; empty if none came. Cheap enough for every batch.
[[nodiscard]] std::string signal_received();

/// As if no signal had come yet.
void forget_signals();

}  // namespace ensemble::run
