#pragma once

#include <memory>
#include <string>

#include "data/header.hpp"
#include "data/row_stream.hpp"
#include "run/trained_ensemble.hpp"

namespace ensemble::run {

/// Which rows are to be predicted, and what is wanted of them beside their values.
struct RowsToPredict {
    std::string data;  ///< a file, a directory of pictures, or - for standard input
    std::string keep;  ///< columns that are handed on
    data::Header header = data::Header::automatic;
    bool read_truth = false;
    bool as_they_come = false;
    bool resizes_pictures = false;  ///< as those that the networks were trained with
};

/// Opens rows of any format that the networks can be asked about. Local. Throws core::Error: data where they do not fit
/// the networks or hold no truth that is asked for, usage for columns that cannot be kept.
[[nodiscard]] std::unique_ptr<data::RowStream> open_rows_to_predict(const RowsToPredict& wanted,
                                                                    const TrainedEnsemble& trained);

}  // namespace ensemble::run
