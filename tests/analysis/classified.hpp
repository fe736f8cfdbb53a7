#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "analysis/sequence.hpp"
#include "task/score.hpp"

/// Predicted probabilities of some rows and their labels, as metrics read them.
struct Classified {
    std::size_t classes;
    std::vector<float> probabilities;
    std::vector<std::int32_t> labels;
    std::vector<std::int32_t> chosen;

    Classified(std::size_t count, std::vector<float> predictions, std::vector<std::int32_t> truth)
        : classes(count),
          probabilities(std::move(predictions)),
          labels(std::move(truth)),
          chosen(ensemble::task::most_probable(probabilities, count)) {}

    [[nodiscard]] ensemble::task::Answers answers() const {
        return {.predictions = probabilities,
                .rows = labels.size(),
                .stride = classes,
                .width = classes,
                .chosen = chosen,
                .truth = {.labels = labels}};
    }
};

/// Labels are drawn from what the probabilities would be at that temperature; references.py has the same.
inline Classified classified(std::uint64_t seed, std::size_t rows, std::size_t classes, double temperature = 1.6) {
    Sequence sequence(seed);
    std::vector<float> p = sequence.probabilities(rows, classes);
    std::vector<std::int32_t> labels;
    for (std::size_t row = 0; row < rows; ++row) {
        std::vector<double> flat;
        double sum = 0;
        for (std::size_t c = 0; c < classes; ++c) {
            flat.push_back(std::pow(double{p[row * classes + c]}, 1 / temperature));
            sum += flat.back();
        }
        const double u = sequence.next();
        double edge = 0;
        std::int32_t label = 0;
        for (std::size_t c = 0; c + 1 < classes; ++c) label += u > (edge += flat[c] / sum) ? 1 : 0;
        labels.push_back(label);
    }
    return {classes, std::move(p), std::move(labels)};
}
