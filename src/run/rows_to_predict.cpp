#include "run/rows_to_predict.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "data/image_file.hpp"
#include "data/loaders.hpp"
#include "data/long_form.hpp"
#include "run/prediction_output.hpp"

namespace ensemble::run {
namespace {

using core::fail;
using core::Failure;
using Rows = std::unique_ptr<data::RowStream>;

bool is_array(const std::string& data) {
    return is_array_name(data) || data::has_ending(data, ".npz");
}

Rows open_array(const RowsToPredict& wanted, const TrainedEnsemble& trained) {
    const data::Pipeline& pipeline = trained.pipeline();
    const auto words = std::ranges::find(pipeline.columns(), data::ColumnKind::category, &data::Column::kind);
    if (words != pipeline.columns().end()) {
        fail(Failure::data,
             "{}: is an array of numbers, but the networks were trained with a table whose column '{}' holds levels; "
             "give a table with these columns",
             wanted.data, words->name);
    }
    return data::open_array_rows(
        wanted.data, {.shape = pipeline.input_shape(), .ragged = pipeline.is_ragged(), .keep = wanted.keep});
}

bool is_directory(const std::string& data) {
    std::error_code error;  // which says no
    return data != "-" && std::filesystem::is_directory(data, error);
}

Rows open_pictures(const RowsToPredict& wanted, const TrainedEnsemble& trained) {
    const data::Pipeline& pipeline = trained.pipeline();
    // Networks that saw bytes see them as shares of the largest one; of other numbers nobody knows what a byte is.
    const bool saw_bytes = pipeline.parts().scale != 1.0F;
    if (!data::is_picture_shape(pipeline.input_shape()) || pipeline.is_ragged() || !saw_bytes) {
        fail(Failure::data, "{}: {}, but the networks were trained with other data than images of bytes; {}",
             wanted.data, is_directory(wanted.data) ? "is a directory" : "is a picture",
             pipeline.columns().empty() ? "give an array of rows as they were trained with" : "name a table of rows");
    }
    return data::open_picture_rows(wanted.data, {.shape = trained.pipeline().input_shape(),
                                                 .resizes = wanted.resizes_pictures,
                                                 .classes = trained.class_names(),
                                                 .read_truth = wanted.read_truth,
                                                 .keep = wanted.keep});
}

data::TextRowRequest text_request(const RowsToPredict& wanted, const TrainedEnsemble& trained,
                                  std::vector<data::Column> columns) {
    return {.columns = std::move(columns),
            .targets = trained.target_names(),
            .aside = trained.columns_aside(),
            .classes = trained.class_names(),
            .read_truth = wanted.read_truth,
            .header = wanted.header,
            .keep = wanted.keep,
            .as_they_come = wanted.as_they_come};
}

/// Of a table whose rows are their steps.
Rows open_sequences(const RowsToPredict& wanted, const TrainedEnsemble& trained) {
    const data::Pipeline::Parts& parts = trained.pipeline().parts();
    if (parts.channels.empty()) {
        fail(Failure::data,
             "{}: is a text table, but the networks were trained with sequences from a .npz; give such a file with x "
             "and lengths",
             wanted.data);
    }
    if (!wanted.keep.empty()) {
        fail(Failure::usage,
             "--keep {}: a sequence has one line, before which its name stands in any case, and columns of its steps "
             "have many values; leave it out",
             wanted.keep);
    }
    std::vector<data::Column> columns;
    for (const std::string& name : parts.channels) columns.push_back({.name = name});
    return data::open_sequence_rows(wanted.data, {.shape = trained.pipeline().input_shape(),
                                                  .sequence = parts.sequence,
                                                  .rows = text_request(wanted, trained, std::move(columns))});
}

Rows open_any(const RowsToPredict& wanted, const TrainedEnsemble& trained) {
    if (is_array(wanted.data)) return open_array(wanted, trained);
    if (is_directory(wanted.data) || data::is_picture_name(wanted.data)) return open_pictures(wanted, trained);
    if (trained.pipeline().is_ragged()) return open_sequences(wanted, trained);
    return data::open_text_rows(wanted.data, text_request(wanted, trained, trained.columns()));
}

/// Where what is true of rows would stand.
std::string place_of_truth(const std::vector<std::string>& targets) {
    if (targets.empty()) return "pictures have it in folders that are called like their classes";
    return fmt::format("it takes the column{} '{}'", targets.size() == 1 ? "" : "s", fmt::join(targets, "', '"));
}

}  // namespace

Rows open_rows_to_predict(const RowsToPredict& wanted, const TrainedEnsemble& trained) {
    Rows rows = open_any(wanted, trained);
    if (wanted.read_truth && !rows->has_truth()) {
        fail(Failure::data, "--score: {} holds nothing that is true of its rows; {}", wanted.data,
             place_of_truth(trained.target_names()));
    }
    return rows;
}

}  // namespace ensemble::run
