#include "store/npy.hpp"

#include <sys/wait.h>

#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "core/npy.hpp"
#include "store/file.hpp"
#include "store/scratch_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(npy_tests)

using Bytes = std::vector<std::byte>;

namespace {

/// Runs a Python program; its exit status, or −1.
int run_python(const std::string& program) {
    const std::string command = "/usr/bin/python3 -c \"" + program + "\" 2>&1";
    const int status = std::system(command.c_str());
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

boost::test_tools::assertion_result has_numpy(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result answer(run_python("import numpy") == 0);
    answer.message() << "NumPy for /usr/bin/python3 is missing";
    return answer;
}

std::string text(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes bytes(const std::string& content) {
    const auto view = std::as_bytes(std::span(content));
    return {view.begin(), view.end()};
}

/// A file with this dictionary as its header.
Bytes with_header(const std::string& dictionary, std::size_t body) {
    const std::string header = dictionary + "\n";
    return bytes(std::string("\x93NUMPY\1\0", 8) + static_cast<char>(header.size()) + '\0' + header +
                 std::string(body, '\0'));
}

std::string refusal(const Bytes& file) {
    try {
        static_cast<void>(store::floats_from_npy(file, "some.npy"));
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::data));
        return error.what();
    }
    return {};
}

bool contains(const std::string& whole, const std::string& part) {
    return whole.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_header_is_what_the_format_says) {
    const std::vector<float> values{1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F};
    const Bytes file = store::to_npy(values, 2, 3);
    BOOST_TEST(file.size() == 128U + 24U);
    BOOST_TEST(text(std::span(file).first(10)) == std::string("\x93NUMPY\1\0\x76\0", 10));
    const std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    BOOST_TEST(text(std::span(file).subspan(10, dictionary.size())) == dictionary);
    BOOST_TEST(static_cast<char>(file[127]) == '\n');
    BOOST_TEST(std::ranges::equal(std::span(file).subspan(128), std::as_bytes(std::span(values))));
}

BOOST_AUTO_TEST_CASE(values_begin_on_a_multiple_of_64_bytes_for_every_header_length) {
    std::size_t rows = 1;
    for (int digits = 1; digits <= 6; ++digits, rows *= 10) {
        const std::vector<std::int32_t> values(rows);
        BOOST_TEST((store::to_npy(values, rows, 1).size() - 4 * rows) % 64 == 0U);
    }
}

BOOST_AUTO_TEST_CASE(matrices_come_back) {
    std::vector<float> floats(12);
    std::iota(floats.begin(), floats.end(), -3.5F);
    const auto matrix = store::floats_from_npy(store::to_npy(floats, 3, 4), "file");
    BOOST_TEST(matrix.rows == 3U);
    BOOST_TEST(matrix.columns == 4U);
    BOOST_TEST(matrix.values == floats, boost::test_tools::per_element());

    const std::vector<std::int32_t> integers{-1, 0, 2147483647, -2147483647};
    const auto other = store::integers_from_npy(store::to_npy(integers, 4, 1), "file");
    BOOST_TEST(other.rows == 4U);
    BOOST_TEST(other.values == integers, boost::test_tools::per_element());

    BOOST_TEST(store::floats_from_npy(store::to_npy(std::vector<float>(), 0, 10), "file").columns == 10U);
}

BOOST_AUTO_TEST_CASE(sizes_must_fit) {
    BOOST_CHECK_THROW(static_cast<void>(store::to_npy(std::vector<float>(5), 2, 3)), core::ContractViolation);
}

BOOST_AUTO_TEST_CASE(every_length_but_the_right_one_is_refused) {
    Bytes file = store::to_npy(std::vector<float>{1, 2, 3, 4}, 2, 2);
    const std::size_t whole = file.size();
    for (std::size_t length = 0; length < whole; ++length) {
        BOOST_TEST_REQUIRE(!refusal(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length))).empty());
    }
    BOOST_TEST(refusal(file).empty());
    file.push_back(std::byte{0});
    BOOST_TEST(contains(refusal(file), "'some.npy' has 17 bytes of values"));
}

BOOST_AUTO_TEST_CASE(other_arrays_are_refused) {
    const std::string body = "(2, 2), }";
    BOOST_TEST(refusal(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", 16)).empty());
    BOOST_TEST(
        contains(refusal(with_header("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 2), }", 32)), "<f8"));
    BOOST_TEST(
        contains(refusal(with_header("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 2), }", 16)), "True"));
    BOOST_TEST(contains(refusal(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }", 16)),
                        "two-dimensional"));
    BOOST_TEST(contains(refusal(bytes("PNG")), "is not a NumPy file"));
    // 2^32 × 2^32 elements are none at all in 64 bits.
    BOOST_TEST(contains(
        refusal(with_header("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", 0)),
        "which are not"));
    BOOST_TEST(contains(refusal(store::to_npy(std::vector<std::int32_t>(4), 2, 2)), "<i4"));
}

BOOST_AUTO_TEST_CASE(numpy_reads_what_we_write, *boost::unit_test::precondition(has_numpy)) {
    const ScratchDirectory scratch;
    std::vector<float> floats(30);
    for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = static_cast<float>(i) / 8;
    store::write_file_atomically(scratch / "floats.npy", store::to_npy(floats, 10, 3));
    store::write_file_atomically(scratch / "integers.npy", store::to_npy(std::vector<std::int32_t>{1, -2, 3, 4}, 1, 4));
    const std::string program =
        "import numpy as np\n"
        "f = np.load('" +
        (scratch / "floats.npy").string() +
        "')\n"
        "i = np.load('" +
        (scratch / "integers.npy").string() +
        "')\n"
        "assert f.dtype == np.float32 and f.shape == (10, 3) and f.flags.c_contiguous\n"
        "assert (f == np.arange(30, dtype=np.float32).reshape(10, 3) / 8).all()\n"
        "assert i.dtype == np.int32 and i.tolist() == [[1, -2, 3, 4]]\n";
    BOOST_TEST(run_python(program) == 0);
}

BOOST_AUTO_TEST_CASE(we_read_what_numpy_writes, *boost::unit_test::precondition(has_numpy)) {
    const ScratchDirectory scratch;
    const std::string path = (scratch / "array.npy").string();
    BOOST_TEST_REQUIRE(run_python("import numpy as np\n"
                                  "np.save('" +
                                  path + "', np.array([[0.5, 1], [2, 3], [4, 5]], dtype=np.float32))") == 0);
    const auto matrix = store::floats_from_npy(store::read_file(path), path);
    BOOST_TEST(matrix.rows == 3U);
    BOOST_TEST(matrix.columns == 2U);
    const std::vector<float> expected{0.5F, 1, 2, 3, 4, 5};
    BOOST_TEST(matrix.values == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_list_has_one_dimension) {
    const std::vector<std::int64_t> rows{5, 1LL << 40U, 0};
    const Bytes file = store::list_to_npy(rows);
    const core::NpyHeader header = core::read_npy_header(file, "rows.npy");
    BOOST_TEST(header.type == "<i8");
    BOOST_TEST(core::npy_shape(header) == "(3,)");
    BOOST_TEST(file.size() == header.body + 3 * sizeof(std::int64_t));
    const auto body = std::as_bytes(std::span(rows));
    BOOST_TEST(std::equal(body.begin(), body.end(), file.begin() + static_cast<std::ptrdiff_t>(header.body)));
    BOOST_TEST(core::read_npy_header(store::list_to_npy(std::vector<std::int32_t>{1}), "x").type == "<i4");
}

BOOST_AUTO_TEST_CASE(a_head_of_any_number_of_rows_has_one_size) {
    for (const std::uint64_t rows : {std::uint64_t{0}, std::uint64_t{2}, std::uint64_t{1} << 62U}) {
        const std::vector<std::byte> head = store::npy_head(rows, 3);
        BOOST_TEST(head.size() == store::npy_head_size);
        const core::NpyHeader read = core::read_npy_header(head, "head");
        BOOST_TEST(read.body == store::npy_head_size);
        BOOST_TEST((read.extents == std::vector<std::uint64_t>{rows, 3}));
    }
    std::vector<std::byte> file = store::npy_head(2, 1);
    const std::vector<float> values{1.5F, -2.0F};
    const auto bytes = std::as_bytes(std::span(values));
    file.insert(file.end(), bytes.begin(), bytes.end());
    BOOST_TEST((store::floats_from_npy(file, "file").values == values));
}

BOOST_AUTO_TEST_SUITE_END()
