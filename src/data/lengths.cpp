#include "data/lengths.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.hpp"
#include "data/generator.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

template <class Real>
SharedBytes with_steps_as(const SharedBytes& sequences, std::size_t from, std::size_t to, std::size_t features) {
    const std::span<const Real> values{reinterpret_cast<const Real*>(sequences.bytes.data()),
                                       sequences.bytes.size() / sizeof(Real)};
    const std::size_t rows = values.size() / (from * features);
    core::Buffer<Real> made(rows * to * features, std::numeric_limits<Real>::quiet_NaN());
    for (std::size_t row = 0; row < rows; ++row)
        std::ranges::copy(values.subspan(row * from * features, std::min(from, to) * features),
                          made.data() + row * to * features);
    return share(std::move(made));
}

}  // namespace

std::vector<std::uint32_t> read_lengths(NpyFile& file, const NpyFile& features, std::uint64_t steps) {
    const auto& extents = file.extents();
    const bool is_list = extents.size() == 1 || (extents.size() == 2 && extents[1] == 1);
    if (!is_list || extents[0] != features.rows()) {
        fail(Failure::data, "{}: has shape {}, but {} has {} rows; it takes one length for each, of shape ({},)",
             file.name(), file.shape(), features.name(), features.rows(), features.rows());
    }
    if (!file.numbers()) {
        fail(Failure::data, "{}: holds words, but lengths are whole numbers of steps; write lengths.astype('i8')",
             file.name());
    }
    const SharedBytes bytes = file.read(Element::f64).bytes;
    const std::span<const double> numbers{reinterpret_cast<const double*>(bytes.bytes.data()),
                                          bytes.bytes.size() / sizeof(double)};
    std::vector<std::uint32_t> lengths;
    for (const double number : numbers) {
        if (!(number >= 1 && number <= static_cast<double>(steps)) || number != std::trunc(number)) {
            fail(Failure::data,
                 "{}: row {} has the length {}, but rows have a whole number from 1 to {} steps, as many as {} has",
                 file.name(), lengths.size(), number, steps, features.name());
        }
        lengths.push_back(static_cast<std::uint32_t>(number));
    }
    return lengths;
}

std::size_t longest(std::span<const std::uint32_t> lengths) {
    return lengths.empty() ? 0 : std::ranges::max(lengths);
}

SharedBytes with_steps(const SharedBytes& sequences, Element element, std::size_t from, std::size_t to,
                       std::size_t features) {
    if (from == to) return sequences;
    return element == Element::f32 ? with_steps_as<float>(sequences, from, to, features)
                                   : with_steps_as<double>(sequences, from, to, features);
}

}  // namespace ensemble::data
