#include "members.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <numbers>
#include <utility>

#include "cluster.hpp"
#include "core/buffer.hpp"

namespace simulation {
namespace {

constexpr std::size_t classes = 10;

/// A draw of (seed, index), spread evenly over 64 bits (splitmix64).
std::uint64_t draw(std::uint64_t seed, std::uint64_t index) {
    std::uint64_t z = seed * 0x9E3779B97F4A7C15ULL + (index + 1) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
}

/// In [0, 1).
double fraction(std::uint64_t bits) {
    return static_cast<double>(bits >> 11U) * 0x1p-53;
}

class Sleeper final : public run::Trainee {
public:
    Sleeper(const run::Experiment& experiment, std::uint32_t member, double seconds, double piece_s)
        : experiment_(experiment), seconds_(seconds), piece_s_(piece_s) {
        state_.member = member;
    }

    const train::MemberState& state() const override { return state_; }
    bool is_trained() const override { return state_.finished; }
    double progress() const override { return spent_s_ / seconds_; }
    double running_loss() const override { return 1; }
    void set_aside(std::string why) override { state_.quarantine = std::move(why); }

    std::optional<train::EpochRecord> train() override {
        const auto epochs = experiment_.options().training.epochs;
        const double end_s = seconds_ * (state_.epoch + 1) / static_cast<double>(epochs);
        const double piece_s = std::min(piece_s_, end_s - spent_s_);
        compute(piece_s);
        spent_s_ += piece_s;
        if (spent_s_ < end_s * (1 - 1e-12)) return std::nullopt;
        spent_s_ = end_s;
        ++state_.epoch;
        state_.finished = state_.epoch == epochs;
        const double accuracy = 0.9 + 0.1 * fraction(draw(3, state_.member));
        state_.history.push_back({.member = state_.member,
                                  .epoch = state_.epoch,
                                  .train_loss = 1,
                                  .validation_loss = 1,
                                  .validation_accuracy = accuracy});
        state_.train_seconds = spent_s_;
        return state_.history.back();
    }

    void predict(std::size_t first, std::span<float> probabilities) override {
        constexpr double right = 0.95;
        for (std::size_t row = 0; row * classes < probabilities.size(); ++row) {
            const std::uint64_t bits = draw(state_.member + 10, first + row);
            const auto label = static_cast<std::size_t>(experiment_.test_labels()[first + row]);
            const std::size_t chosen = fraction(bits) < right ? label : bits % classes;
            const auto most = static_cast<float>(0.5 + 0.4 * fraction(draw(bits, 1)));
            const auto out = probabilities.subspan(row * classes, classes);
            std::ranges::fill(out, (1.0F - most) / (classes - 1));
            out[chosen] = most;
        }
    }

private:
    const run::Experiment& experiment_;
    double seconds_;
    double piece_s_;
    double spent_s_ = 0;
    train::MemberState state_;
};

data::Table table(std::size_t rows) {
    const auto features = std::make_shared<core::Buffer<std::uint8_t>>(rows);
    const auto labels = std::make_shared<core::Buffer<std::int32_t>>(rows);
    for (std::size_t row = 0; row < rows; ++row) {
        (*features)[row] = static_cast<std::uint8_t>(row % 251);
        (*labels)[row] = static_cast<std::int32_t>(row % classes);
    }
    const data::Description description{.element = data::Element::u8, .shape = {1}, .rows = rows, .outputs = classes};
    return {description,
            {features, std::as_bytes(std::span<const std::uint8_t>(*features))},
            {labels, std::as_bytes(std::span<const std::int32_t>(*labels))}};
}

}  // namespace

std::vector<double> lengths(const Lengths& given, std::size_t members) {
    std::vector<double> seconds(members);
    for (std::size_t i = 0; i < members; ++i) {
        seconds[i] = given.mean_s * (1 + given.spread * (2 * fraction(draw(given.seed, i)) - 1));
    }
    if (!given.longest_first) return seconds;
    std::vector<std::pair<double, double>> expected;  // and true
    for (std::size_t i = 0; i < members; ++i) {
        // A normal draw, by Box and Muller.
        const double radius = std::sqrt(-2 * std::log(1 - fraction(draw(given.seed + 1, i))));
        const double angle = 2 * std::numbers::pi * fraction(draw(given.seed + 2, i));
        expected.emplace_back(seconds[i] * std::exp(given.error * radius * std::cos(angle)), seconds[i]);
    }
    std::ranges::stable_sort(expected, std::greater<>(), &std::pair<double, double>::first);
    std::ranges::transform(expected, seconds.begin(), &std::pair<double, double>::second);
    return seconds;
}

data::Source table_of(std::size_t items) {
    constexpr std::size_t shown = 100;
    return {.name = "simulated", .sha256 = "", .train = table(shown), .test = table(items)};
}

run::Trainees sleepers(const run::Experiment& experiment, const std::vector<double>& seconds, double piece_s) {
    return [&experiment, &seconds, piece_s](std::uint32_t member, const std::optional<train::MemberState>& kept) {
        auto sleeper = std::make_unique<Sleeper>(experiment, member, kept ? 1e-3 : seconds.at(member), piece_s);
        return sleeper;
    };
}

}  // namespace simulation
