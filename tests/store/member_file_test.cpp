#include "store/member_file.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "core/hash.hpp"
#include "core/random.hpp"
#include "store/envelope.hpp"
#include "store/scratch_directory.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(member_file_tests)

using Bytes = std::vector<std::byte>;
using train::EpochRecord;
using train::MemberState;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

/// A state in which every field has its own value.
MemberState small_state() {
    MemberState state;
    state.member = 3;
    state.pretrained = 4;
    state.epoch = 2;
    state.step = 5;
    state.updates = 25;
    state.loss_sum = 1.25;
    state.parameters = {0.5F, -1.5F, 0.0F};
    state.first_moment = {0.25F, 0.125F, -0.0F};
    state.second_moment = {1e-8F, std::numeric_limits<float>::infinity(), 3.0F};
    state.statistics = {7.0F};
    state.average = {0.625F, -1.75F, 0.0F};
    state.average_statistics = {7.5F};
    state.averaged = 11;
    state.gradient_norm = {0.03125, 1e-9};
    state.best_loss = 0.375;
    state.best_epoch = 1;
    state.best_parameters = {0.75F, -2.0F, 0.0F};
    state.best_statistics = {8.0F};
    state.train_seconds = 12.5;
    state.finished = true;
    state.excluded = "loss is NaN in epoch 2";
    state.history = {EpochRecord{3, 1, 0.7, 0.6, 0.8, 1e-3, 1.5, 4000, {0.0625, 2e-9}},
                     EpochRecord{3, 2, 0.5, 0.4, not_a_number, 5e-4, 1.25, 5000}};
    return state;
}

bool same_bits(double a, double b) {
    return std::memcmp(&a, &b, sizeof a) == 0;
}

bool same_bits(const core::Buffer<float>& a, const core::Buffer<float>& b) {
    return a.size() == b.size() && std::ranges::equal(std::as_bytes(std::span(a)), std::as_bytes(std::span(b)));
}

void check_equal_but_for_timings(const MemberState& a, const MemberState& b) {
    BOOST_TEST(a.member == b.member);
    BOOST_TEST(a.pretrained == b.pretrained);
    BOOST_TEST(a.epoch == b.epoch);
    BOOST_TEST(a.step == b.step);
    BOOST_TEST(a.updates == b.updates);
    BOOST_TEST(same_bits(a.loss_sum, b.loss_sum));
    BOOST_TEST(same_bits(a.parameters, b.parameters));
    BOOST_TEST(same_bits(a.first_moment, b.first_moment));
    BOOST_TEST(same_bits(a.second_moment, b.second_moment));
    BOOST_TEST(same_bits(a.statistics, b.statistics));
    BOOST_TEST(same_bits(a.average, b.average));
    BOOST_TEST(same_bits(a.average_statistics, b.average_statistics));
    BOOST_TEST(a.averaged == b.averaged);
    BOOST_TEST((a.gradient_norm == b.gradient_norm));
    BOOST_TEST(same_bits(a.best_loss, b.best_loss));
    BOOST_TEST(a.best_epoch == b.best_epoch);
    BOOST_TEST(same_bits(a.best_parameters, b.best_parameters));
    BOOST_TEST(same_bits(a.best_statistics, b.best_statistics));
    BOOST_TEST(a.finished == b.finished);
    BOOST_TEST(a.excluded == b.excluded);
    BOOST_TEST_REQUIRE(a.history.size() == b.history.size());
    for (std::size_t i = 0; i < a.history.size(); ++i) {
        BOOST_TEST(a.history[i].member == b.history[i].member);
        BOOST_TEST(a.history[i].epoch == b.history[i].epoch);
        BOOST_TEST(same_bits(a.history[i].train_loss, b.history[i].train_loss));
        BOOST_TEST(same_bits(a.history[i].validation_loss, b.history[i].validation_loss));
        BOOST_TEST(same_bits(a.history[i].validation_score, b.history[i].validation_score));
        BOOST_TEST(same_bits(a.history[i].learning_rate, b.history[i].learning_rate));
        BOOST_TEST((a.history[i].gradient_norm == b.history[i].gradient_norm));
    }
}

MemberState large_state() {
    MemberState state = small_state();
    core::RandomStream stream({.seed = 4});
    for (auto* array : {&state.parameters, &state.first_moment, &state.second_moment, &state.best_parameters}) {
        array->resize(50'000);
        for (float& value : *array) value = static_cast<float>(stream.normal());
    }
    return state;
}

std::string refusal(std::span<const std::byte> file, const std::string& configuration = "digest",
                    core::Failure expected = core::Failure::data) {
    try {
        static_cast<void>(store::unpack_member(file, configuration, "members/0003.ckpt"));
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == expected), error.what());
        return error.what();
    }
    return {};
}

bool contains(const std::string& whole, const std::string& part) {
    return whole.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_state_comes_back_bit_for_bit) {
    const ScratchDirectory scratch;
    for (const MemberState& state : {small_state(), large_state(), MemberState()}) {
        store::save_member(scratch / "0003.ckpt", state, "digest");
        const MemberState loaded = store::load_member(scratch / "0003.ckpt", "digest");
        check_equal_but_for_timings(loaded, state);
        BOOST_TEST(loaded.train_seconds == 0.0);
        for (const EpochRecord& record : loaded.history) {
            BOOST_TEST(record.seconds == 0.0);
            BOOST_TEST(record.samples_per_s == 0.0);
        }
    }
}

BOOST_AUTO_TEST_CASE(bytes_do_not_depend_on_timings) {
    MemberState slower = small_state();
    slower.train_seconds = 99;
    for (EpochRecord& record : slower.history) {
        record.seconds *= 3;
        record.samples_per_s = not_a_number;
    }
    BOOST_TEST((store::pack_member(slower, "digest") == store::pack_member(small_state(), "digest")));
}

BOOST_AUTO_TEST_CASE(bytes_do_not_depend_on_padding_or_addresses) {
    const Bytes first = store::pack_member(small_state(), "digest");
    for (const int value : {0x00, 0xff, 0xa5}) {
        const auto fill = static_cast<unsigned char>(value);
        // The same values in memory whose padding held something else.
        alignas(MemberState) std::array<unsigned char, sizeof(MemberState)> storage{};
        storage.fill(fill);
        auto* state = new (storage.data()) MemberState;
        *state = small_state();
        std::vector<EpochRecord> history(state->history.size());
        for (std::size_t i = 0; i < history.size(); ++i) {
            std::destroy_at(&history[i]);
            std::memset(static_cast<void*>(&history[i]), fill, sizeof(EpochRecord));
            std::construct_at(&history[i], state->history[i]);
        }
        state->history.swap(history);
        BOOST_TEST((store::pack_member(*state, "digest") == first));
        std::destroy_at(state);
    }
}

BOOST_AUTO_TEST_CASE(every_other_field_is_in_the_bytes) {
    const std::vector<void (*)(MemberState&)> changes{
        [](MemberState& s) { ++s.member; },
        [](MemberState& s) { ++s.pretrained; },
        [](MemberState& s) { ++s.epoch; },
        [](MemberState& s) { ++s.step; },
        [](MemberState& s) { ++s.updates; },
        [](MemberState& s) { s.loss_sum = -s.loss_sum; },
        [](MemberState& s) { s.parameters[2] = -0.0F; },
        [](MemberState& s) { s.first_moment.clear(); },
        [](MemberState& s) { s.second_moment[0] = 0; },
        [](MemberState& s) { s.statistics.push_back(0); },
        [](MemberState& s) { s.average[0] = 0; },
        [](MemberState& s) { s.average_statistics.clear(); },
        [](MemberState& s) { ++s.averaged; },
        [](MemberState& s) { s.gradient_norm[1] = 0; },
        [](MemberState& s) { s.best_loss = 0; },
        [](MemberState& s) { ++s.best_epoch; },
        [](MemberState& s) { s.best_parameters[0] = 0; },
        [](MemberState& s) { s.best_statistics[0] = 0; },
        [](MemberState& s) { s.finished = false; },
        [](MemberState& s) { s.excluded.clear(); },
        [](MemberState& s) { s.history.pop_back(); },
        [](MemberState& s) { ++s.history[0].member; },
        [](MemberState& s) { ++s.history[0].epoch; },
        [](MemberState& s) { s.history[0].train_loss = 0; },
        [](MemberState& s) { s.history[0].validation_loss = 0; },
        [](MemberState& s) { s.history[0].validation_score = 0; },
        [](MemberState& s) { s.history[0].learning_rate = 0; },
        [](MemberState& s) { s.history[0].gradient_norm.pop_back(); },
        [](MemberState& s) { s.history[1].gradient_norm = {1.0}; },
    };
    const Bytes before = store::pack_member(small_state(), "digest");
    for (std::size_t i = 0; i < changes.size(); ++i) {
        MemberState state = small_state();
        changes[i](state);
        const Bytes after = store::pack_member(state, "digest");
        BOOST_TEST((after != before), "change " << i);
        check_equal_but_for_timings(store::unpack_member(after, "digest", "file"), state);
    }
}

// The format of the file: if this fails, old checkpoints can no longer be read, so the format's version must rise.
BOOST_AUTO_TEST_CASE(the_format_does_not_change_unnoticed) {
    MemberState state = small_state();
    state.history[1].validation_score = 0.5;  // the bits of NaN are the compiler's choice
    const Bytes file = store::pack_member(state, "digest");
    BOOST_TEST(file.size() == 435U);
    BOOST_TEST(core::hex(core::sha256(file)) == "87240696c717f98f4c95bfee027c04e75fa0e0abbd98b94a2e8ba9cc104acf43");
}

BOOST_AUTO_TEST_CASE(a_member_of_another_run_is_refused) {
    const Bytes file = store::pack_member(small_state(), "abc123");
    BOOST_TEST(refusal(file, "abc123").empty());
    const std::string message = refusal(file, "def456", core::Failure::usage);
    BOOST_TEST(contains(message, "'members/0003.ckpt'"), message);
    BOOST_TEST(contains(message, "abc123"), message);
    BOOST_TEST(contains(message, "def456"), message);
}

BOOST_AUTO_TEST_CASE(a_missing_file_is_refused) {
    const ScratchDirectory scratch;
    BOOST_CHECK_THROW(static_cast<void>(store::load_member(scratch / "0000.ckpt", "digest")), core::Error);
}

BOOST_AUTO_TEST_CASE(every_flipped_bit_of_a_small_file_is_seen) {
    Bytes file = store::pack_member(small_state(), "digest");
    BOOST_TEST_REQUIRE(refusal(file).empty());
    for (std::size_t bit = 0; bit < 8 * file.size(); ++bit) {
        file[bit / 8] ^= std::byte{1} << (bit % 8);
        BOOST_TEST_REQUIRE(contains(refusal(file), "damaged"), "bit " << bit);
        file[bit / 8] ^= std::byte{1} << (bit % 8);
    }
}

BOOST_AUTO_TEST_CASE(every_length_of_a_small_file_is_seen) {
    Bytes file = store::pack_member(small_state(), "digest");
    const std::size_t whole = file.size();
    file.resize(whole + 300);
    for (std::size_t length = 0; length < file.size(); ++length) {
        if (length == whole) continue;
        BOOST_TEST_REQUIRE(contains(refusal(std::span(file).first(length)), "damaged"), "length " << length);
    }
}

BOOST_AUTO_TEST_CASE(random_damages_of_a_large_file_are_seen) {
    const Bytes intact = store::pack_member(large_state(), "digest");
    BOOST_TEST_REQUIRE(refusal(intact).empty());
    const auto size = static_cast<std::uint32_t>(intact.size());
    core::RandomStream stream({.seed = 31});
    for (int trial = 0; trial < 200; ++trial) {
        Bytes damaged = intact;
        const std::uint32_t from = stream.below(size);
        const std::uint32_t count = std::min(1 + stream.below(5000), size - from);
        const auto begin = damaged.begin() + static_cast<std::ptrdiff_t>(from);
        const auto end = begin + static_cast<std::ptrdiff_t>(count);
        switch (trial % 5) {
            case 0:  // a sector of zeros, as after a crash
                std::fill(begin, end, std::byte{0});
                break;
            case 1:
                damaged.erase(begin, end);
                break;
            case 2:
                damaged.insert(begin, count, std::byte{7});
                break;
            case 3:
                std::rotate(begin, begin + 1, end);
                break;
            default:
                *begin ^= std::byte{1} << stream.below(8);
        }
        if (damaged == intact) continue;
        BOOST_TEST_REQUIRE(!refusal(damaged).empty(), "trial " << trial << " at " << from << " + " << count);
    }
}

// An envelope that is whole around something that is no member: reading must fail in order, whatever it says.
BOOST_AUTO_TEST_CASE(a_well_sealed_wrong_payload_is_refused) {
    const Bytes file = store::pack_member(small_state(), "digest");
    const auto payload = store::open(file, store::Payload::member, "file");
    for (std::size_t length = 0; length < payload.size(); ++length) {
        const Bytes sealed = store::seal(store::Payload::member, payload.first(length));
        BOOST_TEST_REQUIRE(contains(refusal(sealed), "does not hold a member"), "length " << length);
    }
    Bytes longer(payload.begin(), payload.end());
    longer.push_back(std::byte{0});
    BOOST_TEST(contains(refusal(store::seal(store::Payload::member, longer)), "more than a member"));
    const Bytes ones(400, std::byte{0xff});
    BOOST_TEST(contains(refusal(store::seal(store::Payload::member, ones)), "does not hold a member"));
}

BOOST_AUTO_TEST_SUITE_END()
