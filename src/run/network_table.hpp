#pragma once

#include <string>

#include "model/network_summary.hpp"
#include "report/terminal.hpp"

namespace ensemble::run {

/// The network as a table: a row for each item, those in brackets indented below the one that holds them, with shapes,
/// parameters, floating-point operations for a row of data, and memory for a batch. A narrow terminal gets fewer
/// columns. UTF-8; numbers in a row are the item's own, so that columns add up to the last row.
[[nodiscard]] std::string network_table(const model::NetworkSummary& network, const report::Terminal& terminal);

}  // namespace ensemble::run
