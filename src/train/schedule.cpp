#include "train/schedule.hpp"

#include <cmath>
#include <numbers>

namespace ensemble::train {
namespace {

constexpr double warm_up_share = 0.3;
constexpr double start_divisor = 25;
constexpr double end_divisor = 250'000;

/// From `begin` to `end` along half a cosine; `share` in [0, 1].
double anneal(double begin, double end, double share) {
    return end + (begin - end) * 0.5 * (1 + std::cos(std::numbers::pi * share));
}

}  // namespace

double learning_rate(const Hyperparameters& hyperparameters, std::uint64_t update, std::uint64_t total,
                     std::uint32_t epoch) {
    const double peak = hyperparameters.learning_rate;
    const double share = static_cast<double>(update) / static_cast<double>(total);
    switch (hyperparameters.schedule) {
        case ScheduleKind::constant:
            return peak;
        case ScheduleKind::step: {
            const std::size_t drops = epoch / hyperparameters.schedule_step;
            return peak * std::pow(hyperparameters.schedule_factor, static_cast<double>(drops));
        }
        case ScheduleKind::cosine:
            return anneal(peak, 0, share);
        case ScheduleKind::one_cycle:
            return share < warm_up_share
                       ? anneal(peak / start_divisor, peak, share / warm_up_share)
                       : anneal(peak, peak / end_divisor, (share - warm_up_share) / (1 - warm_up_share));
    }
    return peak;
}

}  // namespace ensemble::train
