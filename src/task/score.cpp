#include "task/score.hpp"

#include <algorithm>

#include "core/contract.hpp"

namespace ensemble::task {

Answers Predicted::answers(std::size_t question, const Truth& truth) const {
    core::require(question < task.questions(targets), "a question is one of the task's");
    const std::size_t stride = task.predicted_width(targets);
    const bool classes = task.kind == Kind::classification;
    return {.predictions = predictions,
            .rows = rows(),
            .stride = stride,
            .first = classes ? 0 : question * task.predicted,
            .width = classes ? stride : task.predicted,
            .chosen = chosen,
            .components = components,
            .members = members,
            .weights = weights,
            .truth = truth,
            .target = question};
}

Scores score(const Predicted& predicted, const Truth& truth) {
    const std::size_t rows = predicted.rows();
    const bool classes = predicted.task.kind == Kind::classification;
    core::require(rows > 0 && predicted.predictions.size() == rows * predicted.task.predicted_width(predicted.targets),
                  "predictions come as whole rows");
    if (classes) {
        const auto is_class = [&](std::int32_t label) { return static_cast<std::size_t>(label) < predicted.targets; };
        core::require(truth.labels.size() == rows && std::ranges::all_of(truth.labels, is_class),
                      "every label is one of the classes");
        core::require(predicted.chosen.size() == rows, "a class was decided on for every row");
    } else {
        core::require(truth.targets == predicted.targets && truth.numbers.size() == rows * predicted.targets,
                      "every row has its numbers");
    }
    const std::size_t questions = predicted.task.questions(predicted.targets);
    Scores scores;
    for (const Metric& metric : predicted.task.metrics()) {
        double sum = 0;
        for (std::size_t question = 0; question < questions; ++question)
            sum += evaluate(metric, predicted.answers(question, truth));
        scores.push_back(sum / static_cast<double>(questions));
    }
    return scores;
}

std::vector<std::int32_t> most_probable(std::span<const float> probabilities, std::size_t classes) {
    core::require(classes > 0 && probabilities.size() % classes == 0, "probabilities come as whole rows");
    std::vector<std::int32_t> chosen(probabilities.size() / classes);
    for (std::size_t row = 0; row < chosen.size(); ++row) {
        const auto p = probabilities.subspan(row * classes, classes);
        chosen[row] = static_cast<std::int32_t>(std::ranges::max_element(p) - p.begin());
    }
    return chosen;
}

}  // namespace ensemble::task
