#pragma once

#include <cstddef>
#include <functional>

namespace ensemble::report {

/// Where this process's words are read, as far as it matters for how they are written.
struct Terminal {
    bool live = false;         ///< a person's terminal, whose lines can be written over; otherwise a log
    std::size_t columns = 80;  ///< of a live one
    std::size_t rows = 24;
    bool color = false;
    bool utf8 = false;
};

/// The value of an environment variable, or nullptr.
using Environment = std::function<const char*(const char*)>;

/// Looks at the environment and at the terminal that the output ends on. Under mpirun every rank's stdout looks like a
/// terminal, so the launcher's word (ENSEMBLE_TERMINAL=0 or 1) or else mpirun's own output decides.
/// `under_launcher`: this process is one of several, or was started by mpirun or srun.
[[nodiscard]] Terminal detect_terminal(const Environment& environment, bool under_launcher);

}  // namespace ensemble::report
