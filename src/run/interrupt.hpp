#pragma once

#include <string>

namespace run {

/// From now on SIGTERM, SIGINT and SIGUSR1 only leave a note that stop_requested() finds; the process goes on. The
/// second SIGTERM or SIGINT ends it at once, as if nobody had watched. Local.
void watch_for_signals();

/// The name of the first signal that came, such as "SIGTERM"; empty if none did. Cheap enough for every batch.
[[nodiscard]] std::string signal_received();

/// As if no signal had come yet.
void forget_signals();

}  // namespace run
