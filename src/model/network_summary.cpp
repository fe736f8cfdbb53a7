#include "model/network_summary.hpp"

#include <algorithm>
#include <utility>

#include "core/contract.hpp"
#include "model/program.hpp"
#include "model/summary_builder.hpp"

namespace ensemble::model {
namespace {

/// Operations with the item's own parameters for one row.
struct Work {
    double weights = 0;
    double others = 0;
};

Work work_with(const std::vector<ParameterBlock>& blocks, const LayerKind& kind, const core::Shape& input,
               const core::Shape& output) {
    Work work;
    for (const ParameterBlock& block : blocks) {
        // A weight has a column for each channel of the output, and serves every place of it.
        const std::size_t places = std::max<std::size_t>(output.elements() / block.columns, 1);
        const auto uses = static_cast<double>(kind.uses != nullptr ? kind.uses(input) : places);
        const auto count = static_cast<double>(block.rows * block.columns);
        (block.is_weight ? work.weights : work.others) += uses * count * (block.is_weight ? 2 : 1);
    }
    return work;
}

std::size_t bytes_of(const Tensor& tensor) {
    return tensor.size() * sizeof(float);
}

void add(const std::vector<Described>& items, Cost& sum) {
    for (const Described& item : items) {
        sum += item.own;
        for (const Part& part : item.parts) {
            for (std::size_t copy = 0; copy < part.times; ++copy) add(part.items, sum);
        }
    }
}

}  // namespace

Cost& Cost::operator+=(const Cost& other) {
    parameters += other.parameters;
    forward += other.forward;
    training += other.training;
    bytes += other.bytes;
    return *this;
}

bool operator==(const Part& a, const Part& b) {
    return a.times == b.times && a.items == b.items;
}

Cost NetworkSummary::total() const {
    Cost sum{.bytes = input_bytes + gradient_bytes};
    add(items, sum);
    return sum;
}

void SummaryBuilder::begin_network() {
    lists_.emplace_back();
}

void SummaryBuilder::end_network() {
    std::vector<Described> items = std::move(lists_.back());
    lists_.pop_back();
    if (open_.empty()) {
        items_ = std::move(items);
    } else {
        open_.back().described.parts.push_back({.items = std::move(items)});
    }
}

void SummaryBuilder::begin_item(const Item& item, const Tensor& input) {
    open_.push_back({.number = bytes_.size(),
                     .item = &item,
                     .described = {.text = item.name + arguments_text(item),
                                   .name = item.name,
                                   .input = input.shape,
                                   .output = {},
                                   .own = {},
                                   .parts = {}},
                     .blocks = {},
                     .needs_input_gradient = input.has_gradient()});
    bytes_.push_back(0);
}

void SummaryBuilder::end_item(const LayerKind& kind, const Tensor& output) {
    Open done = std::move(open_.back());
    open_.pop_back();
    Described& described = done.described;
    described.output = output.shape;
    const Work work = work_with(done.blocks, kind, described.input, described.output);
    const double rest =
        work.others +
        (kind.operations != nullptr ? kind.operations(*done.item, described.input, described.output) : 0.0);
    described.own.forward = work.weights + rest;
    described.own.training = (done.needs_input_gradient ? 3 : 2) * work.weights + 2 * rest;
    lists_.back().push_back(std::move(described));
}

void SummaryBuilder::takes(const ParameterBlock& block) {
    core::require(!open_.empty(), "only items have parameters");
    open_.back().blocks.push_back(block);
    open_.back().described.own.parameters += block.rows * block.columns;
}

void SummaryBuilder::makes(const Tensor& tensor) {
    const std::size_t number = open_.empty() ? 0 : open_.back().number;
    made_by_[&tensor] = number;
    bytes_[number] += bytes_of(tensor);
}

void SummaryBuilder::drops(const Tensor& tensor) {
    bytes_[made_by_.at(&tensor)] -= bytes_of(tensor);
    made_by_.erase(&tensor);
}

void SummaryBuilder::settle(std::vector<Described>& items, std::size_t& number) const {
    for (Described& item : items) {
        item.own.bytes = bytes_[number++];
        std::vector<Part> joined;
        const bool repeats = find_layer(item.name)->times != nullptr;
        for (Part& part : item.parts) {
            settle(part.items, number);
            if (repeats && !joined.empty() && joined.back().items == part.items) {
                ++joined.back().times;
            } else {
                joined.push_back(std::move(part));
            }
        }
        item.parts = std::move(joined);
    }
}

NetworkSummary SummaryBuilder::finish() {
    std::size_t number = 1;
    settle(items_, number);
    return {.input = {}, .input_bytes = bytes_[0], .gradient_bytes = 0, .items = std::move(items_)};
}

NetworkSummary summarise(const Network& network, std::size_t batch, compute::Precision precision) {
    SummaryBuilder summary;
    const std::size_t bytes = Program::bytes_of(network, batch, Program::Purpose::training, precision, &summary);
    NetworkSummary result = summary.finish();
    result.gradient_bytes = bytes - result.total().bytes;
    result.input = network.input();
    result.items.front().input = network.input();  // which a network that flattens it first has flat already
    return result;
}

}  // namespace ensemble::model
