#include "data/npy.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "core/npy.hpp"
#include "data/file_bytes.hpp"
#include "data/generator.hpp"
#include "data/targets.hpp"

namespace data {
namespace {

using core::fail;
using core::Failure;
namespace fs = std::filesystem;

enum class Type : std::uint8_t { u1, i4, i8, f4, f8 };
constexpr std::array<std::string_view, 5> type_names{"|u1", "<i4", "<i8", "<f4", "<f8"};
constexpr std::array<std::size_t, 5> type_sizes{1, 4, 8, 4, 8};

/// A file in memory and what its header says.
struct Array {
    std::string name;
    core::NpyHeader header;
    Type type = Type::u1;
    std::shared_ptr<const core::Buffer<std::byte>> file;
    std::span<const std::byte> body;

    [[nodiscard]] std::uint64_t rows() const { return header.extents.front(); }
    [[nodiscard]] std::uint64_t width() const { return rows() == 0 ? 0 : *core::npy_elements(header) / rows(); }
};

core::Buffer<std::byte> read_all(FileBytes& file) {
    core::Buffer<std::byte> bytes;
    constexpr std::size_t piece = std::size_t{1} << 20U;
    for (std::size_t got = piece; got == piece;) {
        const std::size_t size = bytes.size();
        if (bytes.capacity() < size + piece) bytes.reserve(std::max(2 * size, size + piece));
        bytes.resize(size + piece);
        got = file.read(std::span(bytes).subspan(size));
        bytes.resize(size + got);
    }
    return bytes;
}

Array read_array(const fs::path& path) {
    FileBytes file(path);
    Array array;
    array.name = path.string();
    array.file = std::make_shared<const core::Buffer<std::byte>>(read_all(file));
    array.header = core::read_npy_header(*array.file, array.name);
    const core::NpyHeader& header = array.header;
    const auto* const type = std::ranges::find(type_names, header.type);
    if (type == type_names.end()) {
        fail(Failure::data,
             "{}: holds elements of type {}, but |u1, <i4, <i8, <f4 and <f8 are read; convert them, for "
             "example with .astype('<f4')",
             array.name, header.type.empty() ? "a structure" : header.type);
    }
    array.type = static_cast<Type>(type - type_names.begin());
    if (header.fortran_order && header.extents.size() > 1) {
        fail(Failure::data, "{}: is in Fortran order; write numpy.ascontiguousarray of it", array.name);
    }
    if (header.extents.empty() || header.extents.front() == 0 || core::npy_elements(header) == 0) {
        fail(Failure::data, "{}: has shape {} and so holds nothing to learn from", array.name, core::npy_shape(header));
    }
    const std::size_t size = type_sizes.at(static_cast<std::size_t>(array.type));
    array.body = std::span(*array.file).subspan(header.body);
    const auto elements = core::npy_elements(header);
    if (!elements || *elements > std::numeric_limits<std::size_t>::max() / size ||
        array.body.size() != *elements * size) {
        fail(Failure::data,
             "{}: has {} bytes after its header, which are not {} elements of {} bytes: cut short or "
             "damaged; fetch or write the file again",
             array.name, array.body.size(), core::npy_shape(header), size);
    }
    return array;
}

/// Calls use(i, value) for every element.
template <class Stored, class Use>
void for_each_as(const Array& array, Use use) {
    for (std::size_t i = 0; i < array.body.size() / sizeof(Stored); ++i) {
        Stored value;
        std::memcpy(&value, array.body.data() + i * sizeof(Stored), sizeof value);
        use(i, value);
    }
}

template <class Use>
void for_each(const Array& array, Use use) {
    switch (array.type) {
        case Type::u1:
            return for_each_as<std::uint8_t>(array, use);
        case Type::i4:
            return for_each_as<std::int32_t>(array, use);
        case Type::i8:
            return for_each_as<std::int64_t>(array, use);
        case Type::f4:
            return for_each_as<float>(array, use);
        case Type::f8:
            return for_each_as<double>(array, use);
    }
}

template <class Stored>
SharedBytes converted(const Array& array) {
    core::Buffer<Stored> values(array.body.size() / type_sizes.at(static_cast<std::size_t>(array.type)));
    for_each(array, [&](std::size_t i, auto value) { values[i] = static_cast<Stored>(value); });
    return share(std::move(values));
}

void refuse_gaps(const Array& array) {
    const std::uint64_t width = array.width();
    for_each(array, [&](std::size_t i, auto value) {
        if (std::isfinite(static_cast<double>(value))) return;
        fail(Failure::data, "{}: row {}, element {} is {}, not a finite number; fill it in or remove the row",
             array.name, i / width, i % width, static_cast<double>(value));
    });
}

core::Shape item_shape(const Array& array) {
    const auto& e = array.header.extents;
    switch (e.size()) {
        case 2:
            return {e[1]};
        case 3:
            return {e[1], e[2]};
        case 4:
            return {e[1], e[2], e[3]};
        default:
            fail(Failure::data,
                 "{}: has shape {}, but features are rows × features, rows × T × F or rows × height × "
                 "width × channels; reshape them",
                 array.name, core::npy_shape(array.header));
    }
}

Element element_of(const Array& array) {
    if (array.type == Type::u1) return Element::u8;
    return array.type == Type::f4 ? Element::f32 : Element::f64;
}

SharedBytes features_of(const Array& array) {
    switch (element_of(array)) {
        case Element::f64:
            return converted<double>(array);
        case Element::f32:
            return array.header.body % alignof(float) == 0 ? SharedBytes{array.file, array.body}
                                                           : converted<float>(array);
        case Element::u8:
            break;
    }
    return {array.file, array.body};
}

/// Number of columns of targets: 1 for a list of rows, or a column of them.
std::size_t target_columns(const Array& targets, const Array& features) {
    const auto& extents = targets.header.extents;
    if (extents.size() > 2) {
        fail(Failure::data, "{}: has shape {}, but targets are one number per row, or rows × columns for regression",
             targets.name, core::npy_shape(targets.header));
    }
    if (targets.rows() != features.rows()) {
        fail(Failure::data, "{} has {} rows, but {} has {}; both need the same rows in one order", features.name,
             features.rows(), targets.name, targets.rows());
    }
    return extents.size() == 1 ? 1 : extents[1];
}

TargetColumn column_of(const Array& array) {
    TargetColumn column{.file = array.name, .column = {}, .words = {}, .lines = {}};
    column.words.reserve(array.rows());
    for_each(array, [&](std::size_t, auto value) { column.words.push_back(fmt::format("{}", value)); });
    return column;
}

Targets several_columns(const Array& train, const Array* test, std::size_t columns, std::optional<Task> task) {
    if (task == Task::classification) {
        fail(Failure::data,
             "{}: has {} columns, but classification needs one label per row; write numpy.argmax of "
             "one-hot rows",
             train.name, columns);
    }
    Targets targets{
        .task = Task::regression, .outputs = columns, .train = converted<float>(train), .test = {}, .class_names = {}};
    if (test != nullptr) targets.test = converted<float>(*test);
    return targets;
}

Table make_table(const Array& features, const Targets& targets, SharedBytes target_bytes) {
    const core::Shape shape = item_shape(features);
    const bool image = features.type == Type::u1 && shape.rank() > 1;
    const Description description{.task = targets.task,
                                  .element = element_of(features),
                                  .shape = shape,
                                  .rows = features.rows(),
                                  .outputs = targets.outputs,
                                  .scale = image ? 1.0F / 255.0F : 1.0F};
    return {description, features_of(features), std::move(target_bytes)};
}

}  // namespace

NpyTables read_npy_tables(const NpyRequest& request) {
    const Array features = read_array(request.train);
    const Array labels = read_array(request.train_target);
    const std::size_t columns = target_columns(labels, features);
    const core::Shape shape = item_shape(features);
    refuse_gaps(features);
    refuse_gaps(labels);
    std::optional<Array> test_features;
    std::optional<Array> test_labels;
    if (request.test) {
        test_features = read_array(*request.test);
        test_labels = read_array(request.test_target);
        if (target_columns(*test_labels, *test_features) != columns) {
            fail(Failure::data, "{} has shape {}, but {} has {} columns; both need the same columns", test_labels->name,
                 core::npy_shape(test_labels->header), labels.name, columns);
        }
        if (item_shape(*test_features) != shape || element_of(*test_features) != element_of(features)) {
            fail(Failure::data, "{} holds rows of {} as {}, but {} of {} as {}; both need one shape and type",
                 test_features->name, item_shape(*test_features).text(), test_features->header.type, features.name,
                 shape.text(), features.header.type);
        }
        refuse_gaps(*test_features);
        refuse_gaps(*test_labels);
    }
    Targets targets;
    if (columns > 1) {
        targets = several_columns(labels, test_labels ? &*test_labels : nullptr, columns, request.task);
    } else {
        const TargetColumn train_column = column_of(labels);
        std::optional<TargetColumn> test_column;
        if (test_labels) test_column = column_of(*test_labels);
        targets = make_targets(train_column, test_column ? &*test_column : nullptr, request.task);
    }
    std::optional<Table> test;
    if (test_features) test = make_table(*test_features, targets, *targets.test);
    return {make_table(features, targets, targets.train), std::move(test), std::move(targets.class_names)};
}

}  // namespace data
