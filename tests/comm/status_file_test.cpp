#include "comm/status_file.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <boost/test/unit_test.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(status_file_tests)

BOOST_AUTO_TEST_CASE(what_the_launcher_was_asked_by_is_told_for_the_signal_it_sends) {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("status_file_test_" + std::to_string(::getpid()))).string();
    ::unsetenv("ENSEMBLE_STATUS_FILE");
    BOOST_TEST(comm::asked_by("SIGUSR1") == "SIGUSR1");
    ::setenv("ENSEMBLE_STATUS_FILE", path.c_str(), 1);
    BOOST_TEST(comm::asked_by("SIGUSR1") == "SIGUSR1");
    std::ofstream(path + ".asked") << "SIGINT\n";
    BOOST_TEST(comm::asked_by("SIGUSR1") == "SIGINT");
    BOOST_TEST(comm::asked_by("SIGXCPU") == "SIGXCPU");
    BOOST_TEST(comm::asked_by("").empty());
    std::ofstream(path + ".asked") << "nonsense\n";
    BOOST_TEST(comm::asked_by("SIGUSR1") == "SIGUSR1");
    std::filesystem::remove(path + ".asked");
    ::unsetenv("ENSEMBLE_STATUS_FILE");
}

BOOST_AUTO_TEST_SUITE_END()
