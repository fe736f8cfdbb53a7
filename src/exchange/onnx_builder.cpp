#include "exchange/onnx_builder.hpp"

#include <bit>
#include <map>
#include <set>
#include <span>
#include <tuple>

#include <fmt/format.h>
#include <onnx/onnx_pb.h>

#include "core/contract.hpp"
#include "core/error.hpp"

namespace ensemble::exchange {
namespace {

static_assert(std::endian::native == std::endian::little, "raw numbers in a file are little-endian");

constexpr std::int64_t operators_version = 13;
constexpr std::int64_t representation_version = 7;

constexpr const char* any_rows = "rows";

void put_attribute(const std::string& name, const OnnxBuilder::AttributeValue& value, onnx::AttributeProto& out) {
    out.set_name(name);
    if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        out.set_type(onnx::AttributeProto::INT);
        out.set_i(*integer);
    } else if (const auto* number = std::get_if<float>(&value)) {
        out.set_type(onnx::AttributeProto::FLOAT);
        out.set_f(*number);
    } else {
        out.set_type(onnx::AttributeProto::INTS);
        for (const std::int64_t each : std::get<std::vector<std::int64_t>>(value)) out.add_ints(each);
    }
}

onnx::TensorProto::DataType type_of(OnnxElement element) {
    switch (element) {
        case OnnxElement::f32:
            return onnx::TensorProto::FLOAT;
        case OnnxElement::f64:
            return onnx::TensorProto::DOUBLE;
        case OnnxElement::i32:
            return onnx::TensorProto::INT32;
        case OnnxElement::i64:
            return onnx::TensorProto::INT64;
    }
    return onnx::TensorProto::UNDEFINED;
}

/// Numbers of so many rows; returns the shape, to which axes of a row are to be added.
onnx::TensorShapeProto& put_type(const std::string& name, OnnxElement element, onnx::ValueInfoProto& out) {
    out.set_name(name);
    auto& type = *out.mutable_type()->mutable_tensor_type();
    type.set_elem_type(type_of(element));
    type.mutable_shape()->add_dim()->set_dim_param(any_rows);
    return *type.mutable_shape();
}

}  // namespace

struct OnnxBuilder::Impl {
    onnx::ModelProto model;
    std::set<std::string> names;
    std::map<std::vector<std::int64_t>, std::string> integers;
    std::map<float, std::string> scalars;
    std::map<std::tuple<std::string, Names, Attributes>, std::string> operations;  ///< that are wanted once
    std::size_t bytes = 0;
    std::size_t limit = most_bytes;

    onnx::GraphProto& graph() { return *model.mutable_graph(); }

    std::string unused(const std::string& name) {
        std::string result = name;
        for (std::size_t number = 2; !names.insert(result).second; ++number)
            result = fmt::format("{}.{}", name, number);
        return result;
    }

    onnx::NodeProto& node(std::string_view operation, const Names& inputs, const std::string& name) {
        onnx::NodeProto& made = *graph().add_node();
        made.set_op_type(std::string(operation));
        made.set_name(name);
        for (const std::string& input : inputs) made.add_input(input);
        return made;
    }

    template <class Number>
    std::string initializer(const std::string& name, OnnxElement element, const std::vector<std::int64_t>& extents,
                            std::span<const Number> numbers) {
        take(numbers.size_bytes());
        onnx::TensorProto& tensor = *graph().add_initializer();
        tensor.set_name(name);
        tensor.set_data_type(type_of(element));
        for (const std::int64_t extent : extents) tensor.add_dims(extent);
        tensor.set_raw_data(numbers.data(), numbers.size_bytes());
        return name;
    }

    void take(std::size_t more) {
        bytes += more;
        if (bytes <= limit) return;
        core::fail(core::Failure::usage,
                   "an ONNX file holds at most 2 GiB, and the parameters are more; export members alone with --member, "
                   "or all of them with --format safetensors");
    }
};

OnnxBuilder::OnnxBuilder(std::size_t limit) : impl_(std::make_unique<Impl>()) {
    impl_->limit = limit;
}
OnnxBuilder::~OnnxBuilder() = default;

std::string OnnxBuilder::add_input(const std::string& name, const core::Shape& shape, OnnxElement element) {
    onnx::TensorShapeProto& type = put_type(impl_->unused(name), element, *impl_->graph().add_input());
    for (std::size_t axis = 0; axis < shape.rank(); ++axis)
        type.add_dim()->set_dim_value(static_cast<std::int64_t>(shape[axis]));
    return name;
}

void OnnxBuilder::add_output(const std::string& name, std::size_t columns) {
    core::require(impl_->names.contains(name), "an output is a value of the graph");
    onnx::TensorShapeProto& type = put_type(name, OnnxElement::f32, *impl_->graph().add_output());
    if (columns > 0) type.add_dim()->set_dim_value(static_cast<std::int64_t>(columns));
}

std::string OnnxBuilder::add(std::string_view operation, const Names& inputs, const std::string& name,
                             const Attributes& attributes) {
    return add_one_of(0, operation, inputs, name, attributes);
}

std::string OnnxBuilder::add_once(std::string_view operation, const Names& inputs, const std::string& name,
                                  const Attributes& attributes) {
    std::string& known = impl_->operations[{std::string(operation), inputs, attributes}];
    if (known.empty()) known = add(operation, inputs, name, attributes);
    return known;
}

std::string OnnxBuilder::add_one_of(std::size_t place, std::string_view operation, const Names& inputs,
                                    const std::string& name, const Attributes& attributes) {
    const std::string given = impl_->unused(name);
    onnx::NodeProto& node = impl_->node(operation, inputs, given);
    for (const auto& [key, value] : attributes) put_attribute(key, value, *node.add_attribute());
    for (std::size_t unwanted = 0; unwanted < place; ++unwanted) node.add_output("");
    node.add_output(given);
    return given;
}

OnnxBuilder::Names OnnxBuilder::add_several(std::size_t outputs, std::string_view operation, const Names& inputs,
                                            const std::string& name, const Attributes& attributes) {
    onnx::NodeProto& node = impl_->node(operation, inputs, impl_->unused(name));
    for (const auto& [key, value] : attributes) put_attribute(key, value, *node.add_attribute());
    Names given;
    for (std::size_t place = 0; place < outputs; ++place) {
        given.push_back(impl_->unused(fmt::format("{}.{}", name, place)));
        node.add_output(given.back());
    }
    return given;
}

std::string OnnxBuilder::at_least(float bound, const std::string& value, const std::string& name) {
    const std::string above = add("Sub", {value, scalar(bound)}, name + "/above");
    return add("Add", {add("Relu", {above}, name + "/positive"), scalar(bound)}, name);
}

std::string OnnxBuilder::mean_along(std::int64_t axis, const std::string& value, const std::string& name) {
    return add("ReduceMean", {value}, name, {{"axes", std::vector<std::int64_t>{axis}}, {"keepdims", std::int64_t{0}}});
}

std::string OnnxBuilder::sum_along(std::int64_t axis, std::size_t extent, const std::string& value,
                                   const std::string& name) {
    return add("Mul", {mean_along(axis, value, name + "/mean"), scalar(static_cast<float>(extent))}, name);
}

std::string OnnxBuilder::constant(const std::string& name, const Array& array) {
    return impl_->initializer(impl_->unused(name), OnnxElement::f32, array.extents, std::span(array.values));
}

std::string OnnxBuilder::doubles(const std::string& name, const std::vector<std::int64_t>& extents,
                                 std::span<const double> values) {
    return impl_->initializer(impl_->unused(name), OnnxElement::f64, extents, values);
}

std::string OnnxBuilder::cast(const std::string& value, OnnxElement element, const std::string& name) {
    return add("Cast", {value}, name, {{"to", std::int64_t{type_of(element)}}});
}

std::string OnnxBuilder::cast_once(const std::string& value, OnnxElement element, const std::string& name) {
    return add_once("Cast", {value}, name, {{"to", std::int64_t{type_of(element)}}});
}

std::string OnnxBuilder::scalar(float value) {
    std::string& name = impl_->scalars[value];
    if (name.empty()) name = constant(fmt::format("number/{}", value), {.extents = {}, .values = {value}});
    return name;
}

std::string OnnxBuilder::integers(const std::vector<std::int64_t>& values) {
    std::string& name = impl_->integers[values];
    if (!name.empty()) return name;
    constexpr std::size_t most_in_name = 8;
    std::string given = "integers";
    for (std::size_t i = 0; i < values.size() && values.size() <= most_in_name; ++i) {
        given += '/';
        given += std::to_string(values[i]);
    }
    name = impl_->initializer(impl_->unused(given), OnnxElement::i64, {static_cast<std::int64_t>(values.size())},
                              std::span(values));
    return name;
}

void OnnxBuilder::set_metadata(const std::string& key, const std::string& value) {
    onnx::StringStringEntryProto& entry = *impl_->model.add_metadata_props();
    entry.set_key(key);
    entry.set_value(value);
}

std::string OnnxBuilder::finish(const std::string& version) {
    onnx::ModelProto& model = impl_->model;
    model.set_ir_version(representation_version);
    model.set_producer_name("ensemble_export");
    model.set_producer_version(version);
    impl_->graph().set_name("ensemble");
    onnx::OperatorSetIdProto& operators = *model.add_opset_import();
    operators.set_domain("");
    operators.set_version(operators_version);
    std::string file;
    if (!model.SerializeToString(&file))
        core::fail(core::Failure::usage,
                   "the graph is larger than an ONNX file may be; export members alone with --member");
    return file;
}

}  // namespace ensemble::exchange
