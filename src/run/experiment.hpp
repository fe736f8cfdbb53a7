#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "data/source.hpp"
#include "data/split.hpp"
#include "model/network.hpp"
#include "run/options.hpp"
#include "task/task.hpp"
#include "train/footprint.hpp"
#include "train/trainer.hpp"

namespace ensemble::run {

/// What `options` say about the data, in the words of the reader.
[[nodiscard]] data::Request data_request(const Options& options);

/// Generates or reads the data and prepares them with what their training rows show. Local.
/// Throws core::Error: usage where options and data do not fit, data for files.
[[nodiscard]] data::Source load_data(const Options& options);

/// What is trained, and on what: the same on every rank. Its views point into it, so it stays where it is.
class Experiment {
public:
    /// Splits the data, as load_data() made them, and compiles the network. Throws core::Error (usage) where options
    /// and data do not fit.
    Experiment(const Options& options, data::Source source);
    Experiment(const Experiment&) = delete;
    Experiment& operator=(const Experiment&) = delete;

    /// As given, with everything resolved that the data decide: the task, the network in full, the batch no larger than
    /// the data, the epochs.
    [[nodiscard]] const Options& options() const noexcept { return options_; }
    [[nodiscard]] const data::Source& source() const noexcept { return source_; }
    [[nodiscard]] const data::Split& split() const noexcept { return split_; }
    [[nodiscard]] const model::Network& network() const noexcept { return network_; }

    [[nodiscard]] train::Problem problem() const;

    /// Updates that a member makes, unless it stops early.
    [[nodiscard]] std::size_t steps() const;

    /// Memory of a member in training.
    [[nodiscard]] train::Footprint footprint() const;
    [[nodiscard]] data::View test() const { return data::test_view(source_, split_); }

    /// Labels of the test rows, in their order.
    [[nodiscard]] const std::vector<std::int32_t>& test_labels() const noexcept { return test_labels_; }

    /// What keeps a state from being one of this experiment's members; empty where nothing does.
    [[nodiscard]] std::string fault_of(const train::MemberState& state) const;

    /// Of everything a member is a function of, apart from its index.
    [[nodiscard]] std::string member_digest() const;

private:
    data::Source source_;
    data::Split split_;
    const task::Task& task_;
    model::Network network_;
    Options options_;
    std::vector<std::int32_t> test_labels_;
};

}  // namespace ensemble::run
