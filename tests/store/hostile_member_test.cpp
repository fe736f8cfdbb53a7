#include <array>
#include <cstdint>
#include <cstring>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "core/random.hpp"
#include "store/envelope.hpp"
#include "store/member_file.hpp"
#include "train/state_check.hpp"
#include "train/study.hpp"

using namespace ensemble;

// Files whose checksum is right and whose content no training has written. Under the sanitizers this suite also shows
// that none of them is touched where it does not hold.
BOOST_AUTO_TEST_SUITE(hostile_member_tests)

using Bytes = std::vector<std::byte>;
using train::MemberState;

namespace {

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();
const std::string file_name = "members/0001.ckpt";

/// A training with everything that a state can hold: moments, a mean, the best epoch, norms of gradients.
train::Hyperparameters full_training() {
    train::Hyperparameters h = impatient_training(0.01);
    h.epochs = 12;
    h.average = train::AverageKind::swa;
    h.average_start = 0.1;
    h.log_gradients = true;
    return h;
}

/// `steps` of it; negative: all.
MemberState state_after(const train::Hyperparameters& h, int steps) {
    train::Trainer trainer(images().network, h, images().problem(), 1);
    for (int i = 0; i != steps && !trainer.finished(); ++i) static_cast<void>(trainer.step());
    return trainer.state();
}

/// After two epochs of four batches, and two batches.
MemberState middle_of_training(const train::Hyperparameters& h) {
    MemberState state = state_after(h, 10);
    BOOST_TEST_REQUIRE(state.epoch == 2U);
    BOOST_TEST_REQUIRE(state.averaged > 0U);
    return state;
}

/// What the reader of a sealed file says; empty if it takes the file, with which a trainer then goes on.
std::string refusal_of(const Bytes& file, const train::Hyperparameters& h) {
    const auto fault_of = [&](const MemberState& state) {
        return train::fault_of(state, task::standard_task(task::Kind::classification), images().network, h,
                               images().problem().train.size());
    };
    try {
        MemberState state = store::unpack_member(file, "digest", file_name, fault_of);
        train::Trainer trainer(images().network, h, images().problem(), std::move(state));
        if (!trainer.finished()) static_cast<void>(trainer.step());
    } catch (const core::Error& error) {
        BOOST_TEST((error.kind() == core::Failure::data), error.what());
        return error.what();
    }
    return {};
}

struct Alteration {
    const char* field;
    std::function<void(MemberState&)> change;
};

/// Each is refused by name of file and field.
void check_all_refused(const MemberState& state, const train::Hyperparameters& h,
                       const std::vector<Alteration>& alterations) {
    BOOST_TEST_REQUIRE(refusal_of(store::pack_member(state, "digest"), h) == "");
    for (std::size_t i = 0; i < alterations.size(); ++i) {
        MemberState altered = state;
        alterations[i].change(altered);
        const std::string message = refusal_of(store::pack_member(altered, "digest"), h);
        BOOST_TEST_MESSAGE(alterations[i].field << ": " << message);
        BOOST_TEST(message.find("'" + file_name + "'") != std::string::npos, i << ": " << message);
        BOOST_TEST(message.find(alterations[i].field) != std::string::npos,
                   i << ", " << alterations[i].field << ": " << message);
        BOOST_TEST(message.size() < 400U);
    }
}

/// Where in an archive a field lies, for what cannot be put into a state: fields of a size that is known come first.
struct Places {
    std::size_t configuration = 0;
    /// Behind the digest, six numbers and what is said of their class.
    std::size_t parameters = 8 + 6 + 4 + 4 + 4 + 8 + 8 + 8 + 5;
    std::size_t first_moment, second_moment, statistics, average, average_statistics, averaged, gradient_norm,
        best_loss, best_parameters, best_statistics, finished, excluded, history, record_norm;

    explicit Places(const MemberState& state) {
        const auto behind = [](std::size_t at, const core::Buffer<float>& buffer) {
            return at + 8 + 4 * buffer.size();
        };
        first_moment = behind(parameters, state.parameters);
        second_moment = behind(first_moment, state.first_moment);
        statistics = behind(second_moment, state.second_moment);
        average = behind(statistics, state.statistics);
        average_statistics = behind(average, state.average);
        averaged = behind(average_statistics, state.average_statistics);
        gradient_norm = averaged + 8;
        best_loss = gradient_norm + 8 + 8 * state.gradient_norm.size();
        best_parameters = best_loss + 8 + 4;
        best_statistics = behind(best_parameters, state.best_parameters);
        finished = behind(best_statistics, state.best_statistics);
        excluded = finished + 1;
        history = excluded + 8 + state.excluded.size() + 5;
        record_norm = history + 8 + 4 + 4 + 4 + 4 * 8;  // of its first epoch
    }
};

template <class Number>
Bytes with(const Bytes& file, std::size_t at, Number number) {
    const auto payload = store::open(file, store::Payload::member, file_name);
    Bytes altered(payload.begin(), payload.end());
    BOOST_TEST_REQUIRE(at + sizeof number <= altered.size());
    std::memcpy(altered.data() + at, &number, sizeof number);
    return store::seal(store::Payload::member, altered);
}

}  // namespace

BOOST_AUTO_TEST_CASE(numbers_in_the_middle_of_a_training) {
    const train::Hyperparameters h = full_training();
    check_all_refused(middle_of_training(h), h,
                      {{"member", [](auto& s) { s.member = 4; }},
                       {"pretrained", [](auto& s) { s.pretrained = 1; }},
                       {"pretrained", [](auto& s) { s.pretrained = 0xffffffff; }},
                       {"epoch", [](auto& s) { s.epoch = 0; }},
                       {"epoch", [](auto& s) { s.epoch = 3; }},
                       {"epoch", [](auto& s) { s.epoch = 0xffffffff; }},
                       {"step", [](auto& s) { s.step = 4; }},
                       {"step", [](auto& s) { s.step = 1U << 20U; }},
                       {"step", [](auto& s) { s.step = ~std::uint64_t{0}; }},
                       {"updates", [](auto& s) { s.updates = 0; }},
                       {"updates", [](auto& s) { ++s.updates; }},
                       {"updates", [](auto& s) { s.updates = ~std::uint64_t{0}; }},
                       {"loss_sum", [](auto& s) { s.loss_sum = not_a_number; }},
                       {"loss_sum", [](auto& s) { s.loss_sum = -infinity; }},
                       {"averaged", [](auto& s) { s.averaged = 0; }},
                       {"averaged", [](auto& s) { s.averaged = ~std::uint64_t{0}; }},
                       {"best_loss", [](auto& s) { s.best_loss = 0; }},
                       {"best_loss", [](auto& s) { s.best_loss = not_a_number; }},
                       {"best_epoch", [](auto& s) { s.best_epoch = 0; }},
                       {"best_epoch", [](auto& s) { s.best_epoch = 1000; }},
                       {"finished",
                        [](auto& s) {
                            s.step = 0, s.updates = 8, s.loss_sum = 0, s.gradient_norm = {}, s.finished = true,
                            s.average = {}, s.average_statistics = {};
                        }},
                       {"step", [](auto& s) { s.finished = true; }},
                       {"finished", [](auto& s) { s.excluded = "it looks ill"; }}});
}

BOOST_AUTO_TEST_CASE(buffers_in_the_middle_of_a_training) {
    const train::Hyperparameters h = full_training();
    check_all_refused(middle_of_training(h), h,
                      {{"parameters", [](auto& s) { s.parameters.clear(); }},
                       {"parameters", [](auto& s) { s.parameters.pop_back(); }},
                       {"parameters", [](auto& s) { s.parameters.push_back(0); }},
                       {"first_moment", [](auto& s) { s.first_moment.resize(1); }},
                       {"first_moment", [](auto& s) { s.first_moment.clear(); }},
                       {"first_moment", [](auto& s) { s.first_moment.resize(2 * s.first_moment.size()); }},
                       {"second_moment", [](auto& s) { s.second_moment.resize(1); }},
                       {"second_moment", [](auto& s) { s.second_moment.clear(); }},
                       {"statistics", [](auto& s) { s.statistics.clear(); }},
                       {"statistics", [](auto& s) { s.statistics.resize(1); }},
                       {"average", [](auto& s) { s.average.clear(); }},
                       {"average", [](auto& s) { s.average.resize(1); }},
                       {"average_statistics", [](auto& s) { s.average_statistics.clear(); }},
                       {"average_statistics", [](auto& s) { s.average_statistics.resize(1); }},
                       {"gradient_norm", [](auto& s) { s.gradient_norm.clear(); }},
                       {"gradient_norm", [](auto& s) { s.gradient_norm.resize(1000); }},
                       {"gradient_norm", [](auto& s) { s.gradient_norm[0] = -1; }},
                       {"best_parameters", [](auto& s) { s.best_parameters.clear(); }},
                       {"best_parameters", [](auto& s) { s.best_parameters.resize(1); }},
                       {"best_statistics", [](auto& s) { s.best_statistics.resize(1); }}});
}

BOOST_AUTO_TEST_CASE(history_in_the_middle_of_a_training) {
    const train::Hyperparameters h = full_training();
    check_all_refused(middle_of_training(h), h,
                      {{"history", [](auto& s) { s.history.clear(); }},
                       {"history", [](auto& s) { s.history.pop_back(); }},
                       {"history", [](auto& s) { s.history.push_back(s.history.back()); }},
                       {"member", [](auto& s) { s.history[1].member = 7; }},
                       {"epoch", [](auto& s) { s.history[1].epoch = 1; }},
                       {"epoch", [](auto& s) { s.history[0].epoch = 0xffffffff; }},
                       {"train_loss", [](auto& s) { s.history[0].train_loss = not_a_number; }},
                       {"validation_loss", [](auto& s) { s.history[1].validation_loss = infinity; }},
                       {"validation_score", [](auto& s) { s.history[0].validation_score = 1.5; }},
                       {"validation_score", [](auto& s) { s.history[0].validation_score = not_a_number; }},
                       {"learning_rate", [](auto& s) { s.history[0].learning_rate = -1; }},
                       {"learning_rate", [](auto& s) { s.history[0].learning_rate = infinity; }},
                       {"gradient_norm", [](auto& s) { s.history[0].gradient_norm.clear(); }},
                       {"gradient_norm", [](auto& s) { s.history[1].gradient_norm.resize(1000); }}});
}

BOOST_AUTO_TEST_CASE(at_the_end_of_a_training) {
    const train::Hyperparameters h = full_training();
    const MemberState state = state_after(h, -1);
    BOOST_TEST_REQUIRE(state.finished);
    check_all_refused(
        state, h,
        {{"finished",
          [](auto& s) { s.finished = false, s.average = s.parameters, s.average_statistics = s.statistics; }},
         {"step", [](auto& s) { s.step = 1, ++s.updates; }},
         {"loss_sum", [](auto& s) { s.loss_sum = 1; }},
         {"average", [](auto& s) { s.average = s.parameters; }},
         {"average_statistics", [](auto& s) { s.average_statistics = s.statistics; }},
         {"parameters", [](auto& s) { s.parameters.resize(1); }},
         {"best_epoch", [](auto& s) { s.best_epoch = s.epoch + 1; }},
         {"best_loss", [](auto& s) { s.best_loss = -1; }},
         {"gradient_norm", [](auto& s) { s.gradient_norm = {1.0}; }},
         {"excluded", [](auto& s) { s.excluded = "\x1b[2J"; }},
         {"excluded", [](auto& s) { s.excluded.assign(1U << 20U, 'x'); }},
         {"validation_loss", [](auto& s) { s.history[0].validation_loss = not_a_number; }}});
}

BOOST_AUTO_TEST_CASE(what_went_on_after_its_end_is_refused) {
    train::Hyperparameters h = full_training();
    h.average = train::AverageKind::none;
    h.patience = 12;
    MemberState state = state_after(h, -1);
    BOOST_TEST_REQUIRE(state.epoch == 12U);
    state.history[0].validation_loss = 0;
    state.best_epoch = 1;
    state.best_loss = 0;
    check_all_refused(state, h, {});
    h.patience = 3;
    const std::string message = refusal_of(store::pack_member(state, "digest"), h);
    BOOST_TEST(message.find("history goes on after epoch 4") != std::string::npos, message);
}

BOOST_AUTO_TEST_CASE(where_the_training_keeps_nothing_nothing_is_taken) {
    const train::Hyperparameters h = [] {
        train::Hyperparameters plain = short_training();
        plain.optimizer = train::OptimizerKind::sgd;
        return plain;
    }();
    check_all_refused(state_after(h, 6), h,
                      {{"first_moment", [](auto& s) { s.first_moment = s.parameters; }},
                       {"second_moment", [](auto& s) { s.second_moment.resize(1); }},
                       {"average", [](auto& s) { s.average = s.parameters; }},
                       {"average_statistics", [](auto& s) { s.average_statistics = s.statistics; }},
                       {"averaged", [](auto& s) { s.averaged = 1; }},
                       {"best_parameters", [](auto& s) { s.best_parameters = s.parameters; }},
                       {"best_statistics", [](auto& s) { s.best_statistics = s.statistics; }},
                       {"gradient_norm", [](auto& s) { s.gradient_norm = {1.0}; }},
                       {"gradient_norm", [](auto& s) { s.history[0].gradient_norm = {1.0}; }}});
}

// Counts and values that no state in memory can have.
BOOST_AUTO_TEST_CASE(archives_that_lie) {
    const train::Hyperparameters h = full_training();
    const MemberState state = state_after(h, 10);
    const Bytes file = store::pack_member(state, "digest");
    const Places at(state);
    const std::vector<std::pair<const char*, std::size_t>> counts{{"configuration", at.configuration},
                                                                  {"parameters", at.parameters},
                                                                  {"first_moment", at.first_moment},
                                                                  {"second_moment", at.second_moment},
                                                                  {"statistics", at.statistics},
                                                                  {"average", at.average},
                                                                  {"average_statistics", at.average_statistics},
                                                                  {"gradient_norm", at.gradient_norm},
                                                                  {"best_parameters", at.best_parameters},
                                                                  {"best_statistics", at.best_statistics},
                                                                  {"excluded", at.excluded},
                                                                  {"history", at.history},
                                                                  {"history 1, gradient_norm", at.record_norm}};
    const std::array<std::uint64_t, 4> claims{1ULL << 30U, 1ULL << 40U, 1ULL << 62U, ~0ULL};
    const auto expect = [&](const char* field, const Bytes& altered) {
        const std::string message = refusal_of(altered, h);
        BOOST_TEST_MESSAGE(field << ": " << message);
        BOOST_TEST(message.find("'" + file_name + "'") != std::string::npos, message);
        BOOST_TEST(message.find(field) != std::string::npos, field << ": " << message);
    };
    for (const auto& [field, place] : counts) {
        for (const std::uint64_t claim : claims) expect(field, with(file, place, claim));
    }
    for (const std::uint8_t truth : std::array<std::uint8_t, 3>{2, 127, 255})
        expect("finished", with(file, at.finished, truth));
    expect("history", with(file, at.history + 8, 1U));  // the version of its elements
    expect("history", with(file, at.history - 5, std::uint8_t{1}));
    expect("parameters", with(file, at.parameters - 4, 1U));
}

// Whatever bytes change: refused in order, or a state with which a training goes on.
BOOST_AUTO_TEST_CASE(any_bytes_at_all) {
    const train::Hyperparameters h = full_training();
    const MemberState state = state_after(h, 10);
    const Bytes file = store::pack_member(state, "digest");
    core::RandomStream random({.seed = 7});
    const std::size_t size = store::open(file, store::Payload::member, file_name).size();
    const auto fault_of = [&](const MemberState& read) {
        return train::fault_of(read, task::standard_task(task::Kind::classification), images().network, h,
                               images().problem().train.size());
    };
    int refused = 0;
    for (int trial = 0; trial < 2000; ++trial) {
        // Counts and flags lie thinly among the floats: half of the trials aim behind them.
        const std::size_t tail = std::min<std::size_t>(size, 700);
        const std::size_t at = trial % 2 == 0 ? random.below(static_cast<std::uint32_t>(size - 8))
                                              : size - 8 - random.below(static_cast<std::uint32_t>(tail));
        const std::uint64_t value = std::uint64_t{random.below(0xffffffff)} << random.below(33);
        try {
            static_cast<void>(store::unpack_member(with(file, at, value), "digest", file_name, fault_of));
        } catch (const core::Error&) {
            ++refused;
        }
    }
    BOOST_TEST(refused > 100);
}

BOOST_AUTO_TEST_SUITE_END()
