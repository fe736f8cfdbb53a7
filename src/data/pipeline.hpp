#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/shape.hpp"
#include "data/column.hpp"
#include "data/column_encoding.hpp"
#include "data/transform.hpp"

namespace ensemble::data {

/// What is done to a row as it is read before a network sees it, fitted to the training rows. It needs no data, and
/// what it makes of a row is, to the bit, what a network saw of it in training.
class Pipeline {
public:
    struct Parts {
        core::Shape input;   ///< of a row as it is read; of a table its columns
        core::Shape shape;   ///< of a row as a network sees it
        float scale = 1.0F;  ///< a number as it is read counts as number · scale + offset
        float offset = 0.0F;
        std::shared_ptr<const ColumnEncoding> encoding = {};  ///< of the columns of a table; null for other data
        std::optional<LinearMap> map = {};                    ///< of all numbers, once they are encoded
        bool ragged = false;                                  ///< rows are as Description::ragged has them
        std::vector<std::string> channels = {};  ///< of sequences in a table: names of the features of a step,
        std::string sequence = {};               ///< and the column that tells sequences apart
    };

    /// REQUIRES: the parts fit each other.
    explicit Pipeline(Parts parts);

    /// Of a table: what a row as it is read holds, in order; empty for images and other arrays.
    [[nodiscard]] std::span<const Column> columns() const noexcept;

    [[nodiscard]] const core::Shape& input_shape() const noexcept { return parts_.input; }
    [[nodiscard]] const core::Shape& shape() const noexcept { return parts_.shape; }
    [[nodiscard]] bool is_ragged() const noexcept { return parts_.ragged; }
    [[nodiscard]] const Parts& parts() const noexcept { return parts_; }

    /// What a network sees of rows as they are read [rows × input elements]: row i goes to out + i · stride.
    /// REQUIRES: stride is at least shape().elements().
    void apply(std::span<const double> raw, float* out, std::size_t stride) const;

    [[nodiscard]] nlohmann::json to_json() const;

    /// Throws core::Error (data) where `json` is none that to_json() has made.
    [[nodiscard]] static Pipeline from_json(const nlohmann::json& json);

private:
    Parts parts_;
};

}  // namespace ensemble::data
