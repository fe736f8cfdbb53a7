#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "compute/histogram.hpp"
#include "model/layer_graph.hpp"
#include "store/file.hpp"
#include "store/png.hpp"

namespace ensemble::store {

/// Settings of a training as TensorBoard lists them: name, value.
using Hyperparameters = std::vector<std::pair<std::string, std::variant<bool, double, std::string>>>;

/// Writes what TensorBoard shows of one member, or of the ensemble, to the event file of a directory. Nothing is there
/// twice: what the file of an earlier run has of a step, under the same name, is not written again. What is written is
/// a function of what is added, but for the time of day in each event. Everything but the constructor throws
/// core::Error (run) where something cannot be written. One thread at a time.
class EventWriter {
public:
    /// Goes on with the events that are in `directory` up to `last_step`; later ones do not count any more. Nothing is
    /// changed before there is something new. `may_write` is called before anything is written. `system` must outlive
    /// this.
    EventWriter(std::filesystem::path directory, std::int64_t last_step, FileSystem& system,
                std::function<void()> may_write = {});
    ~EventWriter();
    EventWriter(const EventWriter&) = delete;
    EventWriter& operator=(const EventWriter&) = delete;

    // Values of the next write(), by name; what stands before a name's first slash is its group. Scalars become single
    // precision.
    void add_scalar(std::string_view name, double value);
    /// Nothing where it has no numbers.
    void add_histogram(std::string_view name, const compute::Histogram& histogram);
    void add_image(std::string_view name, const Picture& picture, std::string_view caption);
    /// The training begins, with these settings; or it ends, and its member is part of the ensemble or not. `session`:
    /// how TensorBoard names it in its table.
    void add_beginning(std::string_view session, const Hyperparameters& settings);
    void add_end(bool is_included);

    /// Writes what was added as values of `step`, in one event.
    void write(std::int64_t step);

    /// Writes the graph of the network.
    void write_graph(const std::vector<model::LayerNode>& nodes);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ensemble::store
