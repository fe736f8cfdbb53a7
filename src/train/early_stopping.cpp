#include "train/early_stopping.hpp"

#include <algorithm>

#include "train/weight_average.hpp"

namespace ensemble::train {

bool ends_with(const Hyperparameters& hyperparameters, std::uint32_t epoch, std::uint32_t best_epoch) {
    if (epoch >= hyperparameters.epochs) return true;
    if (hyperparameters.patience == 0) return false;
    const std::uint32_t hoped_since = hyperparameters.average == AverageKind::swa
                                          ? std::max(best_epoch, first_averaged_epoch(hyperparameters))
                                          : best_epoch;
    return epoch >= hoped_since + hyperparameters.patience;
}

}  // namespace ensemble::train
