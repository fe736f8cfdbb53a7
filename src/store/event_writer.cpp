#include "store/event_writer.hpp"

#include <chrono>
#include <limits>
#include <set>

#include <messages/tensorboard.pb.h>

#include "store/event_file.hpp"

namespace ensemble::store {
namespace {

double seconds_since_1970() {
    return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// The first record of every file.
std::string first_record() {
    tensorboard::Event event;
    event.set_wall_time(seconds_since_1970());
    event.set_file_version("brain.Event:2");
    return event.SerializeAsString();
}

constexpr std::string_view graph_name = "graph";  ///< of what has no name of its own

/// Names of the values in an event.
std::vector<std::string> names_in(const tensorboard::Event& event) {
    if (event.has_graph_def()) return {std::string(graph_name)};
    std::vector<std::string> names;
    for (const tensorboard::Summary::Value& value : event.summary().value()) names.push_back(value.tag());
    return names;
}

void put_shape(const core::Shape& shape, tensorboard::Shape& out) {
    out.add_dim()->set_size(-1);  // the batch
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
        out.add_dim()->set_size(static_cast<std::int64_t>(shape[axis]));
}

void put_node(const model::LayerNode& layer, const std::vector<model::LayerNode>& nodes, tensorboard::NodeDef& out) {
    out.set_name(layer.name);
    out.set_op(layer.kind);
    for (const std::size_t input : layer.inputs) out.add_input(nodes.at(input).name);
    std::size_t parameters = 0;
    for (const model::ParameterBlock& block : layer.parameters) parameters += block.rows * block.columns;
    const auto attribute = [&out](const char* name) -> tensorboard::AttrValue& {
        tensorboard::NodeDef::Attribute& entry = *out.add_attr();
        entry.set_key(name);
        return *entry.mutable_value();
    };
    put_shape(layer.shape, *attribute("_output_shapes").mutable_list()->add_shape());
    attribute("layer").set_s(layer.text);
    attribute("parameters").set_i(static_cast<std::int64_t>(parameters));
}

void put_value(const std::variant<bool, double, std::string>& value, tensorboard::HyperparameterData::Value& out) {
    if (const auto* truth = std::get_if<bool>(&value)) out.set_bool_value(*truth);
    if (const auto* number = std::get_if<double>(&value)) out.set_number_value(*number);
    if (const auto* text = std::get_if<std::string>(&value)) out.set_string_value(*text);
}

}  // namespace

struct EventWriter::Impl {
    EventFile file;
    std::function<void()> may_write;
    std::vector<std::string> kept;                             ///< records of an earlier file that still count
    std::set<std::pair<std::int64_t, std::string>> are_there;  ///< what these have, and what was written since
    tensorboard::Summary added;

    Impl(std::filesystem::path directory, std::int64_t last_step, FileSystem& system, std::function<void()> given)
        : file(std::move(directory), system), may_write(std::move(given)) {
        for (const std::string& record : file.found()) {
            tensorboard::Event event;
            if (!event.ParseFromString(record)) return;
            if (event.step() > last_step) continue;
            for (std::string& name : names_in(event)) are_there.emplace(event.step(), std::move(name));
            kept.push_back(record);
        }
    }

    void append(tensorboard::Event& event) {
        if (may_write) may_write();
        event.set_wall_time(seconds_since_1970());
        if (!file.has_begun()) {
            if (kept.empty()) kept.push_back(first_record());
            file.begin(kept);
            kept = {};
        }
        file.append(event.SerializeAsString());
        for (std::string& name : names_in(event)) are_there.emplace(event.step(), std::move(name));
    }

    tensorboard::Summary::Value& add(std::string_view name) {
        tensorboard::Summary::Value& value = *added.add_value();
        value.set_tag(std::string(name));
        return value;
    }

    /// What the plugin for hyper-parameters reads stands beside the value, which holds no numbers.
    void add_for_plugin(std::string_view name, const tensorboard::HyperparameterData& data) {
        constexpr std::int32_t float32 = 1;
        tensorboard::Summary::Value& value = add(name);
        value.mutable_tensor()->set_dtype(float32);
        value.mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(0);
        tensorboard::Metadata& metadata = *value.mutable_metadata();
        metadata.set_data_class(tensorboard::Metadata::tensor);
        metadata.mutable_plugin_data()->set_plugin_name("hparams");
        metadata.mutable_plugin_data()->set_content(data.SerializeAsString());
    }
};

EventWriter::EventWriter(std::filesystem::path directory, std::int64_t last_step, FileSystem& system,
                         std::function<void()> may_write)
    : impl_(std::make_unique<Impl>(std::move(directory), last_step, system, std::move(may_write))) {}

EventWriter::~EventWriter() = default;

void EventWriter::add_scalar(std::string_view name, double value) {
    impl_->add(name).set_simple_value(static_cast<float>(value));
}

void EventWriter::add_histogram(std::string_view name, const compute::Histogram& histogram) {
    if (histogram.count == 0) return;
    tensorboard::Histogram& out = *impl_->add(name).mutable_histo();
    out.set_min(histogram.least);
    out.set_max(histogram.most);
    out.set_num(static_cast<double>(histogram.count));
    out.set_sum(histogram.sum);
    out.set_sum_squares(histogram.sum_of_squares);
    for (const double limit : histogram.limits) out.add_bucket_limit(limit);
    for (const std::uint64_t count : histogram.counts) out.add_bucket(static_cast<double>(count));
}

void EventWriter::add_image(std::string_view name, const Picture& picture, std::string_view caption) {
    tensorboard::Summary::Value& value = impl_->add(name);
    value.mutable_metadata()->set_display_name(std::string(caption));
    tensorboard::Summary::Image& image = *value.mutable_image();
    image.set_height(static_cast<std::int32_t>(picture.height));
    image.set_width(static_cast<std::int32_t>(picture.width));
    image.set_colorspace(static_cast<std::int32_t>(picture.channels));
    image.set_encoded_image_string(to_png(picture));
}

void EventWriter::add_beginning(std::string_view session, const Hyperparameters& settings) {
    tensorboard::HyperparameterData data;
    tensorboard::HyperparameterData::SessionStart& start = *data.mutable_session_start_info();
    for (const auto& [name, value] : settings) {
        tensorboard::HyperparameterData::Setting& setting = *start.add_hparams();
        setting.set_key(name);
        put_value(value, *setting.mutable_value());
    }
    start.set_group_name(std::string(session));
    start.set_start_time_secs(seconds_since_1970());
    impl_->add_for_plugin("_hparams_/session_start_info", data);
}

void EventWriter::add_end(bool is_included) {
    using End = tensorboard::HyperparameterData::SessionEnd;
    tensorboard::HyperparameterData data;
    data.mutable_session_end_info()->set_status(is_included ? End::success : End::failure);
    data.mutable_session_end_info()->set_end_time_secs(seconds_since_1970());
    impl_->add_for_plugin("_hparams_/session_end_info", data);
}

void EventWriter::write(std::int64_t step) {
    tensorboard::Event event;
    event.set_step(step);
    for (tensorboard::Summary::Value& value : *impl_->added.mutable_value()) {
        if (!impl_->are_there.contains({step, value.tag()})) *event.mutable_summary()->add_value() = std::move(value);
    }
    impl_->added.Clear();
    if (event.has_summary()) impl_->append(event);
}

void EventWriter::write_graph(const std::vector<model::LayerNode>& nodes) {
    if (impl_->are_there.contains({0, std::string(graph_name)})) return;
    tensorboard::GraphDef graph;
    for (const model::LayerNode& layer : nodes) put_node(layer, nodes, *graph.add_node());
    constexpr std::int32_t producer = 22;  // of TensorFlow's versions of graphs: the first with all that is used here
    graph.mutable_versions()->set_producer(producer);
    tensorboard::Event event;
    event.set_graph_def(graph.SerializeAsString());
    impl_->append(event);
}

}  // namespace ensemble::store
