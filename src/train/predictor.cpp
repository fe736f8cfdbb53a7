#include "train/predictor.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "core/contract.hpp"
#include "train/batch_truth.hpp"
#include "train/hidden_features.hpp"

namespace ensemble::train {

Weights weights_of(const MemberState& state) {
    return {predicting_parameters(state), predicting_statistics(state)};
}

Predictor::Predictor(const model::Network& network, PredictorSetup setup)
    : task_(setup.task),
      scale_(std::move(setup.scale)),
      buffer_size_(network.buffer_size()),
      precision_(setup.precision),
      statistics_(network.statistics_size()),
      pool_(setup.pool),
      hidden_features_(std::move(setup.hidden_features)),
      masks_(setup.masks) {
    for (std::size_t thread = 0; thread < (pool_ == nullptr ? 1 : pool_->size()); ++thread) {
        programs_.emplace_back(network, batch, model::Program::Purpose::inference, precision_);
        streams_.emplace_back();
    }
    if (setup.hurries_few_rows) try_few_rows(network);
}

/// Makes programs for few rows, and keeps those that give the bits of a batch: tried with numbers that no sum of a few
/// rounds alike.
void Predictor::try_few_rows(const model::Network& network) {
    core::Buffer<float> parameters(network.buffer_size());
    model::initialise(network, model::Initialiser::normal, 1, 0, parameters);
    // Sums of so many that activations neither die nor saturate.
    for (float& value : parameters) value *= 0.1F;
    core::Buffer<float> statistics(network.statistics_size());
    model::initialise_statistics(network, statistics);
    const model::Pass pass{.mode = model::Mode::evaluate, .random = std::nullopt, .statistics = statistics.data()};
    const auto answer = [&](model::Program& program, std::size_t first) {
        const compute::Rows input = program.input();
        for (std::size_t row = 0; row < input.count; ++row) {
            core::RandomStream stream(
                {.seed = 1, .purpose = core::Purpose::evaluate, .epoch = static_cast<std::uint32_t>(first + row)});
            for (float& value : input[row]) value = static_cast<float>(2 * stream.uniform() - 1);
        }
        program.forward(parameters.data(), pass);
        return program.output();
    };
    const compute::Rows expected = answer(programs_.front(), 0);
    for (const std::size_t rows : few_rows) {
        model::Program few(network, rows, model::Program::Purpose::inference, precision_);
        bool is_same = true;
        for (std::size_t first = 0; first < batch && is_same; first += rows) {
            const compute::Rows found = answer(few, first);
            for (std::size_t row = 0; row < rows; ++row) {
                const auto own = found[row];
                is_same = is_same && std::memcmp(own.data(), expected[first + row].data(), own.size_bytes()) == 0;
            }
        }
        if (is_same) few_.push_back(std::move(few));
    }
}

/// The smallest that takes so many.
model::Program& Predictor::program_for(std::size_t thread, std::size_t rows) {
    if (thread == 0) {
        for (model::Program& few : few_) {
            if (rows <= few.rows()) return few;
        }
    }
    return programs_[thread];
}

void Predictor::use_views(const model::Network& network, const TestViews& views) {
    core::require(views.count > 0, "an image is seen at least once");
    views_ = views.count;
    distortions_ = {.seed = views.seed, .member = views.member, .purpose = core::Purpose::test_views};
    augmenters_.clear();
    if (views_ == 1) return;
    augmenters_.resize(programs_.size(), {views.augmentation, network.input(), 1, views.background});
}

/// Writes a batch to a program. The last one may be short: zeros behind it, so that nothing old is computed on.
void Predictor::load(std::size_t thread, model::Program& program, std::span<const std::uint32_t> rows,
                     const data::View& view, std::size_t distortion) {
    compute::Rows input = program.input();
    view.gather(rows, input.data, input.stride);
    input.count = rows.size();
    if (distortion > 0) {
        core::StreamKey key = distortions_;
        key.step = static_cast<std::uint32_t>(distortion);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            key.epoch = rows[i];
            augmenters_[thread].apply(core::RandomStream(key), 1, input[i].data(), input.stride);
        }
    }
    hide(hidden_features_, input);
    std::fill(input.data + rows.size() * input.stride, input.data + program.rows() * input.stride, 0.0F);
}

/// How a program runs over `rows`: with the masks of each, where dropout is left on.
model::Pass Predictor::pass_over(std::size_t thread, std::size_t size, std::span<const std::uint32_t> rows) {
    const compute::Bfloat16* const narrow = narrow_.empty() ? nullptr : narrow_.data();
    if (!masks_) {
        return {.mode = model::Mode::evaluate,
                .random = std::nullopt,
                .statistics = statistics_.data(),
                .narrow_parameters = narrow};
    }
    std::vector<core::RandomStream>& streams = streams_[thread];
    streams.clear();
    core::StreamKey key = *masks_;
    for (std::size_t i = 0; i < size; ++i) {
        key.epoch = rows[std::min(i, rows.size() - 1)];
        streams.emplace_back(key);
    }
    return {.mode = model::Mode::evaluate_with_dropout,
            .random = std::nullopt,
            .row_streams = streams,
            .statistics = statistics_.data(),
            .narrow_parameters = narrow};
}

template <class Use>
void Predictor::run(const Weights& weights, const data::View& view, std::size_t distortion, const Use& use) {
    core::require(weights.parameters.size() == buffer_size_ && weights.statistics.size() == statistics_.size(),
                  "weights belong to the network");
    std::ranges::copy(weights.statistics, statistics_.begin());
    if (precision_ == compute::Precision::bf16) {
        narrow_.resize(buffer_size_);
        compute::narrow(weights.parameters, narrow_);
    }
    const std::size_t batches = (view.size() + batch - 1) / batch;
    const auto part = [&](std::size_t who) {
        for (std::size_t number = who; number < batches; number += programs_.size()) {
            const std::size_t first = number * batch;
            const auto rows = view.rows.subspan(first, std::min(batch, view.size() - first));
            model::Program& program = program_for(who, rows.size());
            load(who, program, rows, view, distortion);
            program.forward(weights.parameters.data(), pass_over(who, program.rows(), rows));
            compute::Rows output = program.output();
            output.count = rows.size();
            use(number, rows, output);
        }
    };
    if (programs_.size() == 1 || batches == 1) return part(0);
    pool_->run(part);
}

const task::Task& Predictor::task_of(const data::View& view) const {
    return task_ != nullptr ? *task_ : task::standard_task(view.table->description().task);
}

void Predictor::predict(const Weights& weights, const data::View& view, std::span<float> out) {
    const task::Task& task = task_of(view);
    const std::size_t width = task.predicted_width(view.table->outputs());
    core::require(out.size() == view.size() * width, "there is room for what is predicted of every row");
    std::vector<float> later(views_ > 1 ? out.size() : 0);
    for (std::size_t seen = 0; seen < views_; ++seen) {
        const std::span<float> predictions = seen == 0 ? out : std::span<float>(later);
        run(weights, view, seen, [&](std::size_t number, std::span<const std::uint32_t>, const compute::Rows& output) {
            task.predict(output, scale_, predictions.subspan(number * batch * width, output.count * width));
        });
        if (seen == 0) continue;
        for (std::size_t i = 0; i < out.size(); ++i) out[i] += later[i];
    }
    if (views_ == 1) return;
    const float share = 1.0F / static_cast<float>(views_);
    for (float& value : out) value *= share;
}

Predictor::Evaluation Predictor::evaluate(const Weights& weights, const data::View& view, const RowWeights& counts) {
    const task::Task& task = task_of(view);
    // Of each batch alone, so that their sum has one order.
    const std::size_t batches = (view.size() + batch - 1) / batch;
    const std::size_t questions = task.questions(view.table->outputs());
    std::vector<double> losses(batches);
    std::vector<double> watched(batches * questions);
    run(weights, view, 0, [&](std::size_t number, std::span<const std::uint32_t> rows, const compute::Rows& output) {
        BatchTruth truth;
        truth.select(*view.table, rows, scale_, counts);
        losses[number] = task.loss(output, truth.truth(), nullptr, 0);
        task.add_watched(output, truth.truth(), scale_, std::span(watched).subspan(number * questions, questions));
    });
    std::vector<double> sums(questions);
    for (std::size_t i = 0; i < watched.size(); ++i) sums[i % questions] += watched[i];
    const double loss = std::accumulate(losses.begin(), losses.end(), 0.0);
    auto all = static_cast<double>(view.size());
    if (!counts.all_the_same()) {
        all = 0;
        for (const std::uint32_t row : view.rows) all += counts.of(row);
    }
    return {.loss = loss / all, .score = task.watched(sums, view.size())};
}

std::optional<core::StreamKey> evaluation_masks(const Hyperparameters& hyperparameters, std::uint64_t seed,
                                                std::uint32_t member) {
    if (!hyperparameters.evaluate_with_dropout) return std::nullopt;
    return core::StreamKey{.seed = seed, .member = member, .purpose = core::Purpose::evaluate};
}

}  // namespace ensemble::train
