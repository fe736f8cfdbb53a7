#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <type_traits>
#include <typeindex>
#include <typeinfo>
#include <vector>

#include <fmt/format.h>
#include <boost/serialization/nvp.hpp>

#include "core/error.hpp"

namespace ensemble::store {

/// Reads what boost::archive::binary_oarchive writes without a header: numbers as they lie in memory, a bool as a byte,
/// texts and vectors behind their count (eight bytes), vectors of structures with a version (four) in between. The
/// first vector of a type that the library takes for a class has five bytes about the class before it, all 0. Unlike
/// the library's own reader it believes nothing: no count is larger than what the bytes that are left can hold, a bool
/// is 0 or 1. Failures name the field, as make_nvp() does.
class ArchiveReader {
public:
    using is_loading = std::true_type;

    explicit ArchiveReader(std::span<const std::byte> bytes) : bytes_(bytes) {}

    [[nodiscard]] std::size_t bytes_left() const noexcept { return bytes_.size(); }

    template <class Field>
    ArchiveReader& operator&(const boost::serialization::nvp<Field>& field) {
        const std::string outer = name_;
        name_ += name_.empty() ? field.name() : std::string(", ") + field.name();
        read(field.value());
        name_ = outer;
        return *this;
    }

private:
    [[noreturn]] void refuse(const std::string& why) const { core::fail(core::Failure::data, "{} {}", name_, why); }

    std::span<const std::byte> take(std::size_t count) {
        if (count > bytes_.size()) refuse("is cut short");
        const auto taken = bytes_.first(count);
        bytes_ = bytes_.subspan(count);
        return taken;
    }

    /// How many elements follow, each of at least so many bytes.
    std::size_t take_count(std::size_t element) {
        std::size_t count = 0;
        read(count);
        if (count > bytes_.size() / element) {
            refuse(fmt::format("claims {} values, and the file ends after {} bytes more", count, bytes_.size()));
        }
        return count;
    }

    /// Whether objects of it are tracked, and its version; no class here has either.
    void take_class(const std::type_info& type) {
        if (!classes_.insert(type).second) return;
        constexpr std::size_t size = 5;
        const auto none = [](std::byte byte) { return byte == std::byte{0}; };
        if (!std::ranges::all_of(take(size), none)) refuse("is of another version");
    }

    template <class Number>
    requires std::is_arithmetic_v<Number>
    void read(Number& number) { std::memcpy(&number, take(sizeof number).data(), sizeof number); }

    void read(bool& truth) {
        const auto byte = std::to_integer<unsigned>(take(1).front());
        if (byte > 1) refuse(fmt::format("is {}, neither 0 nor 1", byte));
        truth = byte == 1;
    }

    void read(std::string& text) {
        const auto bytes = take(take_count(1));
        text.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    }

    template <class Number, class Allocator>
    requires std::is_arithmetic_v<Number>
    void read(std::vector<Number, Allocator>& numbers) {
        // Those with the library's own allocator are no class to it.
        if (!std::is_same_v<Allocator, std::allocator<Number>>) take_class(typeid(numbers));
        numbers.resize(take_count(sizeof(Number)));
        const auto bytes = take(numbers.size() * sizeof(Number));
        if (!bytes.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
    }

    template <class Structure>
    requires std::is_class_v<Structure>
    void read(std::vector<Structure>& structures) {
        take_class(typeid(structures));
        const std::size_t count = take_count(1);
        unsigned version = 0;
        read(version);
        if (version != 0) refuse(fmt::format("has elements of version {}", version));
        structures.clear();
        for (std::size_t i = 0; i < count; ++i) {
            const std::string outer = name_;
            name_ += fmt::format(" {}", i + 1);
            serialize(*this, structures.emplace_back(), 0U);
            name_ = outer;
        }
    }

    std::span<const std::byte> bytes_;
    std::set<std::type_index> classes_;  ///< met so far
    std::string name_;                   ///< of the field that is read
};

}  // namespace ensemble::store
