#include "run/machine.hpp"

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(machine_tests)

BOOST_AUTO_TEST_CASE(a_processor_is_its_name_and_its_vectors) {
    BOOST_TEST(run::describe_cpu("processor\t: 0\nmodel name\t: Some CPU @ 3 GHz\n"
                                 "flags\t\t: fpu avx avx2 avx512f avx512_bf16\n"
                                 "processor\t: 1\nmodel name\t: Other\nflags\t\t: amx_bf16\n") ==
               "Some CPU @ 3 GHz avx2 avx512f avx512_bf16");
    BOOST_TEST(run::describe_cpu("flags : avx512\n") == "unknown processor");
    BOOST_TEST(run::describe_cpu("") == "unknown processor");
}

BOOST_AUTO_TEST_CASE(a_precision_needs_a_processor_for_it) {
    using compute::Precision;
    BOOST_CHECK_NO_THROW(run::require_precision(Precision::f32, false, "old"));
    BOOST_CHECK_NO_THROW(run::require_precision(Precision::bf16, true, "new"));
    try {
        run::require_precision(Precision::bf16, false, "old");
        BOOST_FAIL("bf16 on a processor without it");
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::usage));
        const std::string what = error.what();
        for (const char* word : {"--precision bf16", "old", "AVX512_BF16", "f32"})
            BOOST_TEST(what.find(word) != std::string::npos, word);
    }
}

BOOST_AUTO_TEST_CASE(a_process_may_use_some_of_its_hosts_cores) {
    BOOST_TEST(run::allowed_cores() >= 1U);
    BOOST_TEST(run::host_cores() >= 1U);
}

BOOST_AUTO_TEST_SUITE_END()
