#include "train/state_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <ranges>
#include <utility>

#include <fmt/format.h>

#include "core/printable.hpp"
#include "model/dense_stack.hpp"
#include "train/early_stopping.hpp"
#include "train/optimizer.hpp"
#include "train/weight_average.hpp"

namespace ensemble::train {
namespace {

/// Longer than every reason a member is excluded for.
constexpr std::size_t longest_reason = 200;

/// Expectations, of which the first that fails is kept in words.
class FirstFault {
protected:
    template <class... Args>
    void expect(bool holds, fmt::format_string<Args...> words, const Args&... args) {
        if (!holds && !fault_) fault_ = fmt::vformat(words, fmt::make_format_args(args...));
    }

    void expect_size(const char* field, std::size_t size, std::size_t wanted) {
        expect(size == wanted, "{} has {} values where {} are wanted", field, size, wanted);
    }

    [[nodiscard]] bool has_fault() const { return fault_.has_value(); }
    [[nodiscard]] std::string fault() const { return fault_.value_or(""); }

private:
    std::optional<std::string> fault_;
};

bool is_negative(double value) {
    return value < 0;
}

class Check : FirstFault {
public:
    Check(const MemberState& state, const task::Task& task, const model::Network& network,
          const Hyperparameters& hyperparameters, std::size_t rows)
        : state_(state), task_(task), network_(network), hyperparameters_(hyperparameters) {
        const std::size_t batch = std::max<std::size_t>(std::min(hyperparameters.batch, rows), 1);
        batches_ = (rows + batch - 1) / batch;
        norms_ = static_cast<std::size_t>(std::ranges::count_if(network.blocks(), &model::ParameterBlock::is_weight));
    }

    std::string first_fault() {
        check_progress();
        check_end();
        check_sizes();
        check_history();
        check_mean();
        check_best();
        return fault();
    }

private:
    [[nodiscard]] bool is_included() const { return state_.excluded.empty(); }

    void check_progress() {
        const bool pretrains = hyperparameters_.initialiser == model::Initialiser::rbm;
        const std::size_t layers = pretrains ? model::hidden_dense_layers(network_).size() : 0;
        const bool has_trained = state_.epoch > 0 || state_.step > 0 || state_.updates > 0 || state_.finished;
        expect(state_.pretrained <= layers, "pretrained is {} where at most {} layers are to be", state_.pretrained,
               layers);
        expect(!has_trained || state_.pretrained == layers,
               "pretrained is {}, but training begins when all {} layers are", state_.pretrained, layers);
        expect(state_.epoch <= hyperparameters_.epochs, "epoch is {} where training has {} epochs", state_.epoch,
               hyperparameters_.epochs);
        expect(state_.step < batches_, "step is {} where an epoch has {} batches", state_.step, batches_);
        const std::uint64_t updates = std::uint64_t{state_.epoch} * batches_ + state_.step;
        expect(state_.updates == updates, "updates is {} where {} epochs and {} batches make {}", state_.updates,
               state_.epoch, state_.step, updates);
        expect(std::isfinite(state_.loss_sum), "loss_sum is not a finite number");
        expect(state_.step > 0 || state_.loss_sum == 0, "loss_sum is {} at the begin of an epoch", state_.loss_sum);
    }

    void check_end() {
        expect(is_included() || state_.finished, "finished is false, but excluded gives a reason");
        expect(state_.excluded.size() <= longest_reason, "excluded has {} characters where {} are the most",
               state_.excluded.size(), longest_reason);
        expect(core::printable(state_.excluded) == state_.excluded, "excluded holds characters that are no plain text");
        expect(state_.step == 0 || !state_.finished || !is_included(), "step is {}, but finished is true", state_.step);
    }

    void check_sizes() {
        const Optimizer optimizer(hyperparameters_);
        const std::size_t parameters = network_.buffer_size();
        expect_size("parameters", state_.parameters.size(), parameters);
        expect_size("statistics", state_.statistics.size(), network_.statistics_size());
        expect_size("first_moment", state_.first_moment.size(), optimizer.has_first_moment() ? parameters : 0);
        expect_size("second_moment", state_.second_moment.size(), optimizer.has_second_moment() ? parameters : 0);
        const bool logs_this_epoch = hyperparameters_.log_gradients && state_.step > 0;
        expect_size("gradient_norm", state_.gradient_norm.size(), logs_this_epoch ? norms_ : 0);
        expect(std::ranges::none_of(state_.gradient_norm, is_negative), "gradient_norm holds a negative number");
    }

    [[nodiscard]] bool is_score(double value) const {
        const bool is_share = task_.metrics().front().unit == task::Unit::share;
        return value >= 0 && (is_share ? value <= 1 : std::isfinite(value));
    }

    void check_history() {
        expect(state_.history.size() == state_.epoch, "history has {} epochs, but epoch is {}", state_.history.size(),
               state_.epoch);
        for (std::size_t i = 0; i < state_.history.size() && !has_fault(); ++i) {
            check_epoch(state_.history[i], i + 1);
        }
    }

    /// A training of which the last epoch's validation failed is excluded for that.
    void check_epoch(const EpochRecord& record, std::size_t number) {
        const auto expect_of = [&](bool holds, const char* field) {
            expect(holds, "history, epoch {}: {} is not what a training writes there", number, field);
        };
        const bool may_fail = !is_included() && number == state_.history.size();
        const double score = record.validation_score;
        expect(record.member == state_.member, "history, epoch {}: member is {}, not {}", number, record.member,
               state_.member);
        expect(record.epoch == number, "history, epoch {}: epoch is {}", number, record.epoch);
        expect_of(std::isfinite(record.train_loss), "train_loss");
        expect_of(may_fail || std::isfinite(record.validation_loss), "validation_loss");
        expect_of(is_score(score) || (may_fail && !std::isfinite(score)), "validation_score");
        expect_of(std::isfinite(record.learning_rate) && record.learning_rate >= 0, "learning_rate");
        const std::size_t norms = hyperparameters_.log_gradients ? norms_ : 0;
        expect(record.gradient_norm.size() == norms,
               "history, epoch {}: gradient_norm has {} values where {} are wanted", number,
               record.gradient_norm.size(), norms);
        expect_of(std::ranges::none_of(record.gradient_norm, is_negative), "gradient_norm");
    }

    void check_mean() {
        const AverageKind kind = hyperparameters_.average;
        // A training that ends well has put its mean in the place of the parameters.
        const bool holds = kind != AverageKind::none && !state_.finished;
        const bool may_hold = kind != AverageKind::none && !is_included() && !state_.average.empty();
        expect_size("average", state_.average.size(), holds || may_hold ? network_.buffer_size() : 0);
        expect_size("average_statistics", state_.average_statistics.size(),
                    holds || may_hold ? network_.statistics_size() : 0);
        std::uint64_t averaged = 0;
        if (kind == AverageKind::ema) averaged = state_.updates;
        if (kind == AverageKind::swa) {
            const std::uint32_t first = first_averaged_epoch(hyperparameters_);
            averaged = state_.epoch < first ? 0 : state_.epoch - first + 1;
        }
        expect(state_.averaged == averaged, "averaged is {} where {} parameters are in the mean", state_.averaged,
               averaged);
    }

    void check_best() {
        if (has_fault()) return;
        std::uint32_t best = 0;
        double loss = 0;
        for (const EpochRecord& record : state_.history) {
            if (!std::isfinite(record.validation_loss)) break;
            if (best == 0 || record.validation_loss < loss) {
                best = record.epoch;
                loss = record.validation_loss;
            }
            expect(record.epoch == state_.epoch || !ends_with(hyperparameters_, record.epoch, best),
                   "history goes on after epoch {}, with which training ends", record.epoch);
        }
        expect(state_.best_epoch == best, "best_epoch is {}, but by the history it is {}", state_.best_epoch, best);
        expect(state_.best_loss == loss, "best_loss is {}, but by the history it is {}", state_.best_loss, loss);
        const bool keeps = hyperparameters_.patience > 0 && best > 0;
        expect_size("best_parameters", state_.best_parameters.size(), keeps ? network_.buffer_size() : 0);
        expect_size("best_statistics", state_.best_statistics.size(), keeps ? network_.statistics_size() : 0);
        const bool is_over = ends_with(hyperparameters_, state_.epoch, best);
        expect(state_.finished || !is_over, "finished is false, but training ends with epoch {}", state_.epoch);
        expect(!state_.finished || !is_included() || is_over, "finished is true, but after epoch {} training goes on",
               state_.epoch);
    }

    const MemberState& state_;
    const task::Task& task_;
    const model::Network& network_;
    const Hyperparameters& hyperparameters_;
    std::uint64_t batches_ = 0;  ///< per epoch
    std::size_t norms_ = 0;      ///< of a gradient: blocks of weights
};

}  // namespace

std::string fault_of(const MemberState& state, const task::Task& task, const model::Network& network,
                     const Hyperparameters& hyperparameters, std::size_t rows) {
    return Check(state, task, network, hyperparameters, rows).first_fault();
}

}  // namespace ensemble::train
