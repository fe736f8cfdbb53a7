#include "schedule/message.hpp"

#include <cmath>
#include <limits>

#include <boost/test/unit_test.hpp>

#include "core/contract.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(message_tests)

using namespace schedule;

namespace {

Finished finished() {
    return {.result = {.index = 7,
                       .parameters = 235'146,
                       .epochs = 20,
                       .train_s = 12.5,
                       .validation_loss = std::numeric_limits<double>::quiet_NaN(),
                       .validation_score = 0.75,
                       .validation = {0.75, 0.5},
                       .test = {0.5, 0.25, 0.125, std::numeric_limits<double>::quiet_NaN()},
                       .excluded = "its loss is no number"},
            .samples = std::uint64_t{1} << 40U,
            .busy_s = 13.5,
            .predict_s = 0.75};
}

Analysed analysed() {
    return {.job = 64, .result = {std::byte{1}, std::byte{0}, std::byte{255}}};
}

const std::vector<Message> all{
    Request{},
    Progress{.member = 3,
             .epoch = 2,
             .fraction = 0.5,
             .loss = std::numeric_limits<double>::quiet_NaN(),
             .samples = 99,
             .saved = 0.25},
    EpochDone{{.member = 3,
               .epoch = 2,
               .train_loss = 0.5,
               .validation_loss = 0.25,
               .validation_score = 0.75,
               .learning_rate = 1e-3,
               .seconds = 2,
               .samples_per_s = 1e5,
               .gradient_norm = {0.25, 0, 1e-30}}},
    finished(),
    Failed{.kind = core::Failure::data, .message = "disk full"},
    Assign{{.first = 4'000'000, .count = 3}},
    Analyse{.job = 128, .context = {std::byte{7}, std::byte{0}}},
    Analyse{},
    Stop{},
    Stop{.exit_code = 75, .ranks_lost = true},
    analysed(),
    Interrupted{.why = "SIGTERM"},
    Suspend{},
    Threads{.count = 3},
    Suspended{},
    Notice{.text = "a file is damaged"},
    Suspend{.saves = false},
};

void decode_quietly(std::span<const std::byte> bytes) {
    static_cast<void>(decode(bytes));
}

}  // namespace

BOOST_AUTO_TEST_CASE(letters_arrive_as_they_were_sent) {
    for (const Message& message : all) {
        const auto bytes = encode(message);
        const Message read = decode(bytes);
        BOOST_TEST(read.index() == message.index());
        BOOST_TEST((encode(read) == bytes));
    }
}

BOOST_AUTO_TEST_CASE(fields_are_what_they_were) {
    const auto read = std::get<Finished>(decode(encode(finished())));
    BOOST_TEST(read.result.index == 7U);
    BOOST_TEST(read.result.parameters == 235'146U);
    BOOST_TEST(read.result.epochs == 20U);
    BOOST_TEST(read.result.train_s == 12.5);
    BOOST_TEST(std::isnan(read.result.validation_loss));
    BOOST_TEST(read.result.validation_score == 0.75);
    BOOST_TEST((read.result.validation == task::Scores{0.75, 0.5}));
    BOOST_TEST_REQUIRE(read.result.test.size() == 4U);
    BOOST_TEST(read.result.test[0] == 0.5);
    BOOST_TEST(read.result.test[2] == 0.125);
    BOOST_TEST(std::isnan(read.result.test[3]));
    BOOST_TEST(read.result.excluded == "its loss is no number");
    BOOST_TEST(read.samples == std::uint64_t{1} << 40U);
    BOOST_TEST(read.busy_s == 13.5);
    BOOST_TEST(read.predict_s == 0.75);
    const auto block = std::get<Analysed>(decode(encode(analysed())));
    BOOST_TEST(block.job == 64U);
    BOOST_TEST((block.result == analysed().result));
    const auto order = std::get<Analyse>(decode(encode(all[6])));
    BOOST_TEST(order.job == 128U);
    BOOST_TEST((order.context == std::vector{std::byte{7}, std::byte{0}}));
    const auto epoch = std::get<EpochDone>(decode(encode(all[2]))).record;
    BOOST_TEST(epoch.train_loss == 0.5);
    BOOST_TEST(epoch.learning_rate == 1e-3);
    BOOST_TEST(epoch.samples_per_s == 1e5);
    BOOST_TEST((epoch.gradient_norm == std::vector<double>{0.25, 0, 1e-30}));
    BOOST_TEST(!std::get<Suspend>(decode(encode(all.back()))).saves);
    const auto failed = std::get<Failed>(decode(encode(all[4])));
    BOOST_TEST(failed.message == "disk full");
    BOOST_TEST((failed.kind == core::Failure::data));
}

BOOST_AUTO_TEST_CASE(a_letter_cut_short_or_grown_is_refused) {
    for (const Message& message : all) {
        auto bytes = encode(message);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            BOOST_TEST(contains(failure_of(core::Failure::run, [&] { decode_quietly(std::span(bytes).first(size)); }),
                                "damaged"));
        }
        bytes.push_back(std::byte{0});
        BOOST_TEST(contains(failure_of(core::Failure::run, [&] { decode_quietly(bytes); }), "size is wrong"));
    }
}

BOOST_AUTO_TEST_CASE(a_damaged_header_is_refused) {
    const auto bytes = encode(finished());
    constexpr std::size_t header_bytes = 16;
    for (std::size_t at = 0; at < header_bytes; ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            auto damaged = bytes;
            damaged[at] ^= std::byte{1} << bit;
            BOOST_TEST(contains(failure_of(core::Failure::run, [&] { decode_quietly(damaged); }), "damaged"));
        }
    }
}

BOOST_AUTO_TEST_CASE(content_that_makes_no_sense_is_refused_on_both_ends) {
    BOOST_CHECK_THROW(static_cast<void>(encode(Assign{{.first = 1U << 22U}})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(encode(Assign{{.first = 1, .count = 0}})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(encode(Assign{{.first = (1U << 22U) - 1, .count = 2}})),
                      core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(encode(Progress{.member = 0, .epoch = 0})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(encode(Threads{.count = 0})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(encode(Progress{.member = 0, .epoch = 1, .fraction = 1.5})),
                      core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(encode(Failed{.kind = core::Failure::run, .message = ""})),
                      core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(encode(Analysed{.job = 1, .result = {}})), core::ContractViolation);
    BOOST_CHECK_THROW(static_cast<void>(encode(Analysed{.job = no_job, .result = {std::byte{1}}})),
                      core::ContractViolation);
    auto bytes = encode(Assign{{.first = 1}});
    bytes.back() = std::byte{0xFF};
    BOOST_TEST(contains(failure_of(core::Failure::run, [&] { decode_quietly(bytes); }), "makes no sense"));
}

BOOST_AUTO_TEST_SUITE_END()
