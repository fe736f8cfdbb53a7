#include "data/npy.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/generator.hpp"
#include "data/image_axes.hpp"
#include "data/lengths.hpp"
#include "data/npy_file.hpp"
#include "data/scales.hpp"
#include "data/single_precision.hpp"
#include "data/targets.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

using Pair = NpyPair;

/// Number of columns of targets: 1 for a list of rows, or a column of them.
std::size_t target_columns(const Pair& files) {
    const NpyFile& targets = files.targets;
    const auto& extents = targets.extents();
    const std::uint64_t rows = files.features.rows();
    if (extents.size() == 2 && extents[0] == 1 && extents[1] == rows && rows > 1) {
        fail(Failure::data, "{}: has shape {}, one row for all; write y.ravel()", targets.name(), targets.shape());
    }
    if (extents.size() > 2) {
        fail(Failure::data,
             "{}: has shape {}, but targets are one number per row, or rows × columns of numbers (regression)",
             targets.name(), targets.shape());
    }
    if (targets.rows() != rows) {
        fail(Failure::data, "{} has {} rows, but {} has {}; both need the same rows in one order",
             files.features.name(), rows, targets.name(), targets.rows());
    }
    return extents.size() == 1 ? 1 : extents[1];
}

void require_item_axes(const NpyFile& file) {
    if (file.extents().size() >= 2 && file.extents().size() <= 4) return;
    fail(
        Failure::data,
        "{}: has shape {}, but features are rows × features, rows × T × F or rows × height × width × channels; reshape "
        "them",
        file.name(), file.shape());
}

/// Of sequences of different lengths, all of `features` or just their number of steps may differ.
struct StepCounts {
    std::vector<std::uint32_t> lengths;  ///< of each row; empty where all rows have all steps
    std::size_t given = 0;               ///< of the array
    std::size_t longest = 0;             ///< of any row
};

/// Where neither has lengths, steps are an axis like others.
std::optional<StepCounts> steps_of(Pair& files, bool is_ragged) {
    if (!is_ragged) return std::nullopt;
    const auto& extents = files.features.extents();
    if (extents.size() > 3) {
        fail(Failure::data,
             "{}: has shape {}, but rows with lengths are sequences, rows × T × F or rows × T; reshape them",
             files.features.name(), files.features.shape());
    }
    StepCounts steps{.lengths = {}, .given = extents[1], .longest = extents[1]};
    if (!files.lengths) return steps;
    steps.lengths = read_lengths(*files.lengths, files.features, extents[1]);
    steps.longest = longest(steps.lengths);
    return steps;
}

std::uint64_t features_of_step(const NpyFile& file) {
    return file.extents().size() == 3 ? file.extents()[2] : 1;
}

void require_same_items(const NpyFile& train, const NpyFile& test, bool is_ragged) {
    if (is_ragged) {
        if (features_of_step(train) == features_of_step(test)) return;
        fail(Failure::data, "{} has steps of {} features, but {} of {}; both need the same features", test.name(),
             features_of_step(test), train.name(), features_of_step(train));
    }
    if (std::ranges::equal(train.extents().begin() + 1, train.extents().end(), test.extents().begin() + 1,
                           test.extents().end()))
        return;
    const auto item = [](const NpyFile& file) { return item_axes(file.extents(), file.name()).shape.text(); };
    fail(Failure::data, "{} holds rows of {}, but {} of {}; both need one shape", test.name(), item(test), train.name(),
         item(train));
}

/// For each row the number of its column that holds 1; nothing where the rows are not all of one 1 among zeros.
std::optional<std::vector<std::string>> one_hot(const SharedBytes& values, std::size_t columns) {
    const std::span<const double> numbers{reinterpret_cast<const double*>(values.bytes.data()),
                                          values.bytes.size() / sizeof(double)};
    std::vector<std::string> classes;
    for (std::size_t row = 0; row < numbers.size(); row += columns) {
        const auto now = numbers.subspan(row, columns);
        if (std::ranges::count(now, 1.0) != 1 || std::ranges::count(now, 0.0) + 1 != std::ssize(now)) {
            return std::nullopt;
        }
        classes.push_back(fmt::format("{}", std::ranges::find(now, 1.0) - now.begin()));
    }
    return classes;
}

TargetColumn column_of(const NpyFile& file, std::vector<std::string> words) {
    return {.file = file.name(), .column = {}, .words = std::move(words), .lines = {}};
}

/// [rows × columns] in single precision, in which they are learnt.
SharedBytes to_targets(const NpyFile& file, const SharedBytes& doubles, std::size_t columns,
                       std::vector<std::string>& notes) {
    const std::span<const double> numbers{reinterpret_cast<const double*>(doubles.bytes.data()),
                                          doubles.bytes.size() / sizeof(double)};
    core::Buffer<float> values(numbers.size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        if (!fits_single(numbers[i])) {
            fail(Failure::data, "{}: row {}, element {} is {}, too large for single precision; choose another unit",
                 file.name(), i / columns, i % columns, numbers[i]);
        }
        values[i] = static_cast<float>(numbers[i]);
    }
    std::vector<double> column(numbers.size() / columns);
    for (std::size_t at = 0; at < columns; ++at) {
        for (std::size_t row = 0; row < column.size(); ++row) column[row] = numbers[row * columns + at];
        std::string note = note_rounding(fmt::format("{}, target {}", file.name(), at + 1), column, {});
        if (!note.empty()) notes.push_back(std::move(note));
    }
    return share(std::move(values));
}

Targets several_columns(Pair& train, Pair* test, std::size_t columns, std::optional<task::Kind> task,
                        std::vector<std::string>& notes) {
    const SharedBytes train_values = train.targets.read(Element::f64).bytes;
    std::optional<SharedBytes> test_values;
    if (test != nullptr) test_values = test->targets.read(Element::f64).bytes;
    if (task != task::Kind::regression) {
        auto classes = one_hot(train_values, columns);
        std::optional<std::vector<std::string>> test_classes;
        if (test_values) test_classes = one_hot(*test_values, columns);
        if (classes && (!test_values || test_classes)) {
            notes.push_back(
                fmt::format("{}: each row has a single 1 among {} columns, whose number is taken for its "
                            "class; --task regression takes the columns for numbers",
                            train.targets.name(), columns));
            const TargetColumn column = column_of(train.targets, std::move(*classes));
            std::optional<TargetColumn> test_column;
            if (test != nullptr) test_column = column_of(test->targets, std::move(*test_classes));
            return make_targets(column, test_column ? &*test_column : nullptr, task::Kind::classification);
        }
    }
    if (task == task::Kind::classification) {
        fail(Failure::data,
             "{}: has {} columns, but classification needs one label per row; write numpy.argmax(y, axis=1) of one "
             "column per class",
             train.targets.name(), columns);
    }
    if (!task) {
        notes.push_back(
            fmt::format("{}: not every row is a single 1 among zeros, so its {} columns are {} numbers to be learnt "
                        "(regression)",
                        train.targets.name(), columns, columns));
    }
    Targets targets{.task = task::Kind::regression, .outputs = columns, .train = {}, .test = {}, .class_names = {}};
    targets.train = to_targets(train.targets, train_values, columns, targets.notes);
    if (test != nullptr) targets.test = to_targets(test->targets, *test_values, columns, targets.notes);
    return targets;
}

std::vector<std::string> names_of(const Targets& targets) {
    if (targets.task == task::Kind::classification) return {};
    if (targets.outputs == 1) return {"target"};
    std::vector<std::string> names;
    for (std::size_t i = 1; i <= targets.outputs; ++i) names.push_back(fmt::format("target {}", i));
    return names;
}

Targets read_targets(Pair& train, Pair* test, std::optional<task::Kind> task, std::vector<std::string>& notes) {
    const std::size_t columns = target_columns(train);
    if (test != nullptr && target_columns(*test) != columns) {
        fail(Failure::data, "{} has shape {}, but {} has {} columns; both need the same columns", test->targets.name(),
             test->targets.shape(), train.targets.name(), columns);
    }
    if (columns > 1) return several_columns(train, test, columns, task, notes);
    const bool truth = task != task::Kind::regression;
    const TargetColumn column = column_of(train.targets, train.targets.words(truth));
    std::optional<TargetColumn> test_column;
    if (test != nullptr) test_column = column_of(test->targets, test->targets.words(truth));
    return make_targets(column, test_column ? &*test_column : nullptr, task);
}

/// The narrowest type for both. Images of bytes stay bytes, since floats would be on a scale of their own.
Element common_element(const Pair& train, const Pair* test) {
    const Element own = element_for(train.features.features().number);
    if (test == nullptr || (own == Element::u8 && train.features.extents().size() > 2)) return own;
    return std::max(own, element_for(test->features.features().number));
}

void note_rounded(const NpyFile& file, const ArrayContent& content, std::vector<std::string>& notes) {
    if (!content.rounded) return;
    std::uint64_t width = 1;
    for (std::size_t axis = 1; axis < file.extents().size(); ++axis) width *= file.extents()[axis];
    notes.push_back(
        fmt::format("{}: row {}, element {} is {}: whole numbers beyond 2^53 are rounded to double precision; "
                    "subtract one that is near them, such as x - x.min(), or leave out what only names rows",
                    file.name(), *content.rounded / width, *content.rounded % width, content.rounded_number));
}

Table make_table(const Description& description, std::uint64_t rows, SharedBytes features, SharedBytes targets) {
    Description own = description;
    own.rows = rows;
    return {own, std::move(features), std::move(targets)};
}

}  // namespace

NpyTables read_npy_tables(const NpyRequest& request) {
    Pair train{NpyFile(request.train), NpyFile(request.train_target)};
    std::optional<Pair> test;
    if (request.test) test.emplace(Pair{NpyFile(*request.test), NpyFile(request.test_target)});
    return read_npy_tables(std::move(train), std::move(test), request.task);
}

NpyTables read_npy_tables(NpyPair train, std::optional<NpyPair> test, std::optional<task::Kind> task) {
    Pair* const other = test ? &*test : nullptr;
    require_item_axes(train.features);
    const bool is_ragged = train.lengths || (test && test->lengths);
    if (test) require_same_items(train.features, test->features, is_ragged);
    ItemAxes axes = item_axes(train.features.extents(), train.features.name());
    std::vector<std::string> notes = std::move(axes.notes);
    Element element = common_element(train, other);
    const std::optional<StepCounts> steps = steps_of(train, is_ragged);
    std::optional<StepCounts> test_steps;
    if (test) test_steps = steps_of(*test, is_ragged);
    if (steps) {
        axes.shape = {std::max(steps->longest, test_steps ? test_steps->longest : 0), features_of_step(train.features)};
        element = std::max(element, Element::f32);
    }
    const auto read = [&](NpyFile& file, const std::optional<StepCounts>& own, const std::string& like) {
        if (!own) return file.read(element, axes.channels_first, like);
        ArrayContent content = file.read(element, false, like, own->lengths);
        content.bytes = with_steps(content.bytes, element, own->given, axes.shape[0], axes.shape[1]);
        return content;
    };

    Targets targets = read_targets(train, other, task, notes);
    const ArrayContent content = read(train.features, steps, {});
    note_rounded(train.features, content, notes);
    const bool image = axes.shape.rank() > 1;
    const bool byte_image = image && element == Element::u8;
    const auto note = [&](std::string text) {
        if (!text.empty()) notes.push_back(std::move(text));
    };
    if (byte_image) note(scale_note(train.features.name(), content.low, content.high));
    const Description description{.task = targets.task,
                                  .element = element,
                                  .shape = axes.shape,
                                  .rows = train.features.rows(),
                                  .outputs = targets.outputs,
                                  .scale = byte_image ? byte_scale(content.high) : 1.0F,
                                  .ragged = is_ragged};
    Table train_table = make_table(description, train.features.rows(), content.bytes, targets.train);
    std::optional<Table> test_table;
    if (test) {
        const ArrayContent tested = read(test->features, test_steps, train.features.name());
        note_rounded(test->features, tested, notes);
        test_table = make_table(description, test->features.rows(), tested.bytes, *targets.test);
        const Reach learnt{.name = train.features.name(), .low = content.low, .high = content.high};
        const Reach seen{.name = test->features.name(), .low = tested.low, .high = tested.high};
        const bool pixels = byte_image || axes.shape.rank() == 3 || (!is_ragged && look_like_pixels(train_table));
        note(image ? compare_scales(learnt, seen, pixels)
                   : compare_scales_of_columns(learnt.name, train_table, seen.name, *test_table));
    }
    notes.insert(notes.end(), targets.notes.begin(), targets.notes.end());
    return {.train = std::move(train_table),
            .test = std::move(test_table),
            .class_names = std::move(targets.class_names),
            .target_names = names_of(targets),
            .notes = std::move(notes)};
}

}  // namespace ensemble::data
