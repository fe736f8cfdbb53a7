#include "data/preprocessing.hpp"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/fit_columns.hpp"
#include "data/pipeline.hpp"
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
    if (table.description().ragged) {
        fail(Failure::usage, "{}: what is left of sequences of different lengths has no order in time; leave it out",
             option);
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

/// The same tables of a source, each made anew.
template <class Make>
Source with_tables(const Source& source, Make make) {
    Source result = source;
    result.train = make(source.train);
    if (source.test) result.test = make(*source.test);
    if (source.foreign) result.foreign = make(*source.foreign);
    return result;
}

/// Whether columns are scaled one by one, each by what it holds.
bool scales_by_column(const Preprocessing& preprocessing) {
    if (preprocessing.standardize == Standardize::robust) return true;
    return preprocessing.standardize == Standardize::automatic && !preprocessing.sequence && !preprocessing.images &&
           preprocessing.reduction == Reduction::none;
}

void require_plain_columns(const Source& source, const Preprocessing& preprocessing) {
    const auto category = std::ranges::find(source.columns, ColumnKind::category, &Column::kind);
    if (category == source.columns.end()) return;
    fail(Failure::usage,
         "--sequence {}x{}: steps are numbers, but '{}' of {} is a category; leave it out with --ignore",
         preprocessing.sequence->steps, preprocessing.sequence->features, category->name, source.name);
}

/// The columns of a text table as features.
Source with_columns_encoded(const Source& source, Rows rows, const Preprocessing& preprocessing) {
    if (preprocessing.sequence) require_plain_columns(source, preprocessing);
    ColumnRequest request{.missing = preprocessing.sequence ? Missing::mean : preprocessing.missing};
    if (scales_by_column(preprocessing)) {
        for (const Encoding each : preprocessing.encodings) request.encodings.insert(encoding_in_use(each, source));
        request.encodings.erase(Encoding::plain);
    } else {
        request.scale = ColumnScale::none;
    }
    const auto encoding = fit_columns(source, rows, request);
    if (encoding->seen() == 0) {
        fail(Failure::data, "{}: no column has a level that is frequent among the {} training rows", source.name,
             rows.size());
    }
    Source result = with_tables(source, [&](const Table& table) {
        Description description = table.description();
        description.shape = {encoding->seen()};
        return Table(description, {std::make_shared<Table>(table), table.feature_bytes()}, table.target_bytes(),
                     encoding)
            .with(table.extras());
    });
    result.columns = encoding->columns();
    return result;
}

/// Of a sequence: steps of features.
Source as_given(const Source& source, const Preprocessing& preprocessing) {
    if (preprocessing.sequence && source.train.description().ragged) {
        fail(Failure::usage,
             "--sequence {}x{}: rows of {} are sequences as they are, of different lengths; leave it out",
             preprocessing.sequence->steps, preprocessing.sequence->features, source.name);
    }
    return preprocessing.sequence ? reshaped(source, *preprocessing.sequence) : source;
}

Pipeline::Parts parts_of(const Source& source, const Source& encoded) {
    Pipeline::Parts parts{.input = source.train.shape(), .shape = encoded.train.shape()};
    parts.ragged = encoded.train.description().ragged;
    parts.channels = source.channels;
    parts.sequence = source.sequence_column;
    parts.scale = encoded.train.description().scale;
    parts.offset = encoded.train.description().offset;
    parts.encoding = std::dynamic_pointer_cast<const ColumnEncoding>(encoded.train.encoder());
    return parts;
}

Source with_features_prepared(const Source& source, Rows rows, const Preprocessing& preprocessing) {
    const bool is_text = !source.columns.empty();
    if (!is_text && preprocessing.standardize == Standardize::robust) {
        fail(Failure::usage, "--standardize robust: is for the columns of text tables, and {} is none; choose another",
             source.name);
    }
    if (preprocessing.standardize == Standardize::robust &&
        (preprocessing.sequence || preprocessing.reduction != Reduction::none)) {
        fail(Failure::usage,
             "--standardize robust: scales columns one by one, which --sequence and --reduce do without; leave it out");
    }
    const Source encoded = is_text ? with_columns_encoded(source, rows, preprocessing) : source;
    const Source given = as_given(encoded, preprocessing);
    Pipeline::Parts parts = parts_of(source, given);
    Source result = given;
    const auto finish = [&] {
        parts.shape = result.train.shape();
        result.pipeline = std::make_shared<const Pipeline>(std::move(parts));
        result.arbitrary_units = false;
        return std::move(result);
    };
    if (is_text && scales_by_column(preprocessing)) return finish();
    Preprocessing resolved = preprocessing;
    if (resolved.standardize == Standardize::automatic) {
        const Standardize own = preprocessing.images ? Standardize::all : Standardize::channels;
        resolved.standardize = source.arbitrary_units ? own : Standardize::none;
    }
    const bool reduces = resolved.reduction != Reduction::none;
    if (reduces) check_reduction(given.train, rows, resolved);
    const Element element = given.train.description().element;
    if (!reduces && resolved.standardize == Standardize::none && element != Element::f64) return finish();

    const Transform transform(given, rows, resolved);
    if (!transform.note().empty()) result.notes.push_back(transform.note());
    if (reduces) result.columns.clear();
    if (!reduces && resolved.standardize != Standardize::all) result.feature_scale = transform.scale();
    if (!reduces && resolved.standardize == Standardize::all) {
        result.background = static_cast<float>(-transform.mean() * transform.factor());
    }
    if (!reduces && resolved.standardize == Standardize::all && element == Element::u8) {
        result = with_tables(result,
                             [&](const Table& table) { return rescaled(table, transform.mean(), transform.factor()); });
        parts.scale = result.train.description().scale;
        parts.offset = result.train.description().offset;
        return finish();
    }
    result.train = transform.apply(given.train, result.notes);
    if (given.test) result.test = transform.apply(*given.test, result.notes);
    std::vector<std::string> expected;  // that rows from elsewhere lie far from the others is what they are for
    if (given.foreign) result.foreign = transform.apply(*given.foreign, expected);
    parts.map = transform.map();
    return finish();
}

}  // namespace

Encoding encoding_in_use(Encoding wanted, const Source& source) {
    // Of many columns, each tells little, and their components would be the whole network.
    constexpr std::ptrdiff_t many_columns = 128;
    if (wanted != Encoding::automatic) return wanted;
    const auto numbers = std::ranges::count(source.columns, ColumnKind::number, &Column::kind);
    return numbers > many_columns ? Encoding::plain : Encoding::ple;
}

Source preprocess(const Source& source, Rows rows, const Preprocessing& preprocessing) {
    core::require(!rows.empty(), "there are rows to learn the preprocessing from");
    task::Scale scale = scale_of_targets(source, rows);
    Source result = with_features_prepared(source, rows, preprocessing);
    result.target_scale = std::move(scale);
    return result;
}

}  // namespace ensemble::data
