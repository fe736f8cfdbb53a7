#include "data/idx.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "data/failure.hpp"
#include "data/folder.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(idx_tests)

namespace {

using core::Failure;
using data::read_idx;
using testing::Bytes;
using testing::failure;
using testing::gzip;
using testing::idx;

const std::string train_images = "train-images-idx3-ubyte";
const std::string train_labels = "train-labels-idx1-ubyte";
const std::string test_images = "t10k-images-idx3-ubyte";
const std::string test_labels = "t10k-labels-idx1-ubyte";

/// Pixels that compress, but not to nothing.
Bytes some_pixels(std::size_t count) {
    Bytes values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<std::uint8_t>(i * i % 23 * 11);
    return values;
}

/// A good set of five training and three test images of 3×4 pixels, three classes.
std::map<std::string, Bytes> good_files() {
    return {{train_images, idx({5, 3, 4}, some_pixels(60))},
            {train_labels, idx({5}, {0, 2, 1, 0, 2})},
            {test_images, idx({3, 3, 4}, some_pixels(36))},
            {test_labels, idx({3}, {2, 2, 0})}};
}

/// A folder with the good set, ready to be damaged.
class GoodFolder : public testing::Folder {
public:
    explicit GoodFolder(bool compressed = false) {
        for (const auto& [name, bytes] : good_files())
            write(name + (compressed ? ".gz" : ""), compressed ? gzip(bytes) : bytes);
    }
};

void check_good(const data::IdxTables& tables) {
    BOOST_TEST(tables.train.rows() == 5U);
    BOOST_TEST(tables.test.rows() == 3U);
    BOOST_TEST(tables.train.outputs() == 3U);
    BOOST_TEST(tables.test.outputs() == 3U);
    BOOST_TEST((tables.train.shape() == core::Shape{3, 4}));
    BOOST_TEST((tables.train.description().element == data::Element::u8));
    BOOST_TEST(tables.train.description().scale == 1.0F / 255.0F);
    const Bytes pixels = some_pixels(60);
    BOOST_TEST(std::ranges::equal(tables.train.feature_bytes(), std::as_bytes(std::span(pixels))));
    BOOST_TEST(std::ranges::equal(tables.train.labels(), std::vector<std::int32_t>{0, 2, 1, 0, 2}));
    BOOST_TEST(std::ranges::equal(tables.test.labels(), std::vector<std::int32_t>{2, 2, 0}));
}

/// Expects an error (data) that says all `words`.
template <class... Words>
void check_refused(const testing::Folder& folder, Words... words) {
    BOOST_CHECK_EXCEPTION(static_cast<void>(read_idx(folder.path())), core::Error, failure(Failure::data, words...));
}

/// Replaces one file of a good set and expects an error (data) that names the file and says all `words`.
template <class... Words>
void check_refused(const std::string& name, const Bytes& bytes, Words... words) {
    const GoodFolder folder;
    folder.write(name, bytes);
    check_refused(folder, name.c_str(), words...);
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_plain_files) {
    check_good(read_idx(GoodFolder().path()));
}

BOOST_AUTO_TEST_CASE(reads_compressed_files) {
    check_good(read_idx(GoodFolder(true).path()));
}

BOOST_AUTO_TEST_CASE(reads_the_dotted_spelling_plain_and_compressed) {
    const testing::Folder folder;
    const auto files = good_files();
    folder.write("train-images.idx3-ubyte", files.at(train_images));
    folder.write("train-labels.idx1-ubyte.gz", gzip(files.at(train_labels)));
    folder.write("t10k-images.idx3-ubyte.gz", gzip(files.at(test_images)));
    folder.write("t10k-labels.idx1-ubyte", files.at(test_labels));
    check_good(read_idx(folder.path()));
}

BOOST_AUTO_TEST_CASE(names_the_file_that_is_missing) {
    for (const std::string& name : {train_images, train_labels, test_images, test_labels}) {
        const GoodFolder folder;
        folder.remove(name);
        check_refused(folder, name.c_str(), "is missing", folder.path().c_str());
    }
}

BOOST_AUTO_TEST_CASE(refuses_a_folder_in_place_of_a_file) {
    const GoodFolder folder;
    folder.remove(test_labels);
    std::filesystem::create_directory(folder.path() / test_labels);
    check_refused(folder, test_labels.c_str(), "not a regular file");
}

BOOST_AUTO_TEST_CASE(refuses_wrong_magic_by_byte) {
    const auto with = [](std::size_t at, std::uint8_t value) {
        Bytes file = good_files().at(train_images);
        file.at(at) = value;
        return file;
    };
    check_refused(train_images, with(0, 1), "bytes 0-1", "01 00");
    check_refused(train_images, with(1, 0x50), "bytes 0-1", "00 50");
    check_refused(train_images, with(2, 0x0f), "byte 2", "0f");
    check_refused(train_images, with(3, 1), "byte 3", "1 dimensions", "needs 3");
    check_refused(test_labels, idx({3, 3, 4}, some_pixels(36)), "byte 3", "3 dimensions", "needs 1");
}

BOOST_AUTO_TEST_CASE(refuses_plain_files_cut_short_at_every_byte) {
    for (const auto& [name, bytes] : good_files()) {
        for (std::size_t length = 0; length < bytes.size(); ++length) {
            check_refused(name, Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)), "cut short");
        }
    }
}

BOOST_AUTO_TEST_CASE(refuses_compressed_files_cut_short_at_every_byte) {
    for (const auto& [name, bytes] : good_files()) {
        const Bytes packed = gzip(bytes);
        const GoodFolder folder(true);
        for (std::size_t length = 0; length < packed.size(); ++length) {
            folder.write(name + ".gz", Bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(length)));
            check_refused(folder, (name + ".gz").c_str(), "gzip damage");
        }
    }
}

// Bits without meaning are covered by no checksum: the text hint, time stamp, compression hint and operating system of
// the header, and what fills the last byte of the compressed data. Flipping one must leave the content as it is;
// whatever else is flipped must be noticed.
BOOST_AUTO_TEST_CASE(notices_every_flipped_bit_of_a_compressed_file) {
    for (const std::string& name : {train_images, train_labels}) {
        const Bytes packed = gzip(good_files().at(name));
        const GoodFolder folder(true);
        std::size_t in_last_byte = 0;
        for (std::size_t bit = 0; bit < 8 * packed.size(); ++bit) {
            Bytes damaged = packed;
            damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
            folder.write(name + ".gz", damaged);
            const std::size_t byte = bit / 8;
            const bool hint = bit == 24 || (byte >= 4 && byte <= 9);
            try {
                check_good(read_idx(folder.path()));
                if (byte == packed.size() - 9) {
                    ++in_last_byte;
                } else {
                    BOOST_TEST(hint, "bit " << bit % 8 << " of byte " << byte << " was not noticed");
                }
            } catch (const core::Error& error) {
                BOOST_TEST(!hint);
                BOOST_TEST((error.kind() == Failure::data));
                BOOST_TEST(std::string(error.what()).find(name + ".gz") != std::string::npos);
            }
        }
        BOOST_TEST(in_last_byte < 8U);
    }
}

BOOST_AUTO_TEST_CASE(notices_every_flipped_bit_of_a_plain_header) {
    for (const auto& [name, bytes] : good_files()) {
        const std::size_t header = bytes[3] == 3 ? 16 : 8;
        for (std::size_t bit = 0; bit < 8 * header; ++bit) {
            Bytes damaged = bytes;
            // Bytes with a sign are another kind of file, which is as good.
            if (bit == 16) continue;
            damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
            check_refused(name, damaged);
        }
    }
}

BOOST_AUTO_TEST_CASE(refuses_bytes_after_the_end) {
    for (const auto& [name, bytes] : good_files()) {
        Bytes longer = bytes;
        longer.push_back(0);
        check_refused(name, longer, "goes on after byte", std::to_string(bytes.size()).c_str());

        const GoodFolder folder(true);
        folder.write(name + ".gz", gzip(longer));
        check_refused(folder, name.c_str(), "goes on");
        Bytes trailed = gzip(bytes);
        trailed.insert(trailed.end(), {'j', 'u', 'n', 'k'});
        folder.write(name + ".gz", trailed);
        check_refused(folder, name.c_str(), "gzip damage");
    }
}

BOOST_AUTO_TEST_CASE(refuses_counts_that_differ) {
    check_refused(train_labels, idx({4}, {0, 2, 1, 0}), train_images.c_str(), "5 images", "4 labels");
    check_refused(test_images, idx({2, 3, 4}, some_pixels(24)), test_labels.c_str(), "2 images", "3 labels");
}

BOOST_AUTO_TEST_CASE(refuses_images_of_different_sizes) {
    check_refused(test_images, idx({3, 4, 3}, some_pixels(36)), train_images.c_str(), "3×4", "4×3");
}

BOOST_AUTO_TEST_CASE(refuses_empty_files_of_zero_extent) {
    check_refused(train_labels, idx({0}, {}), "bytes 4-7", "zero");
    check_refused(train_images, idx({0, 3, 4}, {}), "bytes 4-7", "zero");
    check_refused(train_images, idx({5, 0, 4}, {}), "bytes 8-11", "zero");
    check_refused(train_images, idx({5, 3, 0}, {}), "bytes 12-15", "zero");
}

// The declared sizes, up to 2^64 bytes, would not fit any machine: the test passes only if nothing is allocated.
BOOST_AUTO_TEST_CASE(refuses_absurd_extents_before_allocating) {
    check_refused(train_images, idx({0xffffffff, 65536, 65536}, some_pixels(60)), "more than a file of its size");
    check_refused(train_images, idx({0x80000000, 65536, 32768}, some_pixels(60)), "more than a file of its size");
    check_refused(train_images, idx({5, 0xffffffff, 4}, some_pixels(60)), "bytes 8-11", "damaged header");
    check_refused(train_images, idx({5, 3, 65537}, some_pixels(60)), "bytes 12-15", "damaged header");
    check_refused(train_labels, idx({0xffffffff}, {0, 2, 1, 0, 2}), "more than a file of its size");

    const GoodFolder folder(true);
    folder.write(train_images + ".gz", gzip(idx({0xffffffff, 65536, 65536}, some_pixels(60))));
    check_refused(folder, train_images.c_str(), "more than a file of its size");
}

BOOST_AUTO_TEST_CASE(refuses_test_labels_that_were_never_trained) {
    check_refused(test_labels, idx({3}, {2, 0, 3}), "row 2", "byte 10", "label 3", "0 to 2");
}

BOOST_AUTO_TEST_CASE(has_two_classes_or_more) {
    check_refused(train_labels, idx({5}, {0, 0, 0, 0, 0}), "every row has the label 0");
    const GoodFolder folder;
    std::vector<std::uint8_t> all(256);
    std::iota(all.begin(), all.end(), std::uint8_t{0});
    folder.write(train_images, idx({256, 3, 4}, some_pixels(256 * 12)));
    folder.write(train_labels, idx({256}, all));
    BOOST_TEST(read_idx(folder.path()).train.outputs() == 256U);
}

BOOST_AUTO_TEST_CASE(labels_are_classes_whatever_their_numbers) {
    using Names = std::vector<std::string>;
    BOOST_TEST(read_idx(GoodFolder().path()).class_names.empty());
    const GoodFolder folder;
    folder.write(train_labels, idx({5}, {1, 2, 1, 3, 2}));
    folder.write(test_labels, idx({3}, {2, 3, 1}));
    const data::IdxTables from1 = read_idx(folder.path());
    BOOST_TEST(from1.train.outputs() == 3U);
    BOOST_TEST((from1.class_names == Names{"1", "2", "3"}));
    BOOST_TEST(from1.test.labels()[1] == 2);
    BOOST_TEST(from1.notes.empty());
    folder.write(train_labels, idx({5}, {3, 5, 5, 3, 5}));
    check_refused(folder, test_labels.c_str(), "row 0 (byte 8) has label 2", "are 3, 5");
    folder.write(test_labels, idx({3}, {5, 3, 3}));
    const data::IdxTables gap = read_idx(folder.path());
    BOOST_TEST((gap.class_names == Names{"3", "5"}));
    BOOST_TEST(gap.notes.size() == 1U);
}

BOOST_AUTO_TEST_CASE(other_kinds_of_numbers_and_colour_are_read) {
    const auto coded = [](Bytes file, std::uint8_t code) {
        file[2] = code;
        return file;
    };
    const GoodFolder folder;
    folder.write(train_labels, coded(idx({5}, {0, 0, 0, 2, 0, 1, 0, 0, 0, 2}), 0x0b));
    Bytes pixels(2 * 60);
    for (std::size_t i = 0; i < 60; ++i) pixels[2 * i] = 1, pixels[2 * i + 1] = static_cast<std::uint8_t>(i);
    folder.write(train_images, coded(idx({5, 3, 4}, pixels), 0x0b));
    check_refused(folder, "differ in byte 2");
    folder.write(test_images, coded(idx({3, 3, 4}, Bytes(72, 1)), 0x0b));
    const data::IdxTables words = read_idx(folder.path());
    BOOST_TEST((words.train.description().element == data::Element::f32));
    BOOST_TEST(words.train.description().scale == 1.0F);
    BOOST_TEST(words.train.labels()[1] == 2);
    std::vector<float> row(12);
    words.train.gather(std::vector<std::uint32_t>{1}, row.data(), 12);
    BOOST_TEST(row[3] == 256.0F + 15);
    check_refused(train_labels, coded(idx({5}, Bytes(20)), 0x0d), "labels are floats");

    const GoodFolder colour;
    colour.write(train_images, idx({5, 3, 6, 5}, some_pixels(450)));
    colour.write(test_images, idx({3, 3, 6, 5}, some_pixels(270)));
    BOOST_TEST((read_idx(colour.path()).train.shape() == core::Shape{6, 5, 3}));
    colour.write(train_images, idx({5, 6, 5, 3}, some_pixels(450)));
    colour.write(test_images, idx({3, 6, 5, 3}, some_pixels(270)));
    BOOST_TEST((read_idx(colour.path()).train.shape() == core::Shape{6, 5, 3}));
}

BOOST_AUTO_TEST_CASE(test_images_on_another_scale_are_refused) {
    const GoodFolder folder;
    folder.write(train_images, idx({5, 3, 4}, Bytes(60, 255)));
    folder.write(test_images, idx({3, 3, 4}, Bytes(36, 1)));
    check_refused(folder, test_images.c_str(), "from 1 to 1", "one scale");
}

BOOST_AUTO_TEST_CASE(files_may_have_one_beginning) {
    const testing::Folder folder;
    const auto files = good_files();
    folder.write("emnist-letters-train-images-idx3-ubyte.gz", gzip(files.at(train_images)));
    folder.write("emnist-letters-train-labels-idx1-ubyte.gz", gzip(files.at(train_labels)));
    folder.write("emnist-letters-test-images-idx3-ubyte", files.at(test_images));
    folder.write("README", {'x'});
    check_refused(folder, "emnist-letters-t10k-labels-idx1-ubyte is missing");
    folder.write("emnist-letters-test-labels-idx1-ubyte", files.at(test_labels));
    check_good(read_idx(folder.path()));
    for (const auto& [name, bytes] : files) folder.write(name, bytes);
    check_refused(folder, "holds 2 data sets", "emnist-letters-train-images-idx3-ubyte.gz");
    // Half a set beside a whole one is none.
    folder.remove(test_labels);
    check_good(read_idx(folder.path()));
}

BOOST_AUTO_TEST_CASE(refuses_what_only_claims_to_be_gzip) {
    const GoodFolder folder(true);
    folder.write(test_images + ".gz", good_files().at(test_images));
    check_refused(folder, test_images.c_str(), "does not begin as gzip files do");
}

BOOST_AUTO_TEST_SUITE_END()
