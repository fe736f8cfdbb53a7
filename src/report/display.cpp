#include "report/display.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/printable.hpp"
#include "core/text.hpp"

namespace ensemble::report {
namespace {

constexpr double live_interval_s = 0.2;
constexpr double first_log_interval_s = 10;
constexpr double log_growth = 1.3;
constexpr double longest_log_interval_s = 600;

}  // namespace

Display::Display(const Terminal& terminal, Write write)
    : terminal_(terminal),
      write_(std::move(write)),
      next_s_(terminal.live ? 0 : first_log_interval_s),
      interval_s_(terminal.live ? live_interval_s : first_log_interval_s) {}

void Display::update(const schedule::RunProgress& progress, double now_s) {
    next_s_ = now_s + interval_s_;
    if (!terminal_.live) {
        interval_s_ = std::min(longest_log_interval_s, interval_s_ * log_growth);
        write_(encoded(fmt::format("{:>7}  {}\n", core::clock(now_s), log_line(progress))));
        return;
    }
    const std::vector<std::string> lines = live_lines(progress, terminal_);
    std::string block = erase();
    for (const std::string& line : lines) block += line + '\n';
    write_(encoded(block));
    live_lines_ = lines.size();
}

void Display::line(std::string_view text) {
    // Notes and announcements quote names of files and classes.
    const std::string safe = core::printable_lines(text);
    std::string block = erase();
    block += terminal_.live ? core::wrapped(safe, terminal_.columns) : safe;
    block += '\n';
    write_(encoded(block));
    live_lines_ = 0;
    if (terminal_.live) next_s_ = 0;
}

void Display::clear() {
    if (live_lines_ > 0) write_(erase());
    live_lines_ = 0;
}

std::string Display::erase() const {
    if (live_lines_ == 0) return "";
    // To the first live line, and away with everything below.
    return fmt::format("\r\x1b[{}A\x1b[J", live_lines_);
}

std::string Display::encoded(std::string_view text) const {
    return terminal_.utf8 ? std::string(text) : core::to_ascii(text);
}

}  // namespace ensemble::report
