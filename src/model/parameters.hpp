#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace ensemble::model {

/// A block of the flat parameter buffer: a matrix whose rows are `stride` floats apart, or a vector (rows = 1).
struct ParameterBlock {
    std::string name;        ///< "dense1.weight"
    std::size_t offset = 0;  ///< floats from the begin of the buffer, a multiple of a cache line
    std::size_t rows = 0;
    std::size_t columns = 0;
    std::size_t stride = 0;
    std::size_t fan_in = 0;
    std::size_t fan_out = 0;
    bool is_weight = true;  ///< weights are initialised at random and decay; the others start at `initial` and do not
    float initial = 0.0F;   ///< of what is no weight: 0 for biases, 1 for scales

    /// Squares of rows × rows side by side that carry a state from step to step: each starts as an orthogonal matrix.
    bool is_recurrent = false;

    [[nodiscard]] std::size_t size() const noexcept { return rows * stride; }
};

/// Running statistics of a normalising layer: not learnt, but part of the trained state.
struct StatisticsBlock {
    std::size_t offset = 0;  ///< floats from the begin of the statistics
    std::size_t width = 0;
    float initial = 0.0F;
};

/// Whether the block is the matrix of a dense or maxout layer: a row for each input, a column for each unit or piece.
[[nodiscard]] bool is_dense_weight(const ParameterBlock& block);

/// Floats that a flat buffer may hold: 16 GiB.
inline constexpr std::size_t most_parameters = std::size_t{1} << 32U;

/// Places parameter blocks one behind the other in a flat buffer. Padding between rows stays zero for ever.
class Layout {
public:
    /// A number for the next layer of this kind: "dense1", "dense2", …
    [[nodiscard]] std::string next_name(const std::string& kind);

    /// A weight that connects each of `columns` outputs with `rows` inputs.
    void add_weight(const std::string& name, std::size_t rows, std::size_t columns);

    /// The weights from `units` states of a recurrent layer to `gates` gates of each.
    void add_recurrent(const std::string& name, std::size_t units, std::size_t gates);

    /// The weight of a convolution: rows without gaps, since kernels take them in another order anyway. `fan_out` is
    /// window elements times channels.
    void add_convolution(const std::string& name, std::size_t rows, std::size_t columns, std::size_t fan_out);

    void add_bias(const std::string& name, std::size_t width);

    /// Factors that begin at one.
    void add_scale(const std::string& name, std::size_t width);

    void add_statistics(std::size_t width, float initial);

    [[nodiscard]] const std::vector<ParameterBlock>& blocks() const noexcept { return blocks_; }
    [[nodiscard]] const std::vector<StatisticsBlock>& statistics() const noexcept { return statistics_; }

    /// Floats in the buffer, padding included.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    void add(ParameterBlock block);

    std::vector<ParameterBlock> blocks_;
    std::vector<StatisticsBlock> statistics_;
    std::size_t size_ = 0;
    std::map<std::string, std::size_t> numbers_;
};

}  // namespace ensemble::model
