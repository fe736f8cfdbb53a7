#include "data/dataset.hpp"

#include <algorithm>
#include <utility>

#include "compute/gather.hpp"
#include "core/contract.hpp"

namespace ensemble::data {
namespace {

template <class T>
bool is_aligned(std::span<const std::byte> bytes) {
    return reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(T) == 0;
}

template <class T>
std::span<const T> view_as(std::span<const std::byte> bytes) {
    return {reinterpret_cast<const T*>(bytes.data()), bytes.size() / sizeof(T)};
}

}  // namespace

std::size_t size_of(Element element) noexcept {
    switch (element) {
        case Element::u8:
            return sizeof(std::uint8_t);
        case Element::f32:
            return sizeof(float);
        case Element::f64:
            break;
    }
    return sizeof(double);
}

Table::Table(Description description, SharedBytes features, SharedBytes targets)
    : Table(description, std::move(features), std::move(targets), nullptr) {}

Table::Table(Description description, SharedBytes features, SharedBytes targets,
             std::shared_ptr<const RowEncoder> encoder)
    : description_(description),
      features_(std::move(features)),
      targets_(std::move(targets)),
      encoder_(std::move(encoder)) {
    core::require(
        encoder_ == nullptr || (description_.element == Element::f64 && encoder_->seen() == shape().elements()),
        "encoded rows are stored as doubles and seen as described");
    const std::size_t rows = description_.rows;
    const std::size_t columns = description_.task == task::Kind::classification ? 1 : description_.outputs;
    core::require(features_.bytes.size() == rows * stored_width() * size_of(description_.element),
                  "a table's features fill rows × elements");
    core::require(targets_.bytes.size() == rows * columns * sizeof(float), "a table's targets fill its rows");
    core::require(is_aligned<std::int32_t>(targets_.bytes), "a table's targets are aligned");
    core::require(reinterpret_cast<std::uintptr_t>(features_.bytes.data()) % size_of(description_.element) == 0,
                  "a table's features are aligned");
    if (description_.task == task::Kind::classification) {
        // As an unsigned number a negative label is larger than any count.
        const auto below = [classes = outputs()](std::int32_t label) {
            return static_cast<std::size_t>(label) < classes;
        };
        core::require(std::ranges::all_of(labels(), below), "a table's labels are below its number of classes");
    }
}

std::span<const std::int32_t> Table::labels() const {
    core::require(description_.task == task::Kind::classification, "only classification has labels");
    return view_as<std::int32_t>(targets_.bytes);
}

std::span<const float> Table::targets() const {
    core::require(description_.task == task::Kind::regression, "only regression has targets");
    return view_as<float>(targets_.bytes);
}

Table Table::described_as(const Description& description) const {
    return Table(description, features_, targets_, encoder_).with(extras_);
}

Table Table::with(RowExtras extras) const {
    const auto fits = [&]<class T>(const SharedBytes& bytes, T) {
        return (bytes.bytes.empty() || bytes.bytes.size() == rows() * sizeof(T)) && is_aligned<T>(bytes.bytes);
    };
    core::require(fits(extras.weights, double{}) && fits(extras.groups, std::uint32_t{}),
                  "every row has a weight and a group, or none has");
    Table table = *this;
    table.extras_ = std::move(extras);
    return table;
}

std::span<const double> Table::weights() const noexcept {
    return view_as<double>(extras_.weights.bytes);
}

std::span<const std::uint32_t> Table::groups() const noexcept {
    return view_as<std::uint32_t>(extras_.groups.bytes);
}

std::span<const double> Table::stored_row(std::size_t row) const {
    core::require(encoder_ != nullptr && row < rows(), "a stored row is one of an encoded table");
    return view_as<double>(features_.bytes).subspan(row * encoder_->stored(), encoder_->stored());
}

void Table::gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const {
    gather_as(chosen, out, stride);
}

void Table::gather(std::span<const std::uint32_t> chosen, std::span<double> out) const {
    core::require(out.size() == chosen.size() * shape().elements(), "there is room for every gathered item");
    gather_as(chosen, out.data(), shape().elements());
}

template <class Real>
void Table::gather_as(std::span<const std::uint32_t> chosen, Real* out, std::size_t stride) const {
    const std::size_t width = shape().elements();
    core::require(stride >= width, "gathered items fit between two rows");
    core::require(std::ranges::all_of(chosen, [this](std::uint32_t row) { return row < rows(); }),
                  "gathered rows exist");
    if (encoder_ != nullptr) return encode_as(chosen, out, stride);
    const Real scale = description_.scale;
    const Real offset = description_.offset;
    const auto convert = [&]<class Stored>(std::span<const Stored> stored) {
        compute::gather(chosen, stored.data(), width, scale, offset, out, stride);
    };
    switch (description_.element) {
        case Element::u8:
            return convert(view_as<std::uint8_t>(features_.bytes));
        case Element::f32:
            return convert(view_as<float>(features_.bytes));
        case Element::f64:
            return convert(view_as<double>(features_.bytes));
    }
}

template <class Real>
void Table::encode_as(std::span<const std::uint32_t> chosen, Real* out, std::size_t stride) const {
    for (const std::uint32_t row : chosen) {
        encoder_->encode(stored_row(row), out);
        out += stride;
    }
}

}  // namespace ensemble::data
