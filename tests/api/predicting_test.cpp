#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <thread>
#include <vector>

#include <boost/test/unit_test.hpp>
#include <ensemble/ensemble.hpp>

#include "api/small_run.hpp"
#include "bf16.hpp"
#include "comm/communicator.hpp"
#include "compute/prepared_pool.hpp"
#include "run/predict_program.hpp"
#include "store/file.hpp"
#include "store/npy.hpp"

BOOST_AUTO_TEST_SUITE(predicting_tests)

using namespace ensemble;
using testing::small_options;
using testing::small_table;

namespace {

/// What ensemble_predict writes of rows, as numbers [rows × columns].
store::Matrix<float> ask_program(const std::vector<std::string>& words, const std::string& out) {
    std::vector<std::string> all = words;
    all.push_back("--out=" + out);
    std::vector<const char*> pointers;
    for (const std::string& word : all) pointers.push_back(word.c_str());
    int code = -1;
    std::jthread([&] { code = run::predict_rows(comm::Communicator::local(), pointers); }).join();
    BOOST_REQUIRE(code == 0);
    return store::floats_from_npy(store::read_file(out), out);
}

/// A model of numbers, of two columns.
Model model_of_numbers(const std::string& directory, std::vector<double>& rows) {
    std::vector<double> targets;
    for (std::size_t row = 0; row < 150; ++row) {
        rows.push_back(static_cast<double>(row * 31 % 47));
        rows.push_back(static_cast<double>(row * 17 % 29) / 7);
        targets.push_back(rows[2 * row] / 3 + rows[2 * row + 1]);
    }
    return Model::train(small_options().set("out", directory), Matrix(std::span<const double>(rows), 2), targets);
}

ErrorKind kind_of(const Model& model, const auto& rows, const std::string& part) {
    try {
        static_cast<void>(model.predict(rows));
    } catch (const Error& error) {
        BOOST_TEST(std::string(error.what()).find(part) != std::string::npos, error.what());
        return error.kind();
    }
    BOOST_ERROR("it was predicted");
    return ErrorKind::run;
}

}  // namespace

BOOST_AUTO_TEST_CASE(classes_are_predicted_as_the_program_does) {
    const Scratch scratch;
    static_cast<void>(Model::train(small_options().set("out", scratch / "run"), small_table()));
    const Model model = Model::load(scratch / "run");
    TextTable rows = small_table(130);
    rows.fields[5] = "green";  // a level that training never saw
    testing::write_csv(rows, scratch / "new.csv");
    const auto wanted = ask_program({scratch / "run", "--data=" + scratch / "new.csv", "--members"}, scratch / "p.npy");
    const Predictions found = model.predict(rows, {.level = 0.8, .members = true});
    BOOST_REQUIRE(found.rows == 130U);
    BOOST_REQUIRE(wanted.columns == 5U + 2 + 3 * 2);
    for (std::size_t row = 0; row < found.rows; ++row) {
        const float* own = wanted.values.data() + row * wanted.columns;
        BOOST_TEST(static_cast<float>(found.labels[row]) == own[0]);
        BOOST_TEST(found.probabilities[2 * row + static_cast<std::size_t>(found.labels[row])] == own[1]);
        BOOST_TEST(found.entropy[row] == own[2]);
        BOOST_TEST(found.mutual_information[row] == own[3]);
        BOOST_TEST(static_cast<float>(found.votes[row]) == own[4]);
        for (std::size_t i = 0; i < 2; ++i) {
            BOOST_TEST(found.probabilities[2 * row + i] == own[5 + i]);
            for (std::size_t member = 0; member < 3; ++member)
                BOOST_TEST(found.members[(member * 130 + row) * 2 + i] == own[7 + 2 * member + i]);
        }
        BOOST_TEST(found.sets[2 * row] + found.sets[2 * row + 1] >= 1);
    }
    BOOST_TEST(found.missing == 1U);
    BOOST_TEST(found.unknown_levels == 1U);
    BOOST_TEST(model.predict(rows).sets.empty());
}

BOOST_AUTO_TEST_CASE(numbers_are_predicted_as_the_program_does) {
    const Scratch scratch;
    std::vector<double> rows;
    const Model model = model_of_numbers(scratch / "run", rows);
    const std::vector<std::byte> bytes = store::to_npy(std::span<const double>(rows), rows.size() / 2, 2);
    scratch.write("x.npy", {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const auto wanted =
        ask_program({scratch / "run", "--data=" + scratch / "x.npy", "--interval=0.7"}, scratch / "p.npy");
    const Predictions found = model.predict(Matrix(std::span<const double>(rows), 2), {.level = 0.7});
    BOOST_REQUIRE(wanted.columns == 6U);
    for (std::size_t row = 0; row < found.rows; ++row) {
        const float* own = wanted.values.data() + row * wanted.columns;
        const std::array numbers{found.mean[row],          found.std[row], found.aleatoric_std[row],
                                 found.epistemic_std[row], found.low[row], found.high[row]};
        for (std::size_t i = 0; i < numbers.size(); ++i) BOOST_TEST(numbers[i] == own[i]);
    }
    BOOST_TEST(model.predict(Matrix(std::span<const double>(rows), 2)).low.empty());
}

BOOST_AUTO_TEST_CASE(a_row_is_predicted_the_same_alone_and_from_any_thread) {
    const Scratch scratch;
    std::vector<double> rows;
    static_cast<void>(model_of_numbers(scratch / "run", rows));
    const Model model = Model::load(scratch / "run", 2);
    const Predictions all = model.predict(Matrix(std::span<const double>(rows), 2));
    std::array<std::size_t, 4> wrong{};
    {
        std::vector<std::jthread> threads;
        for (std::size_t who = 0; who < wrong.size(); ++who) {
            threads.emplace_back([&, who] {
                for (std::size_t row = who; row < all.rows; row += wrong.size()) {
                    const auto own = std::span<const double>(rows).subspan(2 * row, 2);
                    const Predictions one = model.predict(Matrix(own, 2));
                    wrong[who] += one.mean[0] != all.mean[row] || one.std[0] != all.std[row];
                }
            });
        }
    }
    for (const std::size_t count : wrong) BOOST_TEST(count == 0U);
    BOOST_TEST(model.predict(Matrix(std::span<const double>(), 2)).rows == 0U);
}

BOOST_AUTO_TEST_CASE(columns_of_a_table_are_found_by_their_names) {
    const Model model = Model::train(small_options(), small_table());
    const TextTable rows = small_table(20);
    TextTable other{.columns = {"width", "of no use", "colour, outside", "length"}, .fields = {}};
    for (std::size_t row = 0; row < rows.rows(); ++row) {
        const auto field = [&](std::size_t i) { return rows.fields[row * 4 + i]; };
        for (const std::string& each : {field(2), std::string("x"), field(1), field(0)}) other.fields.push_back(each);
    }
    BOOST_TEST(model.predict(other).probabilities == model.predict(rows).probabilities);
    TextTable lacks = rows;
    lacks.columns[2] = "Width";
    BOOST_TEST((kind_of(model, lacks, "lacks the column 'width'") == ErrorKind::data));
    TextTable twice = rows;
    twice.columns[3] = "width";
    BOOST_TEST((kind_of(model, twice, "several columns 'width'") == ErrorKind::data));
    TextTable word = rows;
    word.fields[4] = "long";
    BOOST_TEST((kind_of(model, word, "row 2, column 'length': 'long' is not a number") == ErrorKind::data));
    TextTable odd = rows;
    odd.fields.pop_back();
    BOOST_TEST((kind_of(model, odd, "do not make rows of 4") == ErrorKind::usage));
    const std::vector<double> numbers(3);
    BOOST_TEST((kind_of(model, Matrix(std::span<const double>(numbers), 3), "'colour, outside' holds categories") ==
                ErrorKind::usage));
}

BOOST_AUTO_TEST_CASE(a_model_that_multiplies_in_bf16_predicts_nearly_the_same,
                     *boost::unit_test::precondition(has_bf16)) {
    const Scratch scratch;
    const TextTable rows = small_table(130);
    static_cast<void>(
        Model::train(small_options().set("net", "dense(200) relu dense(100) relu").set("out", scratch / "run"), rows));
    const auto wide = Model::load(scratch / "run").predict(rows);
    const auto narrow = Model::load(scratch / "run", 2, Precision::bf16).predict(rows);
    float largest = 0;
    for (std::size_t i = 0; i < wide.probabilities.size(); ++i)
        largest = std::max(largest, std::abs(wide.probabilities[i] - narrow.probabilities[i]));
    BOOST_TEST(largest > 0);
    BOOST_TEST(largest < 0.02F);
}

BOOST_AUTO_TEST_CASE(numbers_that_cannot_be_are_refused) {
    const Scratch scratch;
    std::vector<double> rows;
    const Model model = model_of_numbers(scratch / "run", rows);
    const std::vector<float> infinite{1, 2, std::numeric_limits<float>::infinity(), 4};
    BOOST_TEST(
        (kind_of(model, Matrix(std::span<const float>(infinite), 2), "row 2, column 1: is inf") == ErrorKind::data));
    const std::vector<double> gap{1, std::numeric_limits<double>::quiet_NaN()};
    BOOST_TEST((kind_of(model, Matrix(std::span<const double>(gap), 2), "row 1, column 2: is nan") == ErrorKind::data));
    BOOST_TEST((kind_of(model, Matrix(std::span<const double>(rows), 3), "2 columns") == ErrorKind::usage));
    BOOST_CHECK_THROW(static_cast<void>(model.predict(Matrix(std::span<const double>(gap), 2), {.level = 1.0})), Error);
    BOOST_CHECK_THROW(static_cast<void>(Model::load(scratch / "nowhere")), Error);
    BOOST_CHECK_THROW(static_cast<void>(Model::load(scratch / "run", 0)), Error);
    // What was refused leaves nothing behind.
    BOOST_TEST(model.predict(Matrix(std::span<const double>(rows), 2)).rows == rows.size() / 2);
}

BOOST_AUTO_TEST_SUITE_END()
