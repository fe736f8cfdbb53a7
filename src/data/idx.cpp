#include "data/idx.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "core/error.hpp"
#include "data/file_bytes.hpp"
#include "data/generator.hpp"

namespace data {
namespace {

using core::Failure;
namespace fs = std::filesystem;

constexpr std::uint8_t unsigned_byte = 0x08;
constexpr std::size_t most_extent = 65'536;  // rows or columns of one image

struct Images {
    fs::path path;
    core::Shape shape;
    std::size_t rows = 0;
    SharedBytes pixels;
};

struct Labels {
    fs::path path;
    core::Buffer<std::uint8_t> values;
};

/// The one of the accepted spellings of `part`-`kind` that exists, plain before compressed.
fs::path find_file(const fs::path& directory, const std::string& part, const std::string& kind, int dimensions) {
    const std::string stem = part + "-" + kind;
    const std::string type = "idx" + std::to_string(dimensions) + "-ubyte";
    for (const char* compression : {"", ".gz"}) {
        for (const char* separator : {"-", "."}) {
            fs::path path = directory / (stem + separator + type + compression);
            std::error_code error;
            if (fs::exists(path, error)) return path;
        }
    }
    core::fail(Failure::data,
               "{}: {}-{} is missing, plain or with .gz; a data directory holds train-images-idx3-ubyte, "
               "train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte",
               directory.string(), stem, type);
}

/// Reads the header: two zero bytes, the element type, the number of dimensions, then each extent, big-endian.
std::vector<std::uint64_t> read_extents(FileBytes& file, std::size_t dimensions) {
    std::vector<std::byte> header(4 + 4 * dimensions);
    const std::size_t got = file.read(header);
    const auto byte = [&](std::size_t i) { return std::to_integer<unsigned>(header[i]); };
    const std::string name = file.path().string();
    if (got >= 2 && (byte(0) != 0 || byte(1) != 0)) {
        core::fail(Failure::data, "{}: bytes 0-1 are {:02x} {:02x}, not 00 00: this is not an IDX file", name, byte(0),
                   byte(1));
    }
    if (got >= 3 && byte(2) != unsigned_byte) {
        core::fail(Failure::data, "{}: byte 2 is {:02x}, but only unsigned bytes (08) are read; convert the file", name,
                   byte(2));
    }
    if (got >= 4 && byte(3) != dimensions) {
        core::fail(Failure::data, "{}: byte 3 declares {} dimensions, but this file needs {}; are files swapped?", name,
                   byte(3), dimensions);
    }
    if (got < header.size()) {
        core::fail(Failure::data, "{}: cut short at byte {}, in its header of {} bytes; fetch the file again", name,
                   got, header.size());
    }
    std::vector<std::uint64_t> extents(dimensions);
    for (std::size_t i = 0; i < dimensions; ++i) {
        for (std::size_t k = 0; k < 4; ++k) extents[i] = extents[i] << 8U | byte(4 + 4 * i + k);
        if (extents[i] == 0) {
            core::fail(Failure::data, "{}: bytes {}-{} declare an extent of zero: the file holds nothing to learn from",
                       name, 4 + 4 * i, 7 + 4 * i);
        }
        if (i > 0 && extents[i] > most_extent) {
            core::fail(Failure::data, "{}: bytes {}-{} declare images {} pixels across, more than {}: damaged header",
                       name, 4 + 4 * i, 7 + 4 * i, extents[i], most_extent);
        }
    }
    return extents;
}

/// Reads exactly `size` bytes to the end of the file. Nothing is allocated before `size` is known to be possible.
core::Buffer<std::uint8_t> read_body(FileBytes& file, std::uint64_t size, std::size_t header) {
    const std::string name = file.path().string();
    if (size > file.most_bytes()) {
        core::fail(
            Failure::data,
            "{}: its header declares {} bytes after byte {}, more than a file of its size can hold: cut short or "
            "damaged; fetch the file again",
            name, size, header);
    }
    core::Buffer<std::uint8_t> body(size);
    const std::size_t got = file.read(std::as_writable_bytes(std::span(body)));
    if (got < size) {
        core::fail(Failure::data, "{}: cut short at byte {} of {}; fetch the file again", name, header + got,
                   header + size);
    }
    std::array<std::byte, 1> beyond{};
    if (file.read(beyond) != 0) {
        core::fail(Failure::data, "{}: goes on after byte {}, where its header says it ends: damaged header or file",
                   name, header + size);
    }
    return body;
}

Images read_images(const fs::path& path) {
    FileBytes file(path);
    const auto extents = read_extents(file, 3);
    // Below 2^32 · 2^16 · 2^16: the product fits 64 bits.
    const std::uint64_t size = extents[0] * extents[1] * extents[2];
    auto pixels = share(read_body(file, size, 16));
    return {path, {extents[1], extents[2]}, extents[0], std::move(pixels)};
}

Labels read_labels(const fs::path& path) {
    FileBytes file(path);
    const auto extents = read_extents(file, 1);
    return {path, read_body(file, extents[0], 8)};
}

void check_counts(const Images& images, const Labels& labels) {
    if (images.rows == labels.values.size()) return;
    core::fail(Failure::data, "{} holds {} images, but {} holds {} labels; take both files from the same data set",
               images.path.string(), images.rows, labels.path.string(), labels.values.size());
}

/// Every label from the smallest to the largest one must occur in training: a damaged byte would add classes that
/// nothing can be learnt about. Returns the number of classes, from 0.
std::size_t count_classes(const Labels& labels) {
    std::array<bool, 256> seen{};
    for (const std::uint8_t label : labels.values) seen[label] = true;
    const std::size_t largest = std::ranges::max(labels.values);
    const std::size_t smallest = std::ranges::min(labels.values);
    for (std::size_t label = smallest; label < largest; ++label) {
        if (seen[label]) continue;
        std::size_t above = label;
        while (!seen[above]) ++above;
        const auto row = std::ranges::find(labels.values, above) - labels.values.begin();
        core::fail(Failure::data,
                   "{}: row {} (byte {}) has label {}, but no row has label {}: labels out of range or a damaged file; "
                   "number the classes without gaps",
                   labels.path.string(), row, 8 + row, above, label);
    }
    return std::max<std::size_t>(2, largest + 1);
}

Table make_table(const Images& images, const Labels& labels, std::size_t classes) {
    for (std::size_t row = 0; row < labels.values.size(); ++row) {
        if (labels.values[row] < classes) continue;
        core::fail(Failure::data,
                   "{}: row {} (byte {}) has label {}, but the training labels go from 0 to {}; take both files from "
                   "the same data set",
                   labels.path.string(), row, 8 + row, labels.values[row], classes - 1);
    }
    const Description description{.task = Task::classification,
                                  .element = Element::u8,
                                  .shape = images.shape,
                                  .rows = images.rows,
                                  .outputs = classes,
                                  .scale = 1.0F / 255.0F};
    core::Buffer<std::int32_t> targets(labels.values.begin(), labels.values.end());
    return {description, images.pixels, share(std::move(targets))};
}

}  // namespace

IdxTables read_idx(const fs::path& directory) {
    const fs::path train_images_path = find_file(directory, "train", "images", 3);
    const fs::path train_labels_path = find_file(directory, "train", "labels", 1);
    const fs::path test_images_path = find_file(directory, "t10k", "images", 3);
    const fs::path test_labels_path = find_file(directory, "t10k", "labels", 1);

    // Labels first: they are small, and much can be refused before the images are read.
    const Labels train_labels = read_labels(train_labels_path);
    const Labels test_labels = read_labels(test_labels_path);
    const std::size_t classes = count_classes(train_labels);
    const Images train = read_images(train_images_path);
    check_counts(train, train_labels);
    const Images test = read_images(test_images_path);
    check_counts(test, test_labels);
    if (train.shape != test.shape) {
        core::fail(Failure::data, "{} holds images of {} pixels, but {} of {}; take both files from the same data set",
                   train.path.string(), train.shape.text(), test.path.string(), test.shape.text());
    }
    return {make_table(train, train_labels, classes), make_table(test, test_labels, classes)};
}

}  // namespace data
