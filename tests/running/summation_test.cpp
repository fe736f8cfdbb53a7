#include "run/summation.hpp"

#include <algorithm>
#include <bit>
#include <deque>
#include <random>

#include <boost/test/unit_test.hpp>

#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(summation_tests)

using namespace run;

BOOST_AUTO_TEST_CASE(every_place_has_its_parent_and_the_tree_is_as_deep_as_a_logarithm) {
    for (std::size_t places = 1; places <= 130; ++places) {
        std::vector<std::size_t> children(places);
        std::size_t deepest = 0;
        for (std::size_t place = 1; place < places; ++place) {
            BOOST_TEST_REQUIRE(branch_of(place, places).parent < place);
            ++children[branch_of(place, places).parent];
            std::size_t depth = 0;
            for (std::size_t at = place; at > 0; at = branch_of(at, places).parent) ++depth;
            deepest = std::max(deepest, depth);
        }
        const auto logarithm = static_cast<std::size_t>(std::bit_width(places - 1));
        BOOST_TEST(deepest <= logarithm);
        for (std::size_t place = 0; place < places; ++place) {
            BOOST_TEST(branch_of(place, places).children == children[place]);
            BOOST_TEST(children[place] <= logarithm);
        }
    }
}

namespace {

/// Ranks that sum 2^rank by letters which arrive in any order.
struct Ranks {
    explicit Ranks(std::size_t count) : summations(count) {}

    void order(std::int32_t round, const std::vector<std::size_t>& left) {
        for (std::size_t place = 0; place < left.size(); ++place) {
            const Branch branch = branch_of(place, left.size());
            const Combine combine{.round = round,
                                  .parent = place > 0 ? static_cast<std::int32_t>(left[branch.parent]) : -1,
                                  .children = static_cast<std::int32_t>(branch.children)};
            letters.emplace_back(left[place], combine);
        }
    }

    /// Delivers a letter, any of those on their way.
    void deliver(std::mt19937& random) {
        std::swap(letters.front(), letters[random() % letters.size()]);
        const auto [rank, letter] = letters.front();
        letters.pop_front();
        if (gone == rank) return;
        if (const auto* combine = std::get_if<Combine>(&letter)) {
            summations[rank].begin(*combine, std::vector<std::int64_t>{std::int64_t{1} << rank, 1});
        } else {
            summations[rank].add(std::get<Share>(letter));
        }
        if (auto done = summations[rank].take_sum()) {
            if (done->first.parent < 0) {
                total = done->second.counters;
            } else {
                letters.emplace_back(static_cast<std::size_t>(done->first.parent), done->second);
            }
        }
    }

    std::vector<Summation> summations;
    std::deque<std::pair<std::size_t, std::variant<Combine, Share>>> letters;
    std::optional<std::size_t> gone;
    std::vector<std::int64_t> total;
};

}  // namespace

BOOST_AUTO_TEST_CASE(the_sum_does_not_depend_on_the_order_of_arrival) {
    std::mt19937 random(1);
    for (std::size_t count = 1; count < 40; ++count) {
        Ranks ranks(count);
        std::vector<std::size_t> all(count);
        for (std::size_t rank = 0; rank < count; ++rank) all[rank] = rank;
        ranks.order(1, all);
        while (!ranks.letters.empty()) ranks.deliver(random);
        BOOST_TEST((ranks.total ==
                    std::vector<std::int64_t>{(std::int64_t{1} << count) - 1, static_cast<std::int64_t>(count)}));
    }
}

BOOST_AUTO_TEST_CASE(a_round_in_which_a_rank_is_lost_is_made_good_by_the_next) {
    std::mt19937 random(2);
    constexpr std::size_t count = 13;
    for (int trial = 0; trial < 500; ++trial) {
        Ranks ranks(count);
        std::vector<std::size_t> left(count);
        for (std::size_t rank = 0; rank < count; ++rank) left[rank] = rank;
        ranks.order(1, left);
        for (auto some = random() % 20; some > 0 && !ranks.letters.empty(); --some) ranks.deliver(random);
        ranks.gone = 1 + random() % (count - 1);
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(*ranks.gone));
        ranks.total.clear();
        // The orders of one sender come in their order; shares may overtake them.
        std::erase_if(ranks.letters, [](const auto& letter) { return std::holds_alternative<Combine>(letter.second); });
        ranks.order(2, left);
        while (!ranks.letters.empty()) ranks.deliver(random);
        BOOST_TEST((ranks.total ==
                    std::vector<std::int64_t>{((std::int64_t{1} << count) - 1) - (std::int64_t{1} << *ranks.gone),
                                              static_cast<std::int64_t>(count - 1)}));
    }
}

BOOST_AUTO_TEST_CASE(shares_of_different_sizes_are_refused) {
    Summation summation;
    summation.begin(Combine{.round = 1, .children = 1}, std::vector<std::int64_t>{1, 2});
    BOOST_TEST(contains(failure_of(core::Failure::run, [&] { summation.add(Share{.round = 1, .counters = {1}}); }),
                        "2 and 1 counters"));
}

BOOST_AUTO_TEST_SUITE_END()
