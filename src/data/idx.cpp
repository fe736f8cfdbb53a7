#include "data/idx.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "data/array_reader.hpp"
#include "data/file_bytes.hpp"
#include "data/generator.hpp"
#include "data/idx_files.hpp"
#include "data/image_axes.hpp"
#include "data/scales.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
namespace fs = std::filesystem;

constexpr std::size_t most_extent = 65'536;  // rows or columns of one image

struct Code {
    unsigned code;
    Number number;
};
constexpr std::array<Code, 6> codes{Code{0x08, Number::u1}, {0x09, Number::i1}, {0x0b, Number::i2},
                                    {0x0c, Number::i4},     {0x0d, Number::f4}, {0x0e, Number::f8}};

/// An open file behind its header.
struct IdxFile {
    FileBytes bytes;
    std::string name;
    ArrayLayout layout;
    std::size_t header = 0;  ///< bytes

    [[nodiscard]] std::uint64_t rows() const { return layout.extents.front(); }
    [[nodiscard]] std::size_t element_bytes() const { return size_of(layout.stored.number); }
};

void refuse_magic(const std::string& name, std::span<const std::byte> magic, bool images) {
    const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(magic[i]); };
    if (magic.size() >= 2 && (byte(0) != 0 || byte(1) != 0)) {
        fail(Failure::data, "{}: bytes 0-1 are {:02x} {:02x}, not 00 00: this is not an IDX file", name, byte(0),
             byte(1));
    }
    if (magic.size() >= 3 && std::ranges::find(codes, byte(2), &Code::code) == codes.end()) {
        fail(Failure::data,
             "{}: byte 2 is {:02x}, which is no kind of number; IDX has 08 and 09 for bytes, 0b and 0c for whole "
             "numbers, 0d and 0e for floats",
             name, byte(2));
    }
    const bool fits = magic.size() < 4 || (images ? byte(3) == 3 || byte(3) == 4 : byte(3) == 1);
    if (!fits) {
        fail(Failure::data, "{}: byte 3 declares {} dimensions, but this file needs {}; are files swapped?", name,
             byte(3), images ? "3, or 4 for images of several channels" : "1");
    }
}

/// Bytes of the elements, before anything is allocated for them.
std::uint64_t body_bytes(const IdxFile& file) {
    std::uint64_t size = file.element_bytes();
    for (const std::uint64_t extent : file.layout.extents) {
        // No product overflows: one that the file can hold is below 2^60 only for files of petabytes.
        if (size <= file.bytes.most_bytes()) size *= extent;
    }
    if (size <= file.bytes.most_bytes()) return size;
    fail(Failure::data,
         "{}: its header declares at least {} bytes after byte {}, more than a file of its size can hold: cut short or "
         "damaged; fetch the file again",
         file.name, size, file.header);
}

/// Reads the header: two zero bytes, the element type, the number of dimensions, then each extent, big-endian.
IdxFile open(const fs::path& path, bool images) {
    IdxFile file{.bytes = FileBytes(path), .name = path.string(), .layout = {}};
    std::array<std::byte, 4> magic{};
    std::size_t got = file.bytes.read(magic);
    refuse_magic(file.name, std::span(magic).first(got), images);
    const std::size_t dimensions = got == 4 ? std::to_integer<std::size_t>(magic[3]) : 1;
    std::vector<std::byte> rest(4 * dimensions);
    got += file.bytes.read(rest);
    file.header = 4 + rest.size();
    if (got < file.header) {
        fail(Failure::data, "{}: cut short at byte {}, in its header of {} bytes; fetch the file again", file.name, got,
             file.header);
    }
    const Number number = std::ranges::find(codes, std::to_integer<unsigned>(magic[2]), &Code::code)->number;
    file.layout.stored = {number, size_of(number) > 1 && std::endian::native == std::endian::little};
    for (std::size_t i = 0; i < dimensions; ++i) {
        const auto extent = number_at<std::uint32_t>(&rest[4 * i], std::endian::native == std::endian::little);
        if (extent == 0) {
            fail(Failure::data, "{}: bytes {}-{} declare an extent of zero: the file holds nothing to learn from",
                 file.name, 4 + 4 * i, 7 + 4 * i);
        }
        if (i > 0 && extent > most_extent) {
            fail(Failure::data, "{}: bytes {}-{} declare images {} pixels across, more than {}: damaged header",
                 file.name, 4 + 4 * i, 7 + 4 * i, extent, most_extent);
        }
        file.layout.extents.push_back(extent);
    }
    require_memory(path, body_bytes(file));  // before anything is read of any file of the set
    return file;
}

/// Reads the elements to the end of the file.
ArrayContent read_body(IdxFile& file, Element element) {
    ArrayContent content = read_array(file.bytes, file.layout, element);
    std::array<std::byte, 1> beyond{};
    if (file.bytes.read(beyond) != 0) {
        fail(Failure::data, "{}: goes on after byte {}, where its header says it ends: damaged header or file",
             file.name, file.header + body_bytes(file));
    }
    return content;
}

struct Labels {
    IdxFile file;
    ArrayContent content;

    [[nodiscard]] std::span<const double> values() const {
        return {reinterpret_cast<const double*>(content.bytes.bytes.data()), file.rows()};
    }
};

Labels read_labels(const fs::path& path) {
    Labels labels{.file = open(path, false), .content = {}};
    const Number number = labels.file.layout.stored.number;
    if (number == Number::f4 || number == Number::f8) {
        fail(Failure::data, "{}: byte 2 says that its labels are floats, but classes have whole numbers",
             labels.file.name);
    }
    labels.content = read_body(labels.file, Element::f64);
    return labels;
}

std::vector<double> classes_of(const Labels& labels) {
    std::vector<double> classes(labels.values().begin(), labels.values().end());
    std::ranges::sort(classes);
    classes.erase(std::unique(classes.begin(), classes.end()), classes.end());
    if (classes.size() < 2) {
        fail(Failure::data, "{}: every row has the label {}; there is nothing to tell apart", labels.file.name,
             classes.front());
    }
    return classes;
}

bool has_gaps(const std::vector<double>& classes) {
    return classes.back() - classes.front() + 1 > static_cast<double>(classes.size());
}

std::string listed(const std::vector<double>& classes) {
    constexpr std::size_t shown = 20;
    if (!has_gaps(classes)) return fmt::format("{} to {}", classes.front(), classes.back());
    const std::span<const double> first = std::span(classes).first(std::min(shown, classes.size()));
    return fmt::format("{}{}", fmt::join(first, ", "), classes.size() > shown ? ", …" : "");
}

SharedBytes number_labels(const Labels& labels, const std::vector<double>& classes) {
    const auto values = labels.values();
    core::Buffer<std::int32_t> numbers(values.size());
    for (std::size_t row = 0; row < values.size(); ++row) {
        const auto found = std::ranges::lower_bound(classes, values[row]);
        if (found == classes.end() || *found != values[row]) {
            fail(
                Failure::data,
                "{}: row {} (byte {}) has label {}, but the training labels are {}; take both files from the same data "
                "set",
                labels.file.name, row, labels.file.header + row * labels.file.element_bytes(), values[row],
                listed(classes));
        }
        numbers[row] = static_cast<std::int32_t>(found - classes.begin());
    }
    return share(std::move(numbers));
}

void check_counts(const IdxFile& images, const Labels& labels) {
    if (images.rows() == labels.file.rows()) return;
    fail(Failure::data, "{} holds {} images, but {} holds {} labels; take both files from the same data set",
         images.name, images.rows(), labels.file.name, labels.file.rows());
}

void check_same(const IdxFile& train, const IdxFile& test) {
    const auto& a = train.layout.extents;
    const auto& b = test.layout.extents;
    if (!std::ranges::equal(a.begin() + 1, a.end(), b.begin() + 1, b.end())) {
        fail(Failure::data, "{} holds images of {} pixels, but {} of {}; take both files from the same data set",
             train.name, fmt::join(a.begin() + 1, a.end(), "×"), test.name, fmt::join(b.begin() + 1, b.end(), "×"));
    }
    if (train.layout.stored == test.layout.stored) return;
    fail(Failure::data, "{} and {} differ in byte 2, the kind of their numbers; take both files from the same data set",
         train.name, test.name);
}

}  // namespace

IdxTables read_idx(const fs::path& directory) {
    const IdxFiles files = find_idx_files(directory);
    // Labels first: they are small, and much can be refused before the images are read.
    const Labels train_labels = read_labels(files.train_labels);
    const Labels test_labels = read_labels(files.test_labels);
    const std::vector<double> classes = classes_of(train_labels);
    SharedBytes train_targets = number_labels(train_labels, classes);
    SharedBytes test_targets = number_labels(test_labels, classes);

    IdxFile train = open(files.train_images, true);
    check_counts(train, train_labels);
    IdxFile test = open(files.test_images, true);
    check_counts(test, test_labels);
    check_same(train, test);
    ItemAxes axes = item_axes(train.layout.extents, train.name);
    train.layout.channels_first = test.layout.channels_first = axes.channels_first;
    const Element element = element_for(train.layout.stored.number);
    // What is packed takes a core longer to unpack than anything else takes before the first step. Where there is no
    // room for another thread, the test images are read at get().
    std::future<ArrayContent> test_body = std::async([&] { return read_body(test, element); });
    const ArrayContent train_content = read_body(train, element);
    const ArrayContent test_content = test_body.get();

    std::vector<std::string> notes = std::move(axes.notes);
    const auto note = [&](std::string text) {
        if (!text.empty()) notes.push_back(std::move(text));
    };
    const bool bytes = element == Element::u8;
    if (bytes) note(scale_note(train.name, train_content.low, train_content.high));
    note(compare_scales({.name = train.name, .low = train_content.low, .high = train_content.high},
                        {.name = test.name, .low = test_content.low, .high = test_content.high}, true));
    std::vector<std::string> names;
    if (classes.front() != 0 || has_gaps(classes)) {
        for (const double each : classes) names.push_back(fmt::format("{}", each));
    }
    if (has_gaps(classes)) {
        note(fmt::format("{}: its labels have gaps: {} classes, {}", train_labels.file.name, classes.size(),
                         listed(classes)));
    }
    const Description description{.task = task::Kind::classification,
                                  .element = element,
                                  .shape = axes.shape,
                                  .rows = train.rows(),
                                  .outputs = classes.size(),
                                  .scale = bytes ? byte_scale(train_content.high) : 1.0F};
    Description test_description = description;
    test_description.rows = test.rows();
    return {.train = {description, train_content.bytes, std::move(train_targets)},
            .test = {test_description, test_content.bytes, std::move(test_targets)},
            .class_names = std::move(names),
            .notes = std::move(notes)};
}

}  // namespace ensemble::data
