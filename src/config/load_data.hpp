#pragma once

#include "config/options.hpp"
#include "data/dataset.hpp"
#include "data/source.hpp"
#include "data/split.hpp"

namespace ensemble::config {

/// What `options` say about the data, as data::load takes it.
[[nodiscard]] data::Request data_request(const Options& options);

/// Generates or reads the data. Local. Throws core::Error: usage where options and data do not fit, data for files.
[[nodiscard]] data::Source read_data(const Options& options);

/// Prepares them with what their training rows show. Local. Throws core::Error as read_data() does.
[[nodiscard]] data::Source prepare_data(const Options& options, const data::Source& source);

/// Both.
[[nodiscard]] data::Source load_data(const Options& options);

/// How the rows are split.
[[nodiscard]] data::SplitRequest split_request(const Options& options);

/// Whether some member's training images are distorted.
[[nodiscard]] bool augments(const Options& options);

}  // namespace ensemble::config
