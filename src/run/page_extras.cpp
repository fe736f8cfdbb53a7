#include "run/page_extras.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "core/error.hpp"
#include "run/read_json.hpp"
#include "store/prediction_files.hpp"

namespace ensemble::run {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_points = 200;
constexpr std::size_t members_shown = 3;
constexpr std::size_t most_grouped_classes = 100;

/// Of as many digits as a chart shows.
double shortened(double value) {
    return std::strtod(fmt::format("{:.5g}", value).c_str(), nullptr);
}

std::string feature_name(const data::Source& source, std::size_t feature) {
    return feature < source.columns.size() ? source.columns[feature].name : fmt::format("feature {}", feature + 1);
}

std::vector<float> probabilities_of(std::uint32_t member, const analysis::EvaluationSet& set, std::size_t classes,
                                    const store::RunDirectory& directory) {
    const store::PredictionFiles files(directory.evaluation_set(set.name), set.count, classes);
    return store::read_rows_of(files, std::span(&member, 1), 0, set.count);
}

}  // namespace

void write_regions(const config::Experiment& experiment, const store::RunDirectory& directory) {
    const std::optional<data::Grid>& grid = experiment.grid();
    if (!grid) return;
    const data::Source& source = experiment.source();
    // As the data have it, whatever a network sees.
    const auto unit_of = [&](std::size_t feature, double seen) {
        return shortened(seen * source.feature_scale.deviation_of(feature) + source.feature_scale.mean_of(feature));
    };
    const config::EvaluationSet& test = experiment.test_set();
    Json points = Json::array();
    const std::size_t shown = std::min(test.count, most_points);
    for (std::size_t i = 0; i < shown; ++i) {
        const std::size_t place = i * test.count / shown;
        const auto point = config::point_of(test.rows, test.rows.rows[place]);
        // A row without one of the two numbers has no place on the plane.
        if (std::isnan(point[0]) || std::isnan(point[1])) continue;
        points.push_back({unit_of(0, point[0]), unit_of(1, point[1]), test.labels[place]});
    }
    const Json json{{"x", feature_name(source, 0)},
                    {"y", feature_name(source, 1)},
                    {"x_range", {unit_of(0, grid->x_low), unit_of(0, grid->x_high)}},
                    {"y_range", {unit_of(1, grid->y_low), unit_of(1, grid->y_high)}},
                    {"columns", grid->columns},
                    {"rows", grid->rows},
                    {"points", std::move(points)}};
    store::write_file_atomically(directory.regions(), json.dump() + "\n");
}

std::optional<report::Regions> read_regions(const store::Summary& summary, const analysis::Analysis& analysis,
                                            const store::RunDirectory& directory) {
    const auto place = analysis.study().find(analysis::SetUse::grid);
    if (!place) return std::nullopt;
    const analysis::EvaluationSet& set = *analysis.study().sets[*place];
    report::Regions regions = read_json(directory.regions(), [](const Json& json) {
        report::Regions read{.x = json.at("x"),
                             .y = json.at("y"),
                             .x_low = json.at("x_range").at(0),
                             .x_high = json.at("x_range").at(1),
                             .y_low = json.at("y_range").at(0),
                             .y_high = json.at("y_range").at(1),
                             .columns = json.at("columns"),
                             .rows = json.at("rows")};
        for (const Json& point : json.at("points"))
            read.points.push_back({.x = point.at(0), .y = point.at(1), .label = point.at(2)});
        return read;
    });
    if (regions.columns * regions.rows != set.count) {
        core::fail(core::Failure::data, "'{}' tells of another number of points than were predicted",
                   directory.regions().string());
    }
    regions.maps.push_back(
        {.name = "ensemble", .probabilities = analysis.rows(*place).combined.at(summary.combine).predictions});
    const std::vector<std::uint32_t>& members = analysis.committee().members;
    for (std::size_t i = 0; i < std::min(members.size(), members_shown); ++i) {
        regions.maps.push_back({.name = fmt::format("member {}", members[i]),
                                .probabilities = probabilities_of(members[i], set, summary.data.classes, directory)});
    }
    return regions;
}

void write_shuffled_columns(const config::Experiment& experiment, const store::RunDirectory& directory) {
    const std::optional<analysis::ShuffledColumns>& columns = experiment.shuffled();
    if (!columns) return;
    const Json json{{"columns", columns->names}, {"repeats", columns->repeats}, {"places", columns->places}};
    store::write_file_atomically(directory.importance(),
                                 json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

std::optional<analysis::ShuffledColumns> read_shuffled_columns(const analysis::Study& study,
                                                               const store::RunDirectory& directory) {
    const auto place = study.find(analysis::SetUse::shuffled);
    if (!place) return std::nullopt;
    analysis::ShuffledColumns columns = read_json(directory.importance(), [](const Json& json) {
        return analysis::ShuffledColumns{
            .names = json.at("columns"), .repeats = json.at("repeats"), .places = json.at("places")};
    });
    const std::size_t test_rows = study.sets.at(study.test)->count;
    const bool fits = columns.names.size() * columns.repeats * columns.places.size() == study.sets[*place]->count &&
                      std::ranges::all_of(columns.places, [&](std::size_t each) { return each < test_rows; });
    if (!fits) {
        core::fail(core::Failure::data, "'{}' tells of other rows than were predicted",
                   directory.importance().string());
    }
    return columns;
}

void write_coverage_groups(const config::Experiment& experiment, const store::RunDirectory& directory) {
    const analysis::RowGroups& groups = experiment.coverage_groups();
    if (groups.empty()) return;
    const Json json{{"names", groups.names}, {"groups", groups.of_row}};
    store::write_file_atomically(directory.groups(), json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

analysis::RowGroups read_coverage_groups(const config::Options& options, const store::DataSummary& data,
                                         const analysis::Analysis& analysis, const store::RunDirectory& directory) {
    const analysis::Study& study = analysis.study();
    analysis::RowGroups groups;
    if (!options.coverage_by.empty()) {
        groups = read_json(directory.groups(), [](const Json& json) {
            return analysis::RowGroups{.names = json.at("names"), .of_row = json.at("groups")};
        });
        const bool fits =
            groups.of_row.size() == study.sets.at(study.test)->count &&
            std::ranges::all_of(groups.of_row, [&](std::size_t each) { return each < groups.names.size(); });
        if (!fits) {
            core::fail(core::Failure::data, "'{}' tells of other rows than were predicted",
                       directory.groups().string());
        }
        return groups;
    }
    if (data.classes == 0 || data.classes > most_grouped_classes) return groups;
    for (std::size_t label = 0; label < data.classes; ++label) groups.names.push_back(data.class_name(label));
    const std::span<const std::int32_t> labels = analysis.truth(study.test).labels;
    groups.of_row.assign(labels.begin(), labels.end());
    return groups;
}

std::optional<report::Importance> importance_of(const store::Summary& summary) {
    if (!summary.importance) return std::nullopt;
    report::Importance importance{.metric = std::string(summary.task->metrics().front().name),
                                  .repeats = summary.importance->repeats};
    for (const analysis::ColumnImportance& each : summary.importance->columns) {
        importance.columns.push_back(
            {.name = each.name, .loss = each.loss, .low = each.ci95.low, .high = each.ci95.high});
    }
    return importance;
}

}  // namespace ensemble::run
