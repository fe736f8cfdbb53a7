#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "data/dataset.hpp"
#include "model/network.hpp"

namespace train {

/// Applies trained parameters to rows of a table, batch by batch; dropout does nothing here.
class Predictor {
public:
    /// `hidden_features`: features that read zero because the member never saw them (a random subspace).
    Predictor(const model::Network& network, std::span<const float> parameters, std::span<const float> statistics,
              std::vector<std::uint32_t> hidden_features = {});
    ~Predictor();
    Predictor(Predictor&&) noexcept;
    Predictor& operator=(Predictor&&) noexcept;

    /// Class probabilities [view.size() × outputs] (regression: predictions), row after row.
    /// The bits of a row do not depend on the rows beside it.
    void predict(const data::View& view, std::span<float> out);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// The features that `member` does not see, for a Predictor. Empty when fraction is 1.
[[nodiscard]] std::vector<std::uint32_t> hidden_features(std::size_t features, double fraction, std::uint64_t seed,
                                                         std::uint32_t member);

}  // namespace train
