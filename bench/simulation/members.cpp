#include "members.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "cluster.hpp"
#include "core/buffer.hpp"
#include "core/random.hpp"

namespace ensemble::simulation {
namespace {

constexpr std::size_t classes = 10;

/// What the simulation draws for member `member`; `what` tells its streams apart.
core::RandomStream draws(std::uint64_t seed, std::uint32_t member, std::uint32_t what) {
    return core::RandomStream({.seed = seed, .member = member, .purpose = core::Purpose::data, .step = what});
}

class Sleeper final : public schedule::MemberTraining {
public:
    Sleeper(const config::Experiment& experiment, std::uint32_t member, double seconds, double piece_s)
        : spec_(experiment.member(member)), seconds_(seconds), piece_s_(piece_s) {
        state_.member = member;
    }

    const train::MemberSpec& spec() const override { return spec_; }
    const train::MemberState& state() const override { return state_; }
    bool is_trained() const override { return state_.finished; }
    double progress() const override { return spent_s_ / seconds_; }
    double running_loss() const override { return 1; }
    void exclude(std::string why) override { state_.excluded = std::move(why); }

    std::optional<train::EpochRecord> train() override {
        const auto epochs = spec_.training.epochs;
        const double end_s = seconds_ * (state_.epoch + 1) / static_cast<double>(epochs);
        const double piece_s = std::min(piece_s_, end_s - spent_s_);
        compute(piece_s);
        spent_s_ += piece_s;
        if (spent_s_ < end_s * (1 - 1e-12)) return std::nullopt;
        spent_s_ = end_s;
        ++state_.epoch;
        state_.finished = state_.epoch == epochs;
        const double accuracy = draws(1, state_.member, 1).uniform(0.9, 1.0);
        state_.history.push_back({.member = state_.member,
                                  .epoch = state_.epoch,
                                  .train_loss = 1,
                                  .validation_loss = 1,
                                  .validation_score = accuracy});
        state_.train_seconds = spent_s_;
        return state_.history.back();
    }

    void predict(const data::View& rows, std::span<float> predictions) override {
        predict_rows(state_.member, rows, predictions);
    }

private:
    train::MemberSpec spec_;
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

void predict_rows(std::uint32_t member, const data::View& rows, std::span<float> predictions) {
    constexpr double right = 0.95;
    constexpr std::uint32_t blocks_per_row = 2;  // of the stream, so that a row has the same draws in any piece
    core::RandomStream random = draws(1, member, 2);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        random.seek(rows.rows[i] * blocks_per_row);
        const auto label = static_cast<std::size_t>(rows.table->labels()[rows.rows[i]]);
        const std::size_t chosen = random.uniform() < right ? label : random.below(classes);
        const auto most = static_cast<float>(random.uniform(0.5, 0.9));
        const auto out = predictions.subspan(i * classes, classes);
        std::ranges::fill(out, (1.0F - most) / (classes - 1));
        out[chosen] = most;
    }
}

Drawn draw(const Lengths& given, std::size_t members) {
    Drawn drawn;
    for (std::size_t member = 0; member < members; ++member) {
        core::RandomStream random = draws(given.seed, static_cast<std::uint32_t>(member), 0);
        const double seconds = given.mean_s * random.uniform(1 - given.spread, 1 + given.spread);
        drawn.seconds.push_back(seconds);
        if (given.expected) drawn.work.push_back({.whole = seconds * std::exp(given.error * random.normal())});
    }
    return drawn;
}

data::Source table_of(std::size_t items) {
    constexpr std::size_t shown = 100;
    return {.name = "simulated", .sha256 = "", .train = table(shown), .test = table(items)};
}

schedule::MakeTraining sleepers(const config::Experiment& experiment, const std::vector<double>& seconds,
                                double piece_s) {
    return [&experiment, &seconds, piece_s](std::uint32_t member, const std::optional<train::MemberState>& kept) {
        auto sleeper = std::make_unique<Sleeper>(experiment, member, kept ? 1e-3 : seconds.at(member), piece_s);
        return sleeper;
    };
}

}  // namespace ensemble::simulation
