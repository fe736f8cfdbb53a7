#include "store/history.hpp"

#include <limits>

#include <boost/test/unit_test.hpp>
#include <nlohmann/json.hpp>

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(history_tests)

BOOST_AUTO_TEST_CASE(a_line_has_the_keys_of_the_interface) {
    const std::string line = store::history_line({2, 7, 0.5, 0.25, 0.875, 1e-3, 1.5, 40000}, "accuracy");
    BOOST_TEST(line == R"({"member":2,"epoch":7,"train_loss":0.5,"validation_loss":0.25,"validation_accuracy":0.875,)"
                       R"("lr":0.001,"seconds":1.5,"samples_per_s":40000.0})");
}

BOOST_AUTO_TEST_CASE(the_score_is_called_what_it_is) {
    const auto line = nlohmann::json::parse(store::history_line({0, 1, 1, 1, 0.5, 1, 1, 1}, "rmse"));
    BOOST_TEST(line["validation_rmse"] == 0.5);
    BOOST_TEST(!line.contains("validation_accuracy"));
}

BOOST_AUTO_TEST_CASE(gradients_are_there_where_they_were_asked_for) {
    train::EpochRecord record{2, 7, 0.5, 0.25, 0.875, 1e-3, 1.5, 40000};
    record.gradient_norm = {0.5, 1e-20, std::numeric_limits<double>::infinity()};
    const std::string line = store::history_line(record, "accuracy");
    BOOST_TEST(line.ends_with(R"("samples_per_s":40000.0,"gradient_norm":[0.5,1e-20,null]})"), line);
}

BOOST_AUTO_TEST_CASE(what_is_not_finite_becomes_null) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    constexpr double nan = std::numeric_limits<double>::quiet_NaN();
    const auto line = nlohmann::json::parse(store::history_line({0, 1, nan, infinity, -infinity, 1, 1, 1}, "accuracy"));
    BOOST_TEST(line["train_loss"].is_null());
    BOOST_TEST(line["validation_loss"].is_null());
    BOOST_TEST(line["validation_accuracy"].is_null());
    BOOST_TEST(line["lr"] == 1.0);
}

BOOST_AUTO_TEST_CASE(numbers_keep_every_bit) {
    const double awkward = 0.1 + 0.2;
    const auto line = nlohmann::json::parse(store::history_line({0, 1, awkward, 1, 1, 1, 1, 1}, "accuracy"));
    BOOST_TEST(line["train_loss"].get<double>() == awkward);
}

BOOST_AUTO_TEST_CASE(lines_are_sorted_as_numbers) {
    const std::string a1 = R"({"member":2,"epoch":1})";
    const std::string a10 = R"({"member":2,"epoch":10})";
    const std::string a9 = R"({"member":2,"epoch":9})";
    const std::string b1 = R"({"member":10,"epoch":1,"note":"kept as it is  "})";
    BOOST_TEST(store::sorted_history(b1 + '\n' + a10 + '\n' + a1 + '\n' + a9 + '\n') ==
               a1 + '\n' + a9 + '\n' + a10 + '\n' + b1 + '\n');
    BOOST_TEST(store::sorted_history("").empty());
}

BOOST_AUTO_TEST_CASE(repeated_epochs_are_replaced_and_torn_lines_dropped) {
    const std::string early = R"({"member":0,"epoch":1,"seconds":1})";
    const std::string late = R"({"member":0,"epoch":1,"seconds":2})";
    BOOST_TEST(store::sorted_history(
                   early + "\n{\"member\":1,\"ep\n\n[1]\n{\"epoch\":1}\n{\"member\":-1,\"epoch\":\"x\"}\n" + late) ==
               late + '\n');
    // Numbers of more than 32 bits are no member's, not that of another one.
    BOOST_TEST(store::sorted_history(R"({"member":4294967296,"epoch":1})"
                                     "\n"
                                     R"({"member":0,"epoch":4294967297})"
                                     "\n" +
                                     late) == late + '\n');
}

BOOST_AUTO_TEST_SUITE_END()
