#include "run/ensemble_events.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "data/augmentation.hpp"

namespace ensemble::run {
namespace {

constexpr std::size_t most_samples = 16;

/// The channels of images that can be shown; 0 where rows are no images, or others.
std::size_t shown_channels(const config::Experiment& experiment) {
    const core::Shape& shape = experiment.source().train.shape();
    const bool ragged = experiment.source().train.description().ragged;
    if (experiment.options().preprocessing.sequence || ragged || !data::is_image(shape)) return 0;
    const std::size_t channels = shape.rank() == 2 ? 1 : shape[2];
    return channels == 1 || channels == 3 ? channels : 0;
}

/// What is to be learnt of a training row: "row 17: seven".
std::string caption_of(const config::Experiment& experiment, std::uint32_t row) {
    const data::Source& source = experiment.source();
    if (experiment.task().kind != task::Kind::classification)
        return fmt::format("row {}: {}", row, source.train.targets()[row * experiment.targets()]);
    const auto label = static_cast<std::size_t>(source.train.labels()[row]);
    return fmt::format("row {}: {}", row,
                       source.class_names.empty() ? fmt::format("{}", label) : source.class_names.at(label));
}

}  // namespace

EnsembleEvents::EnsembleEvents(const config::Experiment& experiment, const store::RunDirectory& directory)
    : experiment_(experiment),
      writer_(directory.tensorboard() / "ensemble", std::numeric_limits<std::int64_t>::max(), system_) {}

void EnsembleEvents::write_samples() {
    const std::size_t channels = shown_channels(experiment_);
    if (channels == 0) return;
    const data::Table& table = experiment_.source().train;
    const std::vector<std::uint32_t>& training = experiment_.split().train;
    const auto rows = std::span(training).first(std::min(most_samples, training.size()));
    const std::size_t size = table.shape().elements();
    std::vector<float> numbers(rows.size() * size);
    table.gather(rows, numbers.data(), size);
    const auto [least, most] = std::ranges::minmax(numbers);
    const float scale = most > least ? 255.0F / (most - least) : 0.0F;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        store::Picture picture{.height = table.shape()[0],
                               .width = table.shape()[1],
                               .channels = channels,
                               .pixels = std::vector<std::uint8_t>(size)};
        std::ranges::transform(std::span(numbers).subspan(i * size, size), picture.pixels.begin(), [&](float number) {
            return static_cast<std::uint8_t>(std::lround((number - least) * scale));
        });
        writer_.add_image(fmt::format("samples/{:02}", i), picture, caption_of(experiment_, rows[i]));
    }
    writer_.write(0);
}

void EnsembleEvents::write_scores(const store::Summary& summary) {
    const auto add = [&](const std::string& group, const task::Scores& scores) {
        for (std::size_t i = 0; i < scores.size(); ++i) {
            // A metric without a value, as a rank correlation of a single class.
            if (std::isfinite(scores[i]))
                writer_.add_scalar(fmt::format("{}/{}", group, experiment_.task().metrics()[i].name), scores[i]);
        }
    };
    add("test", store::chosen(summary).scores);
    for (const analysis::CombinationResult& result : summary.ensemble.combinations)
        add(fmt::format("combinations/{}", result.combination->name), result.scores);
    std::uint32_t epochs = 0;
    for (const analysis::MemberResult& member : summary.members) epochs = std::max(epochs, member.epochs);
    writer_.write(epochs);
}

}  // namespace ensemble::run
