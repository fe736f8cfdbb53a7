#include "data/preprocessing.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/target_scale.hpp"
#include "data/transform.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t most_components_of = 4096;

void check_reduction(const Table& table, Rows rows, const Preprocessing& preprocessing) {
    const bool pca = preprocessing.reduction == Reduction::pca;
    const std::string option = fmt::format("--reduce {}:{}", pca ? "pca" : "variance", preprocessing.keep);
    const std::size_t width = table.shape().elements();
    core::require(preprocessing.keep > 0, "a reduction keeps features");
    if (preprocessing.sequence) {
        fail(Failure::usage, "{}: what is left has no order in time; leave out --sequence or --reduce", option);
    }
    if (preprocessing.keep > width) {
        fail(Failure::usage, "{}: a row has {} features only; keep at most so many", option, width);
    }
    if (!pca) return;
    if (preprocessing.keep >= rows.size()) {
        fail(Failure::usage, "{}: {} training rows show at most {} components; keep at most so many", option,
             rows.size(), rows.size() - 1);
    }
    if (std::min(width, rows.size()) > most_components_of) {
        fail(Failure::usage,
             "{}: components of {} features would take too long, at most {} are possible; choose --reduce "
             "variance:{}",
             option, width, most_components_of, preprocessing.keep);
    }
}

/// Both tables with another shape of the same number of elements.
Source reshaped(const Source& source, const Sequence& sequence) {
    const std::size_t width = source.train.shape().elements();
    if (sequence.steps * sequence.features != width) {
        fail(Failure::usage, "--sequence {}x{}: makes {} values of a row, but a row of {} has {}; write {}x1",
             sequence.steps, sequence.features, sequence.steps * sequence.features, source.name, width, width);
    }
    const auto reshape = [&](const Table& table) {
        Description description = table.description();
        description.shape = {sequence.steps, sequence.features};
        return table.described_as(description);
    };
    Source result = source;
    result.train = reshape(source.train);
    if (source.test) result.test = reshape(*source.test);
    if (source.foreign) result.foreign = reshape(*source.foreign);
    return result;
}

/// Bytes stay bytes where all features share one mean and one deviation.
Table rescaled(const Table& table, double mean, double factor) {
    Description description = table.description();
    description.offset = static_cast<float>((double{description.offset} - mean) * factor);
    description.scale = static_cast<float>(double{description.scale} * factor);
    return table.described_as(description);
}

Source with_features_prepared(const Source& source, Rows rows, const Preprocessing& preprocessing) {
    const Source given = preprocessing.sequence ? reshaped(source, *preprocessing.sequence) : source;
    Source result = given;
    Preprocessing resolved = preprocessing;
    if (resolved.standardize == Standardize::automatic) {
        const Standardize own = preprocessing.images ? Standardize::all : Standardize::channels;
        resolved.standardize = source.arbitrary_units ? own : Standardize::none;
    }
    result.arbitrary_units = false;
    const bool reduces = resolved.reduction != Reduction::none;
    if (reduces) check_reduction(given.train, rows, resolved);
    const Element element = given.train.description().element;
    if (!reduces && resolved.standardize == Standardize::none && element != Element::f64) return result;

    const Transform transform(given, rows, resolved);
    if (!transform.note().empty()) result.notes.push_back(transform.note());
    if (reduces) result.columns.clear();
    if (!reduces && resolved.standardize != Standardize::all) result.feature_scale = transform.scale();
    if (!reduces && resolved.standardize == Standardize::all) {
        result.background = static_cast<float>(-transform.mean() * transform.factor());
    }
    if (!reduces && resolved.standardize == Standardize::all && element == Element::u8) {
        result.train = rescaled(given.train, transform.mean(), transform.factor());
        if (given.test) result.test = rescaled(*given.test, transform.mean(), transform.factor());
        if (given.foreign) result.foreign = rescaled(*given.foreign, transform.mean(), transform.factor());
        return result;
    }
    result.train = transform.apply(given.train, result.notes);
    if (given.test) result.test = transform.apply(*given.test, result.notes);
    std::vector<std::string> expected;  // that rows from elsewhere lie far from the others is what they are for
    if (given.foreign) result.foreign = transform.apply(*given.foreign, expected);
    return result;
}

}  // namespace

Source preprocess(const Source& source, Rows rows, const Preprocessing& preprocessing) {
    core::require(!rows.empty(), "there are rows to learn the preprocessing from");
    task::Scale scale = scale_of_targets(source, rows);
    Source result = with_features_prepared(source, rows, preprocessing);
    result.target_scale = std::move(scale);
    return result;
}

}  // namespace ensemble::data
