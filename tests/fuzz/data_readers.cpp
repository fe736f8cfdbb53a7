#include <algorithm>
#include <cctype>
#include <fstream>
#include <utility>

#include <zlib.h>

#include "data/file_bytes.hpp"
#include "data/folder.hpp"
#include "data/image_file.hpp"
#include "data/picture.hpp"
#include "data/source.hpp"
#include "data/zip.hpp"
#include "fuzz/readers.hpp"

namespace ensemble::fuzz {
namespace {

namespace fs = std::filesystem;
using testing::gzip;
using testing::npy;
using testing::ZipFile;

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

fs::path put(const fs::path& file, const Bytes& bytes) {
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file;
}

const Bytes features = npy<float>("<f4", "(6, 2)", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
const Bytes labels = npy<std::int32_t>("<i4", "(6,)", {0, 1, 2, 0, 1, 2});
const Bytes ends = npy<std::int32_t>("<i4", "(6,)", {1, 2, 1, 2, 2, 1});

std::vector<Bytes> arrays() {
    const std::vector<float> many{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    Bytes fortran = features;
    const std::string_view yes = "True, ";
    const auto at = std::ranges::search(fortran, std::string_view("False,")).begin();
    std::ranges::copy(yes, at);
    return {features,
            labels,
            fortran,
            npy<std::uint8_t>("|u1", "(6, 1, 2)", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 255}),
            npy<float>(">f4", "(6, 1, 2, 1)", many),
            npy<double>("<f8", "(6, 2)", {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1e300}),
            npy<std::uint16_t>("<f2", "(6, 1)", {0x3c00, 1, 2, 3, 4, 5}),
            npy<std::int64_t>("<i8", "(6,)", {1, 2, 3, 1, 2, 3}),
            npy<std::uint32_t>("<U2", "(6,)", {'a', 'b', 'a', 0, 'b', 0, 'a', 'b', 'a', 0, 'b', 0})};
}

Bytes with_checksums(Bytes file);

std::vector<Bytes> tables() {
    return {bytes_of("a,b,k\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n"),
            bytes_of("a;b;k\r\n1,5;2;x\r\n3,5;\"4\";\"y \"\"z\"\"\"\r\n5,5;6;x\r\n1;2;y\r\n"),
            bytes_of("# comment\n1 2 3\n4 5 6\n7 8 9\n1 0 2\n"),
            bytes_of("\xEF\xBB\xBFsep=,\nid,when,y\n1,2020-01-01,0.5\n2,NA,1.5\n3,,2.5\n"),
            bytes_of("a\tb\n1e3\t-2.5E-3\n\xe2\x88\x92"
                     "1\t0x10\nTrue\t1_000\n"),
            bytes_of("x|y\n1|0\n2|1\n3|0\n4|1\n")};
}

/// Chunks of a PNG with the checksums that they should have, so that changes reach what is behind these.
Bytes with_checksums(Bytes file) {
    constexpr std::size_t signature = 8;
    constexpr std::size_t frame = 12;  // length, name and checksum of a chunk
    for (std::size_t at = signature; at + frame <= file.size();) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < 4; ++i) length = length << 8U | file[at + i];
        if (length > file.size() - at - frame) break;
        const auto sum = crc32(0, &file[at + 4], static_cast<unsigned>(length + 4));
        for (std::size_t i = 0; i < 4; ++i) file[at + 8 + length + i] = static_cast<std::uint8_t>(sum >> (24 - 8 * i));
        at += length + frame;
    }
    return file;
}

void read_picture(const Bytes& input, const fs::path& scratch) {
    static_cast<void>(data::resized(data::read_picture(put(scratch / "x.png", input)), 3, 5));
}

void read_arrays(const Bytes& x, const Bytes& y, const fs::path& scratch) {
    const fs::path file = put(scratch / "d.npz", testing::zip({{"x.npy", x, true}, {"y.npy", y}}));
    static_cast<void>(data::load(data::Request{.data = file.string()}));
}

void read_npy(const Bytes& x, const Bytes& y, const fs::path& scratch) {
    const fs::path file = put(scratch / "x.npy", x);
    static_cast<void>(data::load(data::Request{.data = file.string(), .target = put(scratch / "y.npy", y).string()}));
}

/// A file of IDX, `changed` of the four.
void read_idx(const Bytes& input, const fs::path& scratch, std::string_view changed) {
    const Bytes images = testing::idx({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 250});
    const Bytes digits = testing::idx({2}, {0, 1});
    fs::create_directories(scratch / "idx");
    for (const std::string_view name :
         {"train-images-idx3-ubyte", "t10k-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-labels-idx1-ubyte"}) {
        const bool is_image = name.find("images") != std::string_view::npos;
        put(scratch / "idx" / name, name.starts_with(changed) ? input : is_image ? images : digits);
    }
    static_cast<void>(data::load((scratch / "idx").string(), 1));
}

/// Large numbers before a colon make rows that are as wide as they say, which takes long.
bool has_large_index(const Bytes& input) {
    constexpr int most = 3;
    int digits = 0;
    for (const std::uint8_t byte : input) {
        if (byte == ':' && digits > most) return true;
        digits = std::isdigit(byte) != 0 ? digits + 1 : 0;
    }
    return false;
}

}  // namespace

std::vector<Reader> data_readers() {
    const std::vector<std::string> header_words{
        "(",   ")",         ",",   "'descr'", "'shape'", "True", "False",
        "<f8", "|b1",       "<U4", "|S3",     "{",       "}",    "18446744073709551615",
        "0,",  "4294967296"};
    const std::vector<std::string> table_words{",",    ";",     "\t",  "|",          "\"",   "\"\"", "\n",
                                               "\r\n", "NA",    "?",   "1e999",      "-0",   "nan",  "inf",
                                               "#",    "0x1p3", "1,5", "2020-01-01", "sep=;"};
    std::vector<Bytes> packed{gzip(bytes_of("a,b\n1,2\n")), gzip(Bytes(5000, 'a'))};
    packed.push_back(packed.front());
    packed.back().insert(packed.back().end(), packed.front().begin(), packed.front().end());
    const std::vector<Bytes> archives{testing::zip({{"x.npy", features}, {"y.npy", labels}}),
                                      testing::zip({{"x.npy", features, true}, {"y.npy", labels, true}}),
                                      testing::zip({{"x.npy", features}, {"y.npy", labels}, {"lengths.npy", ends}}),
                                      testing::zip({{"a.npy", features}, {"b", {1, 2, 3}}})};
    const std::vector<Bytes> pictures{testing::png(2, 3, 0, {1, 2, 3, 4, 5, 6}),
                                      testing::png(1, 2, 2, {1, 2, 3, 4, 5, 6}),
                                      testing::png(1, 2, 6, {1, 2, 3, 4, 5, 6, 7, 8}),
                                      testing::png(1, 1, 4, {1, 2, 3, 4}, 16), testing::png(2, 8, 0, {0xaa, 0x55}, 1)};
    std::vector<Reader> all;
    const auto add = [&](Reader reader) { all.push_back(std::move(reader)); };
    add({"npy", [](const Bytes& x, const fs::path& s) { read_npy(x, labels, s); }, arrays(), header_words});
    add({"npy-targets", [](const Bytes& y, const fs::path& s) { read_npy(features, y, s); }, arrays(), header_words});
    add({"npz",
         [](const Bytes& input, const fs::path& scratch) {
             static_cast<void>(data::load(put(scratch / "d.npz", input).string(), 1));
         },
         archives,
         {"PK\1\2", "PK\3\4", "PK\5\6", "x.npy", "y_test.npy", "lengths_test.npy"}});
    add({"npz-array", [](const Bytes& x, const fs::path& s) { read_arrays(x, labels, s); }, arrays(), header_words});
    add({"idx-images",
         [](const Bytes& input, const fs::path& s) { read_idx(input, s, "train-images"); },
         {testing::idx({2, 3, 2}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 250}),
          testing::idx({2, 1, 2, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 250})}});
    add({"idx-labels",
         [](const Bytes& input, const fs::path& s) { read_idx(input, s, "train-labels"); },
         {testing::idx({2}, {0, 1}), testing::idx({2}, {4, 255})}});
    add({"gzip",
         [](const Bytes& input, const fs::path& scratch) {
             static_cast<void>(data::FileBytes(put(scratch / "x.gz", input)).read_text());
         },
         packed});
    add({"text",
         [](const Bytes& input, const fs::path& scratch) {
             static_cast<void>(data::load(put(scratch / "x.csv", input).string(), 1));
         },
         tables(), table_words});
    add({"libsvm",
         [](const Bytes& input, const fs::path& scratch) {
             if (has_large_index(input)) return;
             static_cast<void>(data::load(put(scratch / "x.svm", input).string(), 1));
         },
         {bytes_of("+1 1:0.5 3:-2e1 # why\n-1 2:7\n+1 1:1\n-1\n"), bytes_of("0.5 0:1 1:2\n2.25 7:1e-3\n1e1 0:3\n")},
         {":", " ", "\n", "#", "qid:1", "1:1", "nan", "-0", "+1", "1e39", "300:2"}});
    add({"png",
         [](const Bytes& input, const fs::path& scratch) { read_picture(with_checksums(input), scratch); },
         pictures,
         {"IHDR", "IDAT", "PLTE", "tRNS", "IEND", "gAMA", "iCCP", "zTXt"}});
    add({"jpeg",
         read_picture,
         {testing::jpeg(2, 3, true, {1, 2, 3, 4, 5, 6}), testing::jpeg(1, 2, false, {1, 2, 3, 4, 5, 6}),
          testing::jpeg(17, 9, true, Bytes(17 * 9, 99))},
         {"\xff\xd8", "\xff\xd9", "\xff\xc0", "\xff\xc2", "\xff\xda", "\xff\xc4"}});
    return all;
}

}  // namespace ensemble::fuzz
