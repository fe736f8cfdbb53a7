#pragma once

#include <cstddef>
#include <span>

#include "core/thread_pool.hpp"
#include "data/dataset.hpp"
#include "train/member_spec.hpp"
#include "train/predictor.hpp"

namespace ensemble::train {

/// What a trained member predicts with dropout left on, again and again: samples of which the mean is "Monte Carlo
/// dropout" (Gal & Ghahramani 2016: "Dropout as a Bayesian approximation"), to compare an ensemble with. Views of test
/// images and hidden features are those with which the member predicts.
class DropoutPasses {
public:
    /// A `pool`, which must outlive it, shares the work; what comes out is the same to the bit.
    explicit DropoutPasses(const MemberSpec& spec, core::ThreadPool* pool = nullptr);

    /// What Predictor::predict says of the view's rows in that pass: a function of the weights, seed, member, pass and
    /// row of the table alone, wherever the row stands.
    void predict(const Weights& weights, const data::View& view, std::size_t pass, std::span<float> out);

private:
    core::StreamKey key_;
    Predictor predictor_;
};

}  // namespace ensemble::train
