#include "run/page_files.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <numeric>
#include <span>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "data/augmentation.hpp"
#include "report/page.hpp"
#include "run/page_extras.hpp"
#include "store/file.hpp"

namespace ensemble::run {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_examples = 16;  ///< of each kind

/// What the page says of test rows is of this combination, so that it needs the same rows whichever is chosen.
constexpr std::size_t shown_combination = 0;

/// Places among the test rows.
struct ExampleRows {
    std::vector<std::size_t> uncertain;  ///< of the largest entropy, the largest first
    std::vector<std::size_t> wrong;      ///< wrong with the largest probability, the largest first
};

std::size_t chosen_of(const analysis::Analysis& analysis, std::size_t row) {
    const analysis::Study& study = analysis.study();
    return static_cast<std::size_t>(analysis.rows(study.test).combined.at(shown_combination).chosen[row]);
}

double probability_of(const analysis::Analysis& analysis, std::size_t row) {
    const analysis::Study& study = analysis.study();
    const auto& predictions = analysis.rows(study.test).combined.at(shown_combination).predictions;
    return double{predictions[row * study.width() + chosen_of(analysis, row)]};
}

/// The first measure of uncertainty of classes is the entropy of the mean.
double entropy_of(const analysis::Analysis& analysis, std::size_t row) {
    const analysis::RowResults& rows = analysis.rows(analysis.study().test);
    return double{rows.uncertainty[row * (rows.uncertainty.size() / rows.rows)]};
}

ExampleRows example_rows(const analysis::Analysis& analysis) {
    const analysis::Study& study = analysis.study();
    const task::Truth truth = analysis.truth(study.test);
    ExampleRows examples;
    for (std::size_t row = 0; row < analysis.rows(study.test).rows; ++row) {
        examples.uncertain.push_back(row);
        if (chosen_of(analysis, row) != static_cast<std::size_t>(truth.labels[row])) examples.wrong.push_back(row);
    }
    std::ranges::stable_sort(examples.uncertain, std::ranges::greater(),
                             [&](std::size_t row) { return entropy_of(analysis, row); });
    std::ranges::stable_sort(examples.wrong, std::ranges::greater(),
                             [&](std::size_t row) { return probability_of(analysis, row); });
    examples.uncertain.resize(std::min(examples.uncertain.size(), most_examples));
    examples.wrong.resize(std::min(examples.wrong.size(), most_examples));
    return examples;
}

/// Empty where there is no such file.
std::string text_if_there(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The rows that were saved, with what the run says of them; nothing where none were.
std::optional<report::Examples> examples_of(const store::Summary& summary, const analysis::Analysis& analysis,
                                            const store::RunDirectory& directory) {
    const std::string text = text_if_there(directory.examples());
    if (text.empty()) return std::nullopt;
    try {
        const Json json = Json::parse(text);
        report::Examples examples{
            .width = json.at("width"), .height = json.at("height"), .channels = json.at("channels")};
        const task::Truth truth = analysis.truth(analysis.study().test);
        const auto add = [&](const std::vector<std::size_t>& rows, std::vector<report::Example>& list) {
            for (const std::size_t row : rows) {
                const Json& saved = json.at("rows").at(std::to_string(row));
                list.push_back({.row = saved.at("row"),
                                .truth = summary.data.class_name(static_cast<std::size_t>(truth.labels[row])),
                                .prediction = summary.data.class_name(chosen_of(analysis, row)),
                                .probability = probability_of(analysis, row),
                                .entropy = entropy_of(analysis, row),
                                .pixels = saved.at("pixels")});
            }
        };
        const ExampleRows rows = example_rows(analysis);
        add(rows.uncertain, examples.uncertain);
        add(rows.wrong, examples.wrong);
        return examples;
    } catch (const nlohmann::json::exception& error) {
        core::fail(core::Failure::data, "'{}' is damaged: {}", directory.examples().string(), error.what());
    }
}

/// Of each target some of the rows, evenly spaced.
std::vector<report::Scatter> scatters_of(const store::Summary& summary, const analysis::Analysis& analysis) {
    constexpr std::size_t most_rows = 500;
    constexpr double level = 0.95;
    constexpr double quantile = 1.959963984540054;  // of the standard normal distribution, 0.975
    const analysis::Study& study = analysis.study();
    const std::size_t rows = analysis.rows(study.test).rows;
    const std::vector<float>& predictions = analysis.rows(study.test).combined.at(summary.combine).predictions;
    const task::Truth truth = analysis.truth(study.test);
    std::vector<report::Scatter> scatters;
    for (std::size_t target = 0; target < study.targets; ++target) {
        report::Scatter scatter{.target = summary.data.target_names.at(target), .level = level, .rows = rows};
        const std::size_t shown = std::min(rows, most_rows);
        for (std::size_t i = 0; i < shown; ++i) {
            const std::size_t row = i * rows / shown;
            const double mean = double{predictions[row * study.width() + 2 * target]};
            const double half = quantile * std::sqrt(double{predictions[row * study.width() + 2 * target + 1]});
            scatter.sample.push_back({.row = row,
                                      .truth = double{truth.numbers[row * study.targets + target]},
                                      .mean = mean,
                                      .low = mean - half,
                                      .high = mean + half});
        }
        scatters.push_back(std::move(scatter));
    }
    return scatters;
}

}  // namespace

void write_examples(const config::Experiment& experiment, const analysis::Analysis& analysis,
                    const store::RunDirectory& directory) {
    const data::View& test = experiment.test_set().rows;
    const core::Shape& shape = test.table->shape();
    const bool are_images = experiment.task().kind == task::Kind::classification && data::is_image(shape) &&
                            test.table->description().element == data::Element::u8;
    if (!are_images) return;
    const std::size_t channels = shape.rank() == 3 ? shape[2] : 1;
    if (channels != 1 && channels != 3) return;
    Json json{{"width", shape[1]}, {"height", shape[0]}, {"channels", channels}, {"rows", Json::object()}};
    const ExampleRows examples = example_rows(analysis);
    for (const auto& rows : {examples.uncertain, examples.wrong}) {
        for (const std::size_t row : rows) {
            const std::size_t number = test.rows[row];
            const auto bytes = test.table->feature_bytes().subspan(number * shape.elements(), shape.elements());
            Json pixels = Json::array();
            for (const std::byte byte : bytes) pixels.push_back(std::to_integer<unsigned>(byte));
            json["rows"][std::to_string(row)] = {{"row", number}, {"pixels", std::move(pixels)}};
        }
    }
    store::write_file_atomically(directory.examples(), json.dump() + "\n");
}

void write_page(const store::Summary& summary, const std::string& text, const analysis::Analysis& analysis,
                const store::RunDirectory& directory) {
    report::Extras extras;
    if (summary.task->kind == task::Kind::classification) {
        extras.examples = examples_of(summary, analysis, directory);
    } else {
        extras.scatters = scatters_of(summary, analysis);
    }
    extras.regions = read_regions(summary, analysis, directory);
    extras.importance = importance_of(summary);
    const auto json = nlohmann::ordered_json::parse(text);
    const std::string history = text_if_there(directory.history());
    const std::string timeline = text_if_there(directory.timeline());
    store::write_file_atomically(
        directory.page(), report::page({.summary = json, .history = history, .timeline = timeline, .extras = extras}));
}

}  // namespace ensemble::run
