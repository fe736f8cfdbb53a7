#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "report/page.hpp"

namespace ensemble::report {

/// What a page is made of, with made-up values that have the shape of real ones.
struct PageSample {
    nlohmann::ordered_json summary;
    std::string history;
    std::string timeline;
    Extras extras;

    [[nodiscard]] std::string page() const {
        return report::page({.summary = summary, .history = history, .timeline = timeline, .extras = extras});
    }
};

/// A number in [0, 1) that looks random and is a function of `key` alone.
[[nodiscard]] double noise(double key);

/// A finished classification with everything that summary.json can hold.
[[nodiscard]] PageSample classification_sample(std::size_t members, std::size_t epochs);

/// A finished regression of two targets.
[[nodiscard]] PageSample regression_sample(std::size_t members, std::size_t epochs);

/// A finished classification of three classes by two columns.
[[nodiscard]] PageSample plane_sample();

/// What summary.json says of the intervals of two targets; the second's are too narrow.
[[nodiscard]] nlohmann::ordered_json interval_calibration();

/// What summary.json does not hold.
[[nodiscard]] Examples image_examples();
[[nodiscard]] Examples table_examples();
[[nodiscard]] Examples number_examples(const std::vector<std::string>& targets);
[[nodiscard]] std::vector<Scatter> scatters(const std::vector<std::string>& targets, std::size_t rows);
[[nodiscard]] Regions plane_regions(std::size_t classes);
[[nodiscard]] Importance column_importance(const std::string& metric, double size, std::size_t columns);

}  // namespace ensemble::report
