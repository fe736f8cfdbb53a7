#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "core/names.hpp"
#include "data/column_encoding.hpp"
#include "data/dataset.hpp"
#include "data/text_columns.hpp"

namespace ensemble::data {

/// What is brought to mean 0 and deviation 1: nothing; each feature by itself; each place on the last axis by itself
/// (the features of a sequence, the channels of an image); or all features together, so that they keep their ratios.
/// `robust`: each number of a text table by its median and quartiles, see fit_columns().
/// `automatic`: nothing where the features are in the network's units; else text tables robustly, images all together,
/// so that every pixel means the same, and others by the last axis.
enum class Standardize : std::uint8_t { automatic, none, robust, features, channels, all };

constexpr auto enum_names(Standardize) {
    return std::array{core::Named{Standardize::automatic, "auto"},    core::Named{Standardize::none, "none"},
                      core::Named{Standardize::robust, "robust"},     core::Named{Standardize::features, "features"},
                      core::Named{Standardize::channels, "channels"}, core::Named{Standardize::all, "all"}};
}

/// T steps of F features.
struct Sequence {
    std::size_t steps = 0;
    std::size_t features = 0;
};

/// Fewer features. `pca`: the leading principal components of the prepared features. `variance`: the features that vary
/// most, as they are before they are standardised, in their order.
enum class Reduction : std::uint8_t { none, pca, variance };

constexpr auto enum_names(Reduction) {
    return std::array{core::Named{Reduction::none, "none"}, core::Named{Reduction::pca, "pca"},
                      core::Named{Reduction::variance, "variance"}};
}

struct Preprocessing {
    std::optional<Sequence> sequence = {};
    std::string sequence_column = {};  ///< or: rows of a text table are steps, and this column tells of which sequence
    bool images = false;               ///< rows are height × width (× channels), not steps × features
    Standardize standardize = Standardize::automatic;
    Reduction reduction = Reduction::none;
    std::size_t keep = 0;                                  ///< features left by the reduction
    std::set<Encoding> encodings = {Encoding::automatic};  ///< of the numbers of text tables, that some member has
    Missing missing = Missing::indicate;                   ///< of text tables
};

/// What a member's encoding comes to: automatic is ple, where the columns of the table let it.
[[nodiscard]] Encoding encoding_in_use(Encoding wanted, const Source& source);

/// The data as a network is to see them, stored as floats; as they are where there is nothing to do.
/// Means, deviations and components are those of `rows` of the training table; features that do not vary in them become
/// 0. Rows from elsewhere are treated likewise. The digest stays that of the data as they were read: with the
/// preprocessing and the rows it determines the result. Targets keep their units; how they lie over `rows` is measured,
/// see scale_of_targets(). Throws core::Error: usage where preprocessing and data do not fit, data for targets that
/// cannot be learnt.
[[nodiscard]] Source preprocess(const Source& source, std::span<const std::uint32_t> rows,
                                const Preprocessing& preprocessing);

}  // namespace ensemble::data
