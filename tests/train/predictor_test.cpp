#include "train/predictor.hpp"

#include <algorithm>
#include <cfenv>
#include <cmath>
#include <cstring>
#include <numeric>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "bf16.hpp"
#include "compute/prepared_pool.hpp"
#include "data/split.hpp"
#include "train/study.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(predictor_tests)

namespace {

using Rows = std::vector<std::uint32_t>;

/// A network that is not trained, and what it says of rows of its data.
struct Oracle {
    Study study;
    core::Buffer<float> parameters;
    core::Buffer<float> statistics;

    Oracle(const std::string& what, const std::string& net)
        : study(what, net), parameters(study.network.buffer_size()), statistics(study.network.statistics_size()) {
        model::initialise(study.network, model::Initialiser::he, 1, 0, parameters);
        std::ranges::fill(statistics, 0.75F);
    }

    /// The predictions of each row.
    [[nodiscard]] std::vector<std::vector<float>> operator()(train::Predictor& predictor, const Rows& rows) const {
        const std::size_t width = study.source.train.outputs();
        std::vector<float> all(rows.size() * width);
        predictor.predict({parameters, statistics}, {&study.source.train, rows}, all);
        std::vector<std::vector<float>> each;
        for (std::size_t i = 0; i < rows.size(); ++i)
            each.emplace_back(all.begin() + std::ptrdiff_t(i * width), all.begin() + std::ptrdiff_t((i + 1) * width));
        return each;
    }
};

Rows first_rows(std::size_t count) {
    Rows rows(count);
    std::iota(rows.begin(), rows.end(), 0U);
    return rows;
}

/// Rows in other places, other orders and fewer of them, each against the same row among all.
void check_places(const Oracle& oracle, train::Predictor& predictor, std::size_t count, std::size_t step) {
    const Rows all = first_rows(count);
    const auto expected = oracle(predictor, all);
    std::size_t differing = 0;
    std::size_t looked_at = 0;
    const auto compare = [&](const Rows& rows) {
        const auto found = oracle(predictor, rows);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto& wanted = expected[rows[i]];
            ++looked_at;
            if (std::memcmp(found[i].data(), wanted.data(), wanted.size() * sizeof(float)) != 0) ++differing;
        }
    };
    for (std::size_t length = 1; length < count; length += step) {
        compare({all.begin(), all.begin() + std::ptrdiff_t(length)});  // ends elsewhere
        compare({all.end() - std::ptrdiff_t(length), all.end()});      // begins elsewhere
        compare({all[length]});                                        // alone
    }
    compare({all.rbegin(), all.rend()});
    BOOST_TEST(differing == 0U, differing << " of " << looked_at << " predictions of " << oracle.study.network.text());
}

}  // namespace

// Vector code computes most elements of a row and scalar code the rest; which ones must not depend on the row's place.
BOOST_AUTO_TEST_CASE(a_row_is_predicted_alike_in_every_place) {
    const std::string images = "digits:train=110,test=10";
    const auto check = [](const std::string& data, const std::string& net, std::size_t step) {
        const Oracle oracle(data, net);
        for (const std::size_t threads : {1U, 3U}) {
            compute::PreparedPool pool;
            pool.resize(threads);
            for (const bool hurries : {false, true}) {
                train::Predictor predictor(oracle.study.network, {.pool = &pool, .hurries_few_rows = hurries});
                check_places(oracle, predictor, 90, threads == 1 && !hurries ? step : 7 * step);
            }
        }
    };
    for (const char* activation : {"sigmoid", "tanh", "relu", "leaky_relu", "elu", "gelu", "silu", "softplus"}) {
        check(images, std::string("dense(21) ") + activation + " dense(9) " + activation, 1);
        check(images, std::string("maxpool(4) conv(3, 2) ") + activation + " maxpool(2) conv(5, 2) " + activation, 5);
    }
    check(images, "dense(256) relu dense(130) relu", 30);
    check(images, "lstm(9)", 11);
    check(images, "gru(10)", 11);
    check(images, "lstm(5, sequence) tanh rnn(7)", 11);
    check(images, "dense(12) batchnorm maxout(6, 2) skip[ dense(6) tanh ] split[ dense(3) | dense(4) silu ]", 3);
}

// A product with a single column goes through kernels of its own.
BOOST_AUTO_TEST_CASE(a_row_is_predicted_alike_by_a_single_output) {
    const Study study("digits:train=110,test=10", "dense(1)");
    data::Description description = study.source.train.description();
    description.task = task::Kind::regression;
    description.outputs = 1;
    const data::Table table = study.source.train.described_as(description);
    const model::Network network("dense(21) tanh", table.shape(), 1);
    std::vector<float> parameters(network.buffer_size());
    model::initialise(network, model::Initialiser::he, 1, 0, parameters);
    for (const bool hurries : {false, true}) {
        train::Predictor predictor(
            network, {.task = task::find_task(task::Kind::regression, "squared"), .hurries_few_rows = hurries});
        const auto predicted = [&](const Rows& rows) {
            std::vector<float> out(2 * rows.size());
            predictor.predict({parameters, {}}, {&table, rows}, out);
            return out;
        };
        const auto expected = predicted(first_rows(90));
        std::size_t differing = 0;
        for (std::uint32_t first = 1; first < 90; ++first) {
            Rows rows(90 - first);
            std::iota(rows.begin(), rows.end(), first);
            const auto found = predicted(rows);
            for (std::size_t i = 0; i < rows.size(); ++i) differing += found[2 * i] == expected[2 * rows[i]] ? 0 : 1;
        }
        BOOST_TEST(differing == 0U);
    }
}

BOOST_AUTO_TEST_CASE(a_row_is_predicted_alike_by_every_layer_of_images) {
    const Oracle oracle(
        "digits:train=110,test=10",
        "conv(16, 3) batchnorm relu repeat(2)[ skip[ conv(16, 3) batchnorm elu conv(16, 3) ] tanh ] dropout(0.1) "
        "split[ maxpool(2) conv(16, 3, 2, valid) gelu | avgpool(2) skip[ conv(5, 5) leaky_relu ] conv(3, 3, 2, valid) "
        "silu ] conv(16, 1) sigmoid split[ avgpool | maxpool(3) flatten dense(8) batchnorm softplus ] maxout(6, 2)");
    train::Predictor predictor(oracle.study.network);
    check_places(oracle, predictor, 90, 13);
}

// Distortions and masks belong to the row of the table.
BOOST_AUTO_TEST_CASE(what_is_drawn_for_a_row_is_drawn_in_every_place) {
    const Oracle oracle("digits:train=310,test=10", "dense(8) dropout(0.5) tanh dropout(0.2)");
    train::Predictor views(oracle.study.network);
    views.use_views(oracle.study.network, {.count = 3, .augmentation = {.shift = 2, .elastic = 2}, .seed = 3});
    check_places(oracle, views, 280, 37);
    train::Predictor masks(oracle.study.network,
                           {.masks = core::StreamKey{.seed = 3, .purpose = core::Purpose::evaluate}});
    check_places(oracle, masks, 280, 37);
    train::Predictor plain(oracle.study.network);
    const Rows rows = first_rows(280);
    const auto seen_once = oracle(plain, rows);
    BOOST_TEST((oracle(views, rows) != seen_once));
    BOOST_TEST((oracle(masks, rows) != seen_once));
}

// A short batch after a full one whose numbers overflow: nothing overflows any more.
BOOST_AUTO_TEST_CASE(short_batches_hold_nothing_old) {
    const std::size_t rows = train::evaluation_batch + 1;
    std::vector<float> features(rows, 1e38F);
    features.back() = 1;
    const std::vector<std::int32_t> labels(rows, 0);
    const data::Table table(
        {.task = task::Kind::classification, .element = data::Element::f32, .shape = {1}, .rows = rows, .outputs = 2},
        {.owner = nullptr, .bytes = std::as_bytes(std::span(features))},
        {.owner = nullptr, .bytes = std::as_bytes(std::span(labels))});
    const model::Network network("dense(4)", {1}, 2);
    const std::vector<float> parameters(network.buffer_size(), 10.0F);
    train::Predictor predictor(network);
    const auto overflows = [&](const Rows& chosen) {
        std::vector<float> out(chosen.size() * 2);
        std::feclearexcept(FE_ALL_EXCEPT);
        predictor.predict({parameters, {}}, {&table, chosen}, out);
        return std::fetestexcept(FE_OVERFLOW) != 0;
    };
    Rows huge = first_rows(rows);
    huge.pop_back();
    BOOST_TEST(overflows(huge));
    BOOST_TEST(!overflows({std::uint32_t(rows - 1)}));
}

// Programs for few rows and those of other threads multiply as that of a batch does.
BOOST_AUTO_TEST_CASE(in_bf16_a_row_is_predicted_alike_in_every_place, *boost::unit_test::precondition(has_bf16)) {
    using compute::Precision;
    for (const char* net : {"dense(256) relu dense(130) tanh", "avgpool dense(9) relu",
                            "conv(16, 5) relu maxpool(2) dense(64) tanh", "lstm(64, sequence) gru(40)"}) {
        const Study study("digits:train=110,test=10", net);
        std::vector<float> parameters(study.network.buffer_size());
        model::initialise(study.network, model::Initialiser::he, 1, 0, parameters);
        const auto predicted = [&](train::Predictor& predictor, const Rows& rows) {
            std::vector<float> out(10 * rows.size());
            predictor.predict({parameters, {}}, {&study.source.train, rows}, out);
            return out;
        };
        train::Predictor wide(study.network);
        compute::PreparedPool pool;
        pool.resize(3);
        train::Predictor narrow(study.network, {.precision = Precision::bf16});
        train::Predictor hurried(study.network, {.hurries_few_rows = true, .precision = Precision::bf16});
        train::Predictor shared(study.network, {.pool = &pool, .precision = Precision::bf16});
        const Rows all = first_rows(100);
        const auto expected = predicted(narrow, all);
        const auto in_f32 = predicted(wide, all);
        float largest = 0;
        for (std::size_t i = 0; i < in_f32.size(); ++i) largest = std::max(largest, std::abs(in_f32[i] - expected[i]));
        BOOST_TEST(largest < 0.03F, net << ": " << largest);  // some roundings of 2⁻⁸, of probabilities
        BOOST_TEST((expected == in_f32) == (net == std::string("avgpool dense(9) relu")), net << ": this is no bf16");
        BOOST_TEST((predicted(shared, all) == expected), net);
        for (const std::uint32_t row : {0U, 1U, 63U, 99U}) {
            for (const std::size_t count : {1U, 3U, 8U, 20U}) {
                Rows rows(std::min<std::size_t>(count, 100 - row));
                std::iota(rows.begin(), rows.end(), row);
                const auto found = predicted(hurried, rows);
                BOOST_TEST(std::ranges::equal(found, std::span(expected).subspan(std::size_t{10} * row, found.size())),
                           net);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
