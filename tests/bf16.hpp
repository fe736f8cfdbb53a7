#pragma once

#include <boost/test/unit_test.hpp>

#include "compute/precision.hpp"

/// For tests that multiply in bf16: skips them where the processor does not.
inline boost::test_tools::assertion_result has_bf16(boost::unit_test::test_unit_id) {
    boost::test_tools::assertion_result result(ensemble::compute::multiplies_bf16());
    result.message() << "this processor does not multiply bf16";
    return result;
}
