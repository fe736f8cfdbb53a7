#pragma once

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

namespace ensemble::testing {

/// Where the published data sets lie.
inline std::filesystem::path published_folder() {
    const char* const chosen = std::getenv("ENSEMBLE_TEST_DATA");
    return chosen != nullptr && *chosen != '\0' ? chosen : ENSEMBLE_TEST_DATA;
}

/// The main program of such tests: where one of the `directories` is missing it says so and ends with 77, which CTest
/// reports as skipped.
inline int run_or_skip(const std::vector<std::string>& directories, int argc, char* argv[]) {
    constexpr int skipped = 77;
    for (const std::string& name : directories) {
        if (std::filesystem::is_directory(published_folder() / name)) continue;
        std::cout << "skipped: no directory " << (published_folder() / name).string()
                  << "; name a folder that has it in ENSEMBLE_TEST_DATA\n";
        return skipped;
    }
    return boost::unit_test::unit_test_main([] { return true; }, argc, argv);
}

}  // namespace ensemble::testing
