#include "core/npy.hpp"

#include <string>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(npy_tests)

namespace {

std::string file_of(const std::string& dictionary, char version = 1) {
    std::string file = "\x93NUMPY";
    file += version;
    file += '\0';
    file += static_cast<char>(dictionary.size() & 255U);
    file += static_cast<char>(dictionary.size() >> 8U);
    if (version > 1) file += std::string(2, '\0');
    return file + dictionary;
}

core::NpyHeader read(const std::string& file) {
    return core::read_npy_header(std::as_bytes(std::span(file)), "some.npy");
}

std::string refusal(const std::string& file) {
    try {
        static_cast<void>(read(file));
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::data));
        return error.what();
    }
    return {};
}

void check_refused(const std::string& file, const std::string& words) {
    const std::string message = refusal(file);
    BOOST_TEST(message.find(words) != std::string::npos, file << ": " << message);
    BOOST_TEST(message.find("'some.npy'") == 0U);
}

}  // namespace

BOOST_AUTO_TEST_CASE(reads_what_numpy_writes) {
    const auto header = read(file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n"));
    BOOST_TEST(header.type == "<f4");
    BOOST_TEST(!header.fortran_order);
    BOOST_TEST((header.extents == std::vector<std::uint64_t>{2, 3}));
    BOOST_TEST(header.body == 10U + 63U);
    BOOST_TEST(core::npy_elements(header).value() == 6U);
    BOOST_TEST(core::npy_shape(header) == "(2, 3)");
}

BOOST_AUTO_TEST_CASE(reads_every_format_and_spelling) {
    for (const char version : {'\1', '\2', '\3'}) {
        const auto header = read(file_of("{\"shape\":(5,),'fortran_order':True,'descr':'|u1'}", version));
        BOOST_TEST(header.type == "|u1");
        BOOST_TEST(header.fortran_order);
        BOOST_TEST(core::npy_shape(header) == "(5,)");
        BOOST_TEST(header.body == (version == 1 ? 10U : 12U) + 49U);
    }
    const auto scalar = read(file_of("{'descr': '<i8', 'fortran_order': False, 'shape': (), }"));
    BOOST_TEST(scalar.extents.empty());
    BOOST_TEST(core::npy_elements(scalar).value() == 1U);
    const auto record =
        read(file_of("{'descr': [('x', '<f4'), ('y', [('z', '<i4')])], 'fortran_order': False, 'shape': (3,)}"));
    BOOST_TEST(record.type.empty());
}

BOOST_AUTO_TEST_CASE(products_that_do_not_fit_are_no_numbers) {
    core::NpyHeader header{.type = "<f4", .extents = {1ULL << 32U, 1ULL << 32U}};
    BOOST_TEST(!core::npy_elements(header).has_value());
    header.extents.push_back(0);
    BOOST_TEST(!core::npy_elements(header).has_value());
    header.extents = {0, 1ULL << 63U};
    BOOST_TEST(core::npy_elements(header).value() == 0U);
}

BOOST_AUTO_TEST_CASE(a_header_cut_anywhere_is_refused) {
    const std::string whole = file_of("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n");
    for (std::size_t length = 0; length < whole.size(); ++length) {
        BOOST_TEST_REQUIRE(!refusal(whole.substr(0, length)).empty());
    }
    BOOST_TEST(refusal(whole).empty());
    check_refused(whole.substr(0, 20), "cut short at byte 20, in its header of 70 bytes");
}

BOOST_AUTO_TEST_CASE(other_files_and_damage_are_refused) {
    check_refused("PNG and more", "does not begin with the mark");
    check_refused(file_of("{}", 4), "byte 6 declares format 4");
    check_refused(std::string("\x93NUMPY\2\0\xff\xff\xff\xff{", 13), "its header has 4294967295 bytes");
    check_refused(file_of("{'descr': '<f4', 'shape': (2, 3)}"), "no single 'fortran_order'");
    check_refused(file_of("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}"),
                  "no single 'descr'");
    for (const char* text :
         {"", "{", "{'descr' '<f4'}", "{'descr': '<f4}", "{'descr': <f4}", "{'descr': [('x', '<f4')}", "{'other': 3}",
          "{'fortran_order': Maybe}", "{'shape': 3}", "{'shape': (-3,)}", "{'shape': (3 4)}", "{'shape': (3.5,)}",
          "{'shape': (99999999999999999999999,)}", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)} more"}) {
        check_refused(file_of(text), "makes no sense at byte");
    }
    std::string many = "{'shape': (";
    for (int i = 0; i < 33; ++i) many += "1,";
    check_refused(file_of(many + ")}"), "makes no sense at byte");
}

BOOST_AUTO_TEST_SUITE_END()
