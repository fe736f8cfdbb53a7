#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "core/stopwatch.hpp"
#include "report/progress.hpp"
#include "report/terminal.hpp"

namespace ensemble::report {

/// Shows a run to whoever watches: on a terminal as lines that are written over, in a log as lines now and then.
/// The cursor is never hidden and stands on a line of its own, so a run that is interrupted leaves the terminal in
/// order.
class Display {
public:
    using Write = std::function<void(std::string_view)>;

    /// `write` gets finished pieces of output, UTF-8 if the terminal has it and ASCII if not.
    Display(const Terminal& terminal, Write write);

    /// True when it is time for the next update: a progress need not be made before.
    [[nodiscard]] bool is_due(double now_s) const noexcept { return now_s >= next_s_; }

    /// Shows `progress`, taken at `now_s` on a clock that starts with training.
    void update(const schedule::RunProgress& progress, double now_s);

    /// Writes lines that stay, without the last newline; on a terminal, long ones are broken between words.
    void line(std::string_view text);

    /// Takes the live lines away, for good if nothing more is updated.
    void clear();

private:
    [[nodiscard]] std::string encoded(std::string_view text) const;
    [[nodiscard]] std::string erase() const;

    Terminal terminal_;
    Write write_;
    std::size_t live_lines_ = 0;  ///< on the terminal now; the cursor stands below them
    double next_s_ = 0;
    double interval_s_ = 0;
};

}  // namespace ensemble::report
