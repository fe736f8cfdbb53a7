#pragma once

#include <cstddef>

namespace ensemble::model {

/// A column of a table between what comes into a layer and what the layer leaves of it. Numbers go through weights of
/// their own, [features × width]; others go on as they are.
struct ColumnPlace {
    std::size_t features = 1;  ///< that come in
    bool is_number = true;
    std::size_t input = 0;   ///< where its features begin
    std::size_t output = 0;  ///< where what is left of it begins
};

}  // namespace ensemble::model
