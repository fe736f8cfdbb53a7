#pragma once

#include "analysis/marginal_gain.hpp"
#include "analysis/results.hpp"
#include "config/experiment.hpp"
#include "schedule/member_storage.hpp"

namespace ensemble::schedule {

/// Says when members are enough. It is shown them in the order of their index, whoever trained them and whenever they
/// were done, so that what it says is a function of what they are.
class StoppingRule {
public:
    StoppingRule() = default;
    virtual ~StoppingRule() = default;
    StoppingRule(const StoppingRule&) = delete;
    StoppingRule& operator=(const StoppingRule&) = delete;

    /// Takes the next member; true if those after it are not needed. Not called again then.
    [[nodiscard]] virtual bool is_enough_with(const analysis::MemberResult& next) = 0;
};

/// Members are enough when one more round of them adds less than --stop-when asks for, with confidence, to what the
/// ensemble says of the validation rows: see analysis::MarginalGains. Root only.
class GainRule final : public StoppingRule {
public:
    /// Reads from `storage` what members predict. Both must outlive it.
    GainRule(const config::Experiment& experiment, MemberStorage& storage);

    [[nodiscard]] bool is_enough_with(const analysis::MemberResult& next) override;

    /// What it has seen so far.
    [[nodiscard]] const analysis::StopResult& result() const noexcept { return result_; }

private:
    MemberStorage& storage_;
    std::size_t set_;   ///< of the validation rows
    std::size_t rows_;  ///< in it
    analysis::MarginalGains gains_;
    analysis::StopResult result_;
};

}  // namespace ensemble::schedule
