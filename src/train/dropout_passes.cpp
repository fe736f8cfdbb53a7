#include "train/dropout_passes.hpp"

#include <cstdint>

#include "train/hidden_features.hpp"

namespace ensemble::train {

DropoutPasses::DropoutPasses(const MemberSpec& spec, core::ThreadPool* pool)
    : key_{.seed = spec.problem.seed, .member = spec.index, .purpose = core::Purpose::evaluate},
      predictor_(*spec.network,
                 {.task = spec.problem.task,
                  .scale = spec.problem.scale,
                  .hidden_features = hidden_features(spec.problem, spec.network->input().elements(), spec.index),
                  .pool = pool}) {
    predictor_.use_views(*spec.network, {.count = spec.problem.test_views,
                                         .augmentation = spec.problem.augmentation,
                                         .background = spec.problem.background,
                                         .seed = spec.problem.seed,
                                         .member = spec.index});
}

void DropoutPasses::predict(const Weights& weights, const data::View& view, std::size_t pass, std::span<float> out) {
    key_.step = static_cast<std::uint32_t>(pass + 1);  // step 0 is that of evaluation_masks()
    predictor_.use_masks(key_);
    predictor_.predict(weights, view, out);
}

}  // namespace ensemble::train
