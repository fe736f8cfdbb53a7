#include "store/prediction_files.hpp"

#include <cstring>
#include <limits>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "store/npy.hpp"
#include "store/scratch_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(prediction_files_tests)

namespace fs = std::filesystem;
using store::PredictionFiles;
using Floats = std::vector<float>;

namespace {

constexpr std::size_t rows = 5;
constexpr std::size_t width = 3;

/// 0.5, 1.5, 2.5 …
Floats numbered() {
    Floats values(rows * width);
    std::iota(values.begin(), values.end(), 0.5F);
    return values;
}

/// What reading all rows of the member is refused with; empty if it is not.
std::string refusal(const PredictionFiles& files, std::uint32_t member) {
    Floats out(rows * width);
    try {
        files.read_rows(member, 0, rows, out);
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::data));
        return error.what();
    }
    return {};
}

void put_bytes(const fs::path& path, std::span<const std::byte> bytes) {
    put_text(path, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace

BOOST_AUTO_TEST_CASE(files_are_named_by_the_members_index) {
    const PredictionFiles files("runs/x/predictions/test", rows, width);
    BOOST_TEST(files.path(7) == "runs/x/predictions/test/0007.npy");
    BOOST_TEST(files.path(12345) == "runs/x/predictions/test/12345.npy");
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_bit_for_bit) {
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch.path(), rows, width);
    Floats values = numbered();
    values[1] = std::numeric_limits<float>::denorm_min();
    values[2] = -0.0F;
    files.write(3, values);
    const auto read = files.read(3);
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST((std::memcmp(read->data(), values.data(), values.size() * sizeof(float)) == 0));
    BOOST_TEST((scratch.content() == std::set<std::string>{"0003.npy"}));
}

BOOST_AUTO_TEST_CASE(it_is_a_numpy_file_of_rows_by_width) {
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch.path(), rows, width);
    files.write(0, numbered());
    const std::string text = text_of(files.path(0));
    const auto matrix = store::floats_from_npy(std::as_bytes(std::span(text)), "0000.npy");
    BOOST_TEST(matrix.rows == rows);
    BOOST_TEST(matrix.columns == width);
    BOOST_TEST((matrix.values == numbered()));
}

BOOST_AUTO_TEST_CASE(any_stretch_of_rows_can_be_read) {
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch.path(), rows, width);
    const Floats values = numbered();
    files.write(0, values);
    for (std::size_t first = 0; first <= rows; ++first) {
        for (std::size_t count = 0; first + count <= rows; ++count) {
            Floats out(count * width);
            files.read_rows(0, first, count, out);
            const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first * width);
            BOOST_TEST((out == Floats(begin, begin + static_cast<std::ptrdiff_t>(count * width))));
        }
    }
}

BOOST_AUTO_TEST_CASE(a_member_written_again_is_the_later_one) {
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch.path(), rows, width);
    files.write(0, numbered());
    files.write(0, Floats(rows * width, 0.25F));
    BOOST_TEST((files.read(0).value() == Floats(rows * width, 0.25F)));
    BOOST_TEST(scratch.content().size() == 1U);
}

BOOST_AUTO_TEST_CASE(what_numpy_writes_elsewhere_is_read_too) {
    // numpy.save pads headers differently in its versions: 128 bytes in all, or 80.
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch.path(), rows, width);
    std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (5, 3), }";
    dictionary.resize(79 - 10, ' ');
    dictionary += '\n';
    std::string file = std::string("\x93NUMPY\x01\x00", 8) + static_cast<char>(dictionary.size()) + '\0' + dictionary;
    const Floats values = numbered();
    file.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    put_text(files.path(0), file);
    BOOST_TEST((files.read(0).value() == values));
    Floats two(2 * width);
    files.read_rows(0, 3, 2, two);
    BOOST_TEST((two == Floats(values.end() - 2 * width, values.end())));
}

BOOST_AUTO_TEST_CASE(files_of_another_shape_or_type_are_no_predictions) {
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch.path(), rows, width);
    const Floats values = numbered();
    const std::vector<std::int32_t> integers(rows * width);
    put_bytes(files.path(0), store::to_npy(values, width, rows));                           // turned
    put_bytes(files.path(1), store::to_npy(std::span(values).first(4 * width), 4, width));  // too few rows
    put_bytes(files.path(2), store::to_npy(integers, rows, width));                         // as long as floats
    put_bytes(files.path(3), store::list_to_npy(std::span(integers)));                      // one dimension
    put_text(files.path(4), "5,3\n");                                                       // text
    put_text(files.path(5), "");                                                            // nothing
    for (std::uint32_t member = 0; member < 6; ++member) {
        BOOST_TEST(!files.read(member).has_value(), "member " << member);
        const std::string message = refusal(files, member);
        BOOST_TEST(message.find(files.path(member).string()) != std::string::npos, message);
    }
    BOOST_TEST(refusal(files, 0).ends_with("does not hold predictions of 5 rows with 3 numbers each"));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_cut_or_longer_is_no_predictions) {
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch.path(), rows, width);
    files.write(0, numbered());
    const std::string whole = text_of(files.path(0));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        put_text(files.path(0), whole.substr(0, size));
        BOOST_TEST_REQUIRE(!files.read(0).has_value(), size << " bytes");
        BOOST_TEST_REQUIRE(!refusal(files, 0).empty(), size << " bytes");
    }
    put_text(files.path(0), whole + '\0');
    BOOST_TEST(!files.read(0).has_value());
    put_text(files.path(0), whole);
    BOOST_TEST(files.read(0).has_value());
}

BOOST_AUTO_TEST_CASE(a_member_without_a_file_has_no_predictions) {
    const ScratchDirectory scratch;
    BOOST_TEST(!PredictionFiles(scratch.path(), rows, width).read(0).has_value());
    const std::string message = refusal(PredictionFiles(scratch.path(), rows, width), 0);
    BOOST_TEST(message.find("cannot read '" + (scratch / "0000.npy").string()) == 0U, message);
    fs::create_directory(scratch / "0001.npy");
    BOOST_TEST(!PredictionFiles(scratch.path(), rows, width).read(1).has_value());
}

BOOST_AUTO_TEST_CASE(rows_outside_the_set_and_numbers_without_place_are_refused) {
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch.path(), rows, width);
    files.write(0, numbered());
    Floats out(2 * width);
    BOOST_CHECK_THROW(files.read_rows(0, 4, 2, out), core::ContractViolation);
    BOOST_CHECK_THROW(files.read_rows(0, 0, 1, out), core::ContractViolation);
    BOOST_CHECK_THROW(files.write(0, out), core::ContractViolation);
    BOOST_TEST((files.read(0).value() == numbered()));
}

BOOST_AUTO_TEST_CASE(predictions_that_cannot_be_written_end_the_run) {
    const ScratchDirectory scratch;
    const PredictionFiles files(scratch / "missing", rows, width);
    try {
        files.write(0, numbered());
        BOOST_ERROR("written to a directory that does not exist");
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::run));
    }
}

BOOST_AUTO_TEST_SUITE_END()
