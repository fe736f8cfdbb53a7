#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/shape.hpp"
#include "exchange/array.hpp"

namespace ensemble::exchange {

/// What the numbers of a value are.
enum class OnnxElement : std::uint8_t { f32, f64, i32, i64 };

/// A graph in the Open Neural Network Exchange format (https://onnx.ai), operators of version 13 and representation 7,
/// which readers since 2020 understand. Values have names; every name is given once.
class OnnxBuilder {
public:
    using AttributeValue = std::variant<std::int64_t, float, std::vector<std::int64_t>>;
    using Attributes = std::vector<std::pair<std::string, AttributeValue>>;
    using Names = std::vector<std::string>;

    /// What a message of protobuf may take, less room for nodes and names.
    static constexpr std::size_t most_bytes = std::numeric_limits<std::int32_t>::max() - (std::size_t{16} << 20U);

    /// `limit`: of the bytes of all constants.
    explicit OnnxBuilder(std::size_t limit = most_bytes);
    ~OnnxBuilder();
    OnnxBuilder(const OnnxBuilder&) = delete;
    OnnxBuilder& operator=(const OnnxBuilder&) = delete;

    /// Numbers that whoever runs the graph gives for each of any number of rows: [rows, shape …].
    std::string add_input(const std::string& name, const core::Shape& shape, OnnxElement element = OnnxElement::f32);

    /// What the graph gives back of each row: float [rows, columns]; without columns [rows]. `name` is that of a value.
    void add_output(const std::string& name, std::size_t columns);

    /// An operation with one output, which gets the name of the node: `name`, or if that is taken with a number behind
    /// it. Returns it.
    std::string add(std::string_view operation, const Names& inputs, const std::string& name,
                    const Attributes& attributes = {});

    /// The same, of what is wanted in many places: operations that are alike are one.
    std::string add_once(std::string_view operation, const Names& inputs, const std::string& name,
                         const Attributes& attributes = {});

    /// An operation of which output `place` alone is wanted.
    std::string add_one_of(std::size_t place, std::string_view operation, const Names& inputs, const std::string& name,
                           const Attributes& attributes = {});

    /// An operation with `outputs` outputs, of which each gets the name of the node and its number.
    Names add_several(std::size_t outputs, std::string_view operation, const Names& inputs, const std::string& name,
                      const Attributes& attributes = {});

    /// The value, or `bound` where that is larger, of operations that all readers have with a constant.
    std::string at_least(float bound, const std::string& value, const std::string& name);

    /// The mean along an axis, which is no more there, and the sum over its `extent` places, made of it: readers want
    /// the axes of ReduceMean alike in all versions, those of ReduceSum not.
    std::string mean_along(std::int64_t axis, const std::string& value, const std::string& name);
    std::string sum_along(std::int64_t axis, std::size_t extent, const std::string& value, const std::string& name);

    /// Numbers that are part of the file. Throws core::Error (usage) where all together would make it larger than the
    /// format allows, which is 2 GiB.
    std::string constant(const std::string& name, const Array& array);

    /// The same in double precision.
    std::string doubles(const std::string& name, const std::vector<std::int64_t>& extents,
                        std::span<const double> values);

    /// The value as another kind of numbers.
    std::string cast(const std::string& value, OnnxElement element, const std::string& name);
    std::string cast_once(const std::string& value, OnnxElement element, const std::string& name);

    /// A single number, and whole numbers as axes and shapes are given; those that are alike are one.
    std::string scalar(float value);
    std::string integers(const std::vector<std::int64_t>& values);

    /// What is to be known of the model beside its graph.
    void set_metadata(const std::string& key, const std::string& value);

    /// The file. `version` is that of the program.
    [[nodiscard]] std::string finish(const std::string& version);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace ensemble::exchange
