#pragma once

#include <string_view>

#include "config/options.hpp"
#include "data/dataset.hpp"
#include "model/network.hpp"

// Options that fit neither the data nor each other. All throw core::Error (usage) that says which, and what to do.
namespace ensemble::config {

/// What is asked for must be able to change something.
void refuse_idle(const Options& options, const model::Network& network, const data::Table& table, bool some_drop);

/// Of numbers there are no classes to keep the shares of.
void refuse_idle_classes(const Options& options);

/// Of rows that all weigh nothing there is nothing to learn, nor to stop by.
void refuse_weightless(const Options& options, const data::View& rows, std::string_view part);

/// Of a batch of one row, batch normalisation of vectors leaves nothing.
void refuse_lone_rows(const Options& options, const model::Network& network);

}  // namespace ensemble::config
