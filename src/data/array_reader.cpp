#include "data/array_reader.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/generator.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

constexpr std::size_t piece_bytes = std::size_t{1} << 20U;

std::uint64_t product(const std::vector<std::uint64_t>& extents) {
    std::uint64_t result = 1;
    for (const std::uint64_t extent : extents) result *= extent;
    return result;
}

/// Where the elements go, in the order in which they come.
class Places {
public:
    explicit Places(const ArrayLayout& layout) {
        const auto& extents = layout.extents;
        std::vector<std::size_t> order;  // of the axes in the table, slowest first
        for (std::size_t axis = 0; axis < extents.size(); ++axis) order.push_back(axis);
        if (layout.channels_first) std::rotate(order.begin() + 1, order.begin() + 2, order.end());
        std::vector<std::uint64_t> steps(extents.size());
        std::uint64_t step = 1;
        for (auto axis = order.rbegin(); axis != order.rend(); ++axis) {
            steps[*axis] = step;
            step *= extents[*axis];
        }
        for (std::size_t axis = 0; axis < extents.size(); ++axis) axes_.push_back({extents[axis], steps[axis], 0});
        if (!layout.fortran_order) std::ranges::reverse(axes_);
    }

    /// True if element i goes to place i.
    [[nodiscard]] bool in_order() const {
        std::uint64_t step = 1;
        for (const Axis& axis : axes_) {
            if (axis.extent > 1 && axis.step != step) return false;
            step *= axis.extent;
        }
        return true;
    }

    [[nodiscard]] std::uint64_t place() const noexcept { return place_; }

    void advance() noexcept {
        for (Axis& axis : axes_) {
            place_ += axis.step;
            if (++axis.at < axis.extent) return;
            place_ -= axis.extent * axis.step;
            axis.at = 0;
        }
    }

private:
    struct Axis {
        std::uint64_t extent;
        std::uint64_t step;
        std::uint64_t at;
    };
    std::vector<Axis> axes_;  ///< fastest first
    std::uint64_t place_ = 0;
};

/// Takes numbers as a file has them into the table's type.
template <class Stored>
class Conversion {
public:
    Conversion(std::string name, std::string like, const ArrayLayout& layout, std::uint64_t size)
        : name_(std::move(name)),
          like_(std::move(like)),
          width_(size / layout.extents.front()),
          lengths_(layout.lengths),
          step_(lengths_.empty() ? 1 : width_ / layout.extents[1]),
          values_(size) {}

    template <class Value>
    void put(std::uint64_t place, Value value) {
        if (!lengths_.empty() && place % width_ / step_ >= lengths_[place / width_]) {
            if constexpr (std::is_floating_point_v<Stored>) values_[place] = std::numeric_limits<Stored>::quiet_NaN();
            return;
        }
        const auto number = static_cast<double>(value);
        if constexpr (std::is_floating_point_v<Value>) {
            if (!std::isfinite(value)) refuse(place, number, "not a finite number; fill it in or remove the row");
        }
        if constexpr (std::is_integral_v<Value> && sizeof(Value) == sizeof(double)) {
            constexpr double beyond = 18'446'744'073'709'551'616.0;  // 2^64, which is no number of 64 bits
            const bool exact =
                std::abs(number) < beyond / (std::is_signed_v<Value> ? 2 : 1) && static_cast<Value>(number) == value;
            if (!exact && !content_.rounded) {
                content_.rounded = place;
                content_.rounded_number = fmt::format("{}", value);
            }
        }
        if constexpr (std::is_same_v<Stored, std::uint8_t>) {
            constexpr double most = 255;
            if (!(number >= 0 && number <= most) || number != std::trunc(number)) {
                refuse(place, number, "but " + like_ + " holds bytes from 0 to 255; give both in one scale and type");
            }
        }
        low_ = std::min(low_, number);
        high_ = std::max(high_, number);
        values_[place] = static_cast<Stored>(value);
    }

    /// Where elements are stored that come in the table's own order and type; looked_at() follows.
    [[nodiscard]] std::span<std::byte> bytes() noexcept { return std::as_writable_bytes(std::span(values_)); }

    void looked_at(std::size_t begin, std::size_t end) {
        if (!lengths_.empty()) {
            for (std::size_t i = begin; i < end; ++i) put(i, values_[i]);
            return;
        }
        const auto values = std::span<const Stored>(values_).subspan(begin, end - begin);
        Stored low = values.front();
        Stored high = low;
        bool finite = true;
        for (const Stored value : values) {
            low = std::min(low, value);
            high = std::max(high, value);
            if constexpr (std::is_floating_point_v<Stored>)
                finite = finite && std::abs(value) <= std::numeric_limits<Stored>::max();
        }
        low_ = std::min(low_, static_cast<double>(low));
        high_ = std::max(high_, static_cast<double>(high));
        if (finite) return;
        for (std::size_t i = begin; i < end; ++i) put(i, values_[i]);  // names the first that is not
    }

    ArrayContent finish() {
        content_.low = low_;
        content_.high = high_;
        content_.bytes = share(std::move(values_));
        return std::move(content_);
    }

private:
    [[noreturn]] void refuse(std::uint64_t place, double number, const std::string& why) const {
        fail(Failure::data, "{}: row {}, element {} is {}, {}", name_, place / width_, place % width_, number, why);
    }

    std::string name_;
    std::string like_;
    std::uint64_t width_;
    std::span<const std::uint32_t> lengths_;
    std::uint64_t step_;  ///< elements of a step of a sequence
    core::Buffer<Stored> values_;
    double low_ = std::numeric_limits<double>::infinity();
    double high_ = -std::numeric_limits<double>::infinity();
    ArrayContent content_;
};

void read_whole(FileBytes& file, std::span<std::byte> piece, std::uint64_t done, std::uint64_t size) {
    const std::size_t got = file.read(piece);
    if (got == piece.size()) return;
    fail(Failure::data,
         "{}: has {} bytes after its header, where {} are declared: cut short or damaged; fetch or write "
         "the file again",
         file.path().string(), done + got, size);
}

template <class Stored>
bool is_native(Number number) {
    if constexpr (std::is_same_v<Stored, std::uint8_t>) return number == Number::u1;
    if constexpr (std::is_same_v<Stored, float>) return number == Number::f4;
    return std::is_same_v<Stored, double> && number == Number::f8;
}

template <class Stored>
ArrayContent read_as(FileBytes& file, const ArrayLayout& layout, const std::string& like) {
    const std::uint64_t elements = product(layout.extents);
    const std::size_t element_bytes = size_of(layout.stored.number);
    const std::uint64_t size = elements * element_bytes;
    require_memory(file.path(), elements * sizeof(Stored));
    Conversion<Stored> conversion(file.path().string(), like, layout, elements);
    Places places(layout);
    const bool in_order = places.in_order();
    if (in_order && !layout.stored.swapped && is_native<Stored>(layout.stored.number)) {
        const std::span<std::byte> bytes = conversion.bytes();
        for (std::uint64_t done = 0; done < size;) {
            const auto piece = bytes.subspan(done, std::min<std::uint64_t>(piece_bytes, size - done));
            read_whole(file, piece, done, size);
            conversion.looked_at(done / sizeof(Stored), (done + piece.size()) / sizeof(Stored));
            done += piece.size();
        }
        return conversion.finish();
    }
    std::vector<std::byte> buffer(std::min<std::uint64_t>(piece_bytes, size));
    std::uint64_t index = 0;
    for (std::uint64_t done = 0; done < size; done += buffer.size()) {
        buffer.resize(std::min<std::uint64_t>(buffer.size(), size - done));
        read_whole(file, buffer, done, size);
        for_each_number(layout.stored, buffer, [&](auto value) {
            conversion.put(in_order ? index++ : places.place(), value);
            if (!in_order) places.advance();
        });
    }
    return conversion.finish();
}

}  // namespace

Element element_for(Number number) noexcept {
    switch (number) {
        case Number::b1:
        case Number::u1:
            return Element::u8;
        case Number::i1:
        case Number::u2:
        case Number::i2:
        case Number::f2:
        case Number::f4:
            return Element::f32;
        case Number::u4:
        case Number::i4:
        case Number::u8:
        case Number::i8:
        case Number::f8:
            break;
    }
    return Element::f64;
}

ArrayContent read_array(FileBytes& file, const ArrayLayout& layout, Element element, const std::string& like) {
    core::require(!layout.channels_first || layout.extents.size() == 4, "channels belong to images");
    core::require(layout.lengths.empty() || element != Element::u8, "bytes have none that stands for no number");
    switch (element) {
        case Element::u8:
            return read_as<std::uint8_t>(file, layout, like);
        case Element::f32:
            return read_as<float>(file, layout, like);
        case Element::f64:
            break;
    }
    return read_as<double>(file, layout, like);
}

}  // namespace ensemble::data
