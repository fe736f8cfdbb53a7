#include "run/page_files.hpp"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <vector>

#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "report/page.hpp"
#include "run/page_examples.hpp"
#include "run/page_extras.hpp"
#include "store/file.hpp"
#include "store/npy.hpp"

namespace ensemble::run {
namespace {

/// Empty where there is no such file.
std::string text_if_there(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// Of each target some of the test rows, evenly spaced, under their places in the data.
std::vector<report::Scatter> scatters_of(const store::Summary& summary, const analysis::Analysis& analysis,
                                         const store::RunDirectory& directory) {
    constexpr std::size_t most_rows = 500;
    constexpr double level = 0.95;
    constexpr double quantile = 1.959963984540054;  // of the standard normal distribution, 0.975
    const analysis::Study& study = analysis.study();
    const std::size_t rows = analysis.rows(study.test).rows;
    const std::vector<float>& predictions = analysis.rows(study.test).combined.at(summary.combine).predictions;
    const task::Truth truth = analysis.truth(study.test);
    const std::filesystem::path file = directory.evaluation_set(study.sets.at(study.test)->name) / "rows.npy";
    const std::string bytes = text_if_there(file);
    const std::vector<std::int64_t> places = store::row_list_from_npy(std::as_bytes(std::span(bytes)), file.string());
    if (places.size() != rows)
        core::fail(core::Failure::data, "{}: holds {} rows, not {}", file.string(), places.size(), rows);
    std::vector<report::Scatter> scatters;
    for (std::size_t target = 0; target < study.targets; ++target) {
        report::Scatter scatter{.target = summary.data.target_names.at(target), .level = level, .rows = rows};
        const std::size_t shown = std::min(rows, most_rows);
        for (std::size_t i = 0; i < shown; ++i) {
            const std::size_t row = i * rows / shown;
            const double mean = double{predictions[row * study.width() + 2 * target]};
            const double half = quantile * std::sqrt(double{predictions[row * study.width() + 2 * target + 1]});
            scatter.sample.push_back({.row = static_cast<std::uint64_t>(places.at(row)),
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

void write_page(const store::Summary& summary, const std::string& text, const analysis::Analysis& analysis,
                const store::RunDirectory& directory) {
    report::Extras extras;
    extras.examples = read_examples(summary, analysis, directory);
    if (summary.task->kind == task::Kind::regression) extras.scatters = scatters_of(summary, analysis, directory);
    extras.regions = read_regions(summary, analysis, directory);
    extras.importance = importance_of(summary);
    const auto json = nlohmann::ordered_json::parse(text);
    const std::string history = text_if_there(directory.history());
    const std::string timeline = text_if_there(directory.timeline());
    store::write_file_atomically(
        directory.page(), report::page({.summary = json, .history = history, .timeline = timeline, .extras = extras}));
}

}  // namespace ensemble::run
