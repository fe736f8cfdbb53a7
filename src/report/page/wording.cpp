#include "report/page/wording.hpp"

#include <algorithm>
#include <cctype>
#include <cmath>

#include "core/text.hpp"
#include "report/page/source.hpp"

namespace ensemble::report {
namespace {

constexpr const char* missing = "–";

std::string with_sign(double value, const std::string& size) {
    return (std::signbit(value) ? "−" : "+") + size;
}

}  // namespace

std::string shown(double value) {
    if (!std::isfinite(value)) return missing;
    const double size = std::abs(value);
    if (size == 0) return "0";
    std::string digits;
    if (size < 1e-4 || size >= 1e7) {
        digits = fmt::format("{:.2e}", size);
    } else {
        constexpr int significant = 4;
        const int place = static_cast<int>(std::floor(std::log10(size)));  // of the first digit, 0 before the point
        digits = fmt::format("{:.{}f}", size, std::clamp(significant - 1 - place, 0, 6));
    }
    return (value < 0 ? "−" : "") + digits;
}

std::string shown(const task::Metric& metric, double value) {
    if (!std::isfinite(value)) return missing;
    return metric.unit == task::Unit::share ? core::percent(value) : shown(value);
}

std::string shown_gain(const task::Metric& metric, double gain) {
    if (!std::isfinite(gain)) return missing;
    if (metric.unit != task::Unit::share) return with_sign(gain, shown(std::abs(gain)));
    return with_sign(gain, fmt::format("{:.2f} points", 100 * std::abs(gain)));
}

std::string shown_interval(const task::Metric& metric, const Json& interval) {
    const double low = number_of(at(interval, "0"));
    const double high = number_of(at(interval, "1"));
    if (!std::isfinite(low) || !std::isfinite(high)) return "";
    const auto end = [&](double value) {
        const bool share = metric.unit == task::Unit::share;
        return with_sign(value, share ? fmt::format("{:.2f}", 100 * std::abs(value)) : shown(std::abs(value)));
    };
    return end(low) + " to " + end(high);
}

std::string shown_p(double p) {
    if (!std::isfinite(p)) return "";
    if (p < 1e-4) return "p < 0.0001";
    return p < 0.01 ? fmt::format("p = {:.4f}", p) : fmt::format("p = {:.2f}", p);
}

std::string members_as_subject(std::size_t count) {
    std::string words = core::in_words(count);
    words.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(words.front())));
    return words + (count == 1 ? " member" : " members");
}

const task::Metric* find_metric(std::span<const task::Metric> metrics, std::string_view name) {
    const auto found = std::ranges::find(metrics, name, &task::Metric::name);
    return found == metrics.end() ? nullptr : &*found;
}

std::string heading(const task::Metric& metric) {
    return std::string(metric.title == "test" ? metric.name : metric.title);
}

}  // namespace ensemble::report
