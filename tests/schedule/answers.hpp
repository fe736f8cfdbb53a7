#pragma once

#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "schedule/coordinator.hpp"

namespace ensemble::schedule {

using Answers = std::vector<Coordinator::Answer>;

inline Finished finished(std::uint32_t member, double validation_score, const std::string& excluded = "") {
    return {.result = {.index = member,
                       .parameters = 1,
                       .epochs = 4,
                       .train_s = 1,
                       .validation_loss = 1,
                       .validation_score = validation_score,
                       .validation = {},
                       .test = {},
                       .excluded = excluded},
            .samples = 100,
            .busy_s = 2,
            .talk_s = 0.5};
}

/// Stages of so many jobs each, counted through, and what the coordinator says of the members. A stage begins when all
/// jobs before it are done, but for the last `optional` of the first stage.
class StagesOf final : public AnalysisStages {
public:
    explicit StagesOf(std::vector<std::size_t> jobs, std::size_t optional = 0)
        : jobs_(std::move(jobs)), optional_(optional) {}

    void begin(analysis::Committee committee) override {
        members = std::move(committee.members);
        best = committee.best;
    }
    [[nodiscard]] std::vector<std::size_t> jobs() const override {
        std::vector<std::size_t> order(jobs_.at(stage_));
        std::iota(order.begin(), order.end(), first_);
        return order;
    }
    [[nodiscard]] std::vector<std::byte> context() const override { return {static_cast<std::byte>(stage_ + 1)}; }
    [[nodiscard]] bool finish(std::size_t job) override {
        const bool is_optional = job < jobs_.front() && job + optional_ >= jobs_.front();
        if (!is_optional) ++done_;
        if (stage_ + 1 == jobs_.size() || done_ + optional_ < first_ + jobs_[stage_]) return false;
        first_ += jobs_[stage_++];
        return true;
    }

    std::vector<std::uint32_t> members;
    std::optional<std::uint32_t> best;

private:
    std::vector<std::size_t> jobs_;
    std::size_t optional_;
    std::size_t stage_ = 0;
    std::size_t first_ = 0;  ///< job of this stage
    std::size_t done_ = 0;   ///< of those that are not optional
};

/// Everybody in `answers` who got a job of the analysis does it.
inline Answers analyse_all(Coordinator& coordinator, const Answers& answers, double now_s = 100) {
    Answers more;
    for (const auto& answer : answers) {
        const auto* order = std::get_if<Analyse>(&answer.message);
        if (order == nullptr || order->job == no_job) continue;
        const Analysed done{.job = order->job, .result = {std::byte{1}}};
        for (auto& each : coordinator.receive(answer.rank, done, now_s)) more.push_back(std::move(each));
    }
    return more;
}

/// The job that an answer gives.
inline std::uint64_t job_of(const Coordinator::Answer& answer) {
    return std::get<Analyse>(answer.message).job;
}

/// The member assigned to `rank` by the only answer; nothing if there is no answer.
inline std::optional<std::uint32_t> assigned(const Answers& answers, int rank) {
    if (answers.empty()) return std::nullopt;
    BOOST_TEST_REQUIRE(answers.size() == 1U);
    BOOST_TEST(answers[0].rank == rank);
    return std::get<Assign>(answers[0].message).unit.first;
}

template <class L>
bool goes_to_all(const Answers& answers, int ranks) {
    if (answers.size() != static_cast<std::size_t>(ranks)) return false;
    for (int rank = 0; rank < ranks; ++rank) {
        const auto& answer = answers[static_cast<std::size_t>(rank)];
        if (answer.rank != rank || !std::holds_alternative<L>(answer.message)) return false;
    }
    return true;
}

}  // namespace ensemble::schedule
