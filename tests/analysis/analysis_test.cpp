#include "analysis/analysis.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "analysis/held_out.hpp"
#include "analysis/in_order.hpp"
#include "analysis/simulated.hpp"
#include "analysis/simulated_run.hpp"
#include "core/contract.hpp"
#include "failure.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(analysis_tests)

using analysis::Analysis;
using analysis::Analyst;
using analysis::Committee;
using analysis::Study;
using Floats = std::vector<float>;

namespace {

void check_equal(const Analysis& one, const Analysis& other) {
    BOOST_TEST((one.weights() == other.weights()));
    for (std::size_t set = 0; set < one.study().sets.size(); ++set)
        BOOST_TEST((analysis::to_bytes(one.rows(set)) == analysis::to_bytes(other.rows(set))));
}

/// Large enough for several blocks of rows, which are few: they are resampled.
std::vector<Simulated> classes() {
    return {simulated_classes(4, 30, 2000), simulated_classes(4, 150, 2000)};
}

}  // namespace

BOOST_AUTO_TEST_CASE(whoever_does_which_job_the_whole_is_the_same) {
    const SimulatedRun of_classes(classes());
    const Analysis one = analysed(of_classes, of_classes.all());
    BOOST_TEST(one.jobs().size() > 2U);
    check_equal(one, analysed(of_classes, of_classes.all(), 3));
    const SimulatedRun of_numbers({simulated_numbers(5, 40, 2), simulated_numbers(5, 30, 2)});
    check_equal(analysed(of_numbers, of_numbers.all()), analysed(of_numbers, of_numbers.all(), 2));
}

BOOST_AUTO_TEST_CASE(rows_are_combined_with_the_weights_that_their_validation_rows_give) {
    const SimulatedRun run(classes());
    const Analysis analysis = analysed(run, run.all());
    const auto all = analysis::combinations_of(run.study.task->kind);
    for (const std::size_t set : {0U, 1U}) {
        const Floats predictions = run.sets[set].predictions();
        const analysis::Block block = run.sets[set].block(predictions);
        const Floats validation = run.sets[0].predictions();
        for (std::size_t i = 0; i < all.size(); ++i) {
            std::vector<double> weights;
            if (all[i]->fit != nullptr) weights = all[i]->fit(run.sets[0].block(validation), run.study.seed);
            BOOST_TEST((analysis.weights()[i] == weights));
            BOOST_TEST((analysis.rows(set).combined[i].predictions == all[i]->apply(block, weights).predictions));
        }
    }
    BOOST_TEST(analysis.rows(1).rows == 150U);
}

BOOST_AUTO_TEST_CASE(who_is_not_in_the_committee_has_no_part_in_it) {
    const SimulatedRun run(classes());
    std::vector<Simulated> without = classes();
    for (Simulated& set : without) set.members.erase(set.members.begin() + 2);
    const SimulatedRun smaller(std::move(without));
    check_equal(analysed(run, {.members = {0, 1, 3}, .best = 3}), analysed(smaller, {.members = {0, 1, 2}, .best = 2}));
}

BOOST_AUTO_TEST_CASE(with_folds_candidates_are_members_that_leave_different_parts_out) {
    // Members 0 to 2 and 3 to 5 predict all rows together.
    const SimulatedRun run({simulated_classes(6, 31, 4), simulated_classes(6, 20, 4)}, 3);
    const analysis::HeldOut held_out = analysis::read_held_out(run.study, run.all(), run.reader());
    BOOST_TEST((held_out.candidates == std::vector<std::vector<std::uint32_t>>{{0, 1, 2}, {3, 4, 5}}));
    BOOST_TEST(held_out.rows == 31U);
    BOOST_TEST((held_out.labels == run.sets[0].labels));
    BOOST_TEST(std::ranges::none_of(held_out.predictions, [](float p) { return std::isnan(p); }));
    BOOST_TEST((held_out.member_weights(std::vector{0.25, 0.75}, 6) ==
                std::vector<double>{0.25 / 3, 0.25 / 3, 0.25 / 3, 0.25, 0.25, 0.25}));

    const Analysis analysis = analysed(run, run.all(), 2);
    BOOST_TEST(analysis.rows(0).rows == 31U);
    BOOST_TEST(analysis.rows(1).rows == 20U);
    // A row is combined by the members that do not know it: row 15 is of the second part, of members 1 and 4.
    const auto all = analysis::combinations_of(run.study.task->kind);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Floats two = run.reader()(0, std::vector<std::uint32_t>{1, 4}, 15, 1);
        const auto truth = run.sets[0].truth(15, 1);
        const analysis::Block block{
            .task = *run.study.task, .targets = 4, .members = 2, .rows = 1, .predictions = two, .truth = truth};
        std::vector<double> weights;
        if (!analysis.weights()[i].empty()) {
            const double sum = analysis.weights()[i][1] + analysis.weights()[i][4];
            weights = {analysis.weights()[i][1] / sum, analysis.weights()[i][4] / sum};
        }
        const Floats expected = all[i]->apply(block, weights).predictions;
        const auto found = std::span(analysis.rows(0).combined[i].predictions).subspan(15UL * 4, 4);
        BOOST_TEST(std::ranges::equal(found, expected), all[i]->name);
    }
}

BOOST_AUTO_TEST_CASE(rows_that_a_missing_member_leaves_without_a_prediction_are_not_fitted_to) {
    const SimulatedRun run({simulated_numbers(6, 30, 1), simulated_numbers(6, 8, 1)}, 3);
    // Member 4 is missing: nobody of the second candidate predicts rows 10 to 19.
    const analysis::HeldOut held_out =
        analysis::read_held_out(run.study, {.members = {0, 1, 2, 3, 5}, .best = 0}, run.reader());
    BOOST_TEST(held_out.rows == 20U);
    const Analysis analysis = analysed(run, {.members = {0, 1, 2, 3, 5}, .best = 0});
    BOOST_TEST(analysis.rows(0).rows == 30U);  // member 1 is there for them
    // Without a row that both predict all count the same.
    const Analysis apart = analysed(run, {.members = {0, 4}, .best = 0});
    for (const std::vector<double>& weights : apart.weights()) {
        if (!weights.empty()) BOOST_TEST((weights == std::vector<double>{0.5, 0.5}));
    }
    BOOST_TEST(apart.rows(0).rows == 20U);
    BOOST_TEST(apart.truth(0).numbers.size() == 20U);
}

BOOST_AUTO_TEST_CASE(rows_without_a_known_truth_are_combined_but_not_measured) {
    SimulatedRun run(classes());
    run.what[1].labels.clear();
    const Analysis analysis = analysed(run, run.all());
    BOOST_TEST(analysis.rows(1).combined[0].predictions.size() == 150U * 2000);
    BOOST_TEST(analysis.rows(1).combined_values[0].empty());
    BOOST_TEST(analysis.rows(1).best.empty());
}

BOOST_AUTO_TEST_CASE(every_row_is_in_one_job_whatever_the_sizes) {
    for (const auto& [rows, row] : {std::pair(1, 1), {100'000, 64}, {100'000, 1'000'000'000}, {17, 70'000'000}}) {
        const std::size_t each = analysis::rows_of_block(static_cast<std::size_t>(rows), static_cast<std::size_t>(row));
        BOOST_TEST(each >= std::min(rows, 16));
        BOOST_TEST(each <= static_cast<std::size_t>(rows));
    }
    const SimulatedRun run(classes());
    std::vector<int> seen(150);
    for (const analysis::RowJob& job : analysis::row_jobs(run.study, run.all())) {
        if (job.set != 1) continue;
        for (std::size_t i = 0; i < job.count; ++i) ++seen.at(job.first + i);
    }
    BOOST_TEST(std::ranges::all_of(seen, [](int times) { return times == 1; }));
}

BOOST_AUTO_TEST_CASE(long_jobs_are_begun_first) {
    const SimulatedRun run(classes());
    Analysis analysis(run.study, run.all());
    Analyst analyst(run.study, run.reader());
    const auto finish_stage = [&] {
        analyst.begin(analysis.context());
        for (const std::size_t job : analysis.jobs()) analysis.take(job, analyst.run(job));
        return analysis.advance();
    };
    BOOST_TEST_REQUIRE(finish_stage());
    const std::vector<analysis::RowJob> blocks = analysis::row_jobs(run.study, run.all());
    std::vector<std::size_t> jobs = analysis.jobs();
    const std::size_t first = std::ranges::min(jobs);
    for (std::size_t& job : jobs) job -= first;
    BOOST_TEST_REQUIRE(jobs.size() == blocks.size());
    // Members are compared on the test rows, whose last block is the short one.
    BOOST_TEST(blocks.at(jobs.front()).set == run.study.test);
    BOOST_TEST(blocks.at(jobs.back()).set != run.study.test);
    BOOST_TEST(blocks.at(jobs[0]).count > blocks.at(jobs[1]).count);
    std::ranges::sort(jobs);
    for (std::size_t job = 0; job < jobs.size(); ++job) BOOST_TEST(jobs[job] == job);
    BOOST_TEST(finish_stage());
}

BOOST_AUTO_TEST_CASE(rows_need_the_fits_alone_and_scores_may_come_last) {
    const SimulatedRun run(classes());
    Analysis analysis(run.study, run.all());
    std::vector<Analyst> analysts(2, Analyst(run.study, run.reader()));
    std::vector<std::size_t> late;
    const auto begin = [&] {
        for (Analyst& each : analysts) each.begin(analysis.context());
    };
    begin();
    for (const std::size_t job : analysis.jobs()) {
        if (analysis.advance()) {
            late = analysis.jobs();
            break;
        }
        analysis.take(job, analysts[0].run(job));
    }
    BOOST_TEST_REQUIRE(!late.empty());
    begin();
    const std::size_t first_of_rows = std::ranges::min(late);
    for (const std::size_t job : late) analysis.take(job, analysts[1].run(job));
    BOOST_TEST(!analysis.advance());
    for (std::size_t job = first_of_rows; job-- > first_of_rows - 1;) analysis.take(job, analysts[0].run(job));
    BOOST_TEST_REQUIRE(analysis.advance());
    begin();
    for (const std::size_t job : analysis.jobs()) analysis.take(job, analysts[job % 2].run(job));
    BOOST_TEST(!analysis.advance());
    const Analysis expected = analysed(run, run.all());
    check_equal(expected, analysis);
    BOOST_TEST(std::ranges::equal(expected.replicated(), analysis.replicated()));
}

BOOST_AUTO_TEST_CASE(parts_are_handed_on_in_the_order_of_their_jobs) {
    std::vector<std::size_t> order{2, 5, 7, 8};
    do {
        analysis::InOrder<std::size_t> parts({2, 5, 7, 8});
        std::vector<std::size_t> seen;
        for (std::size_t given = 0; given < order.size(); ++given) {
            parts.take(order[given], 10 * order[given], [&](std::size_t job, std::size_t part) {
                BOOST_TEST(part == 10 * job);
                seen.push_back(job);
            });
            BOOST_TEST(seen.size() <= given + 1);
        }
        BOOST_TEST((seen == std::vector<std::size_t>{2, 5, 7, 8}));
    } while (std::ranges::next_permutation(order).found);
}

BOOST_AUTO_TEST_CASE(results_that_make_no_sense_are_refused) {
    const SimulatedRun run({simulated_classes(3, 20, 4), simulated_classes(3, 20, 4)});
    Analysis analysis(run.study, run.all());
    Analyst analyst(run.study, run.reader());
    analyst.begin(analysis.context());
    const auto damaged = [&](const std::vector<std::byte>& bytes, std::size_t job = 0) {
        return contains(failure_of(core::Failure::run, [&] { analysis.take(job, bytes); }), "damaged");
    };
    std::vector<std::byte> fit = analyst.run(0);
    BOOST_TEST(damaged({}));
    fit.pop_back();
    BOOST_TEST(damaged(fit));
    for (const std::size_t job : analysis.jobs()) analysis.take(job, analyst.run(job));
    BOOST_TEST_REQUIRE(analysis.advance());
    analyst.begin(analysis.context());
    const std::size_t first = std::ranges::min(analysis.jobs());
    std::vector<std::byte> rows = analyst.run(first);
    rows.push_back(std::byte{0});
    BOOST_TEST(damaged(rows, first));
    rows.resize(rows.size() - 9);
    BOOST_TEST(damaged(rows, first));
    BOOST_TEST(
        contains(failure_of(core::Failure::run, [&] { analyst.begin(std::vector(3, std::byte{9})); }), "damaged"));
    BOOST_TEST(!analysis.advance());
    BOOST_CHECK_THROW(analysis.take(first + analysis.jobs().size(), {}), core::ContractViolation);
}

BOOST_AUTO_TEST_SUITE_END()
