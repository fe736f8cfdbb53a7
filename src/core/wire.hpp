#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/error.hpp"

namespace ensemble::core {

template <class T>
inline constexpr bool is_list_of_numbers = false;
template <class Number>
inline constexpr bool is_list_of_numbers<std::vector<Number>> =
    std::is_arithmetic_v<Number> || std::is_same_v<Number, std::byte>;

/// Appends values to bytes, for another rank of the same program: numbers, enumerators, texts and lists of numbers,
/// the last two with their length before them. Called with each field in turn, as WireReader is.
class WireWriter {
public:
    template <class T>
    void operator()(const T& value) {
        if constexpr (std::is_same_v<T, std::string> || is_list_of_numbers<T>) {
            (*this)(std::uint64_t{value.size()});
            append(std::as_bytes(std::span(value)));
        } else {
            static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
            append(std::as_bytes(std::span(&value, 1)));
        }
    }
    void append(std::span<const std::byte> more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

    std::vector<std::byte> bytes;
};

/// Says that a message is damaged. Throws core::Error (run).
[[noreturn]] inline void refuse_message(const char* why) {
    fail(Failure::run, "a message between ranks is damaged ({}); do all ranks run the same program?", why);
}

/// Reads what a WireWriter has written, field by field. Throws core::Error (run) where bytes end early or make no
/// sense.
class WireReader {
public:
    explicit WireReader(std::span<const std::byte> bytes) : rest_(bytes) {}

    template <class T>
    void operator()(T& value) {
        if constexpr (std::is_same_v<T, std::string>) {
            const auto text = take(size_of_list(1));
            value.assign(reinterpret_cast<const char*>(text.data()), text.size());
        } else if constexpr (is_list_of_numbers<T>) {
            constexpr std::size_t each = sizeof(typename T::value_type);
            value.resize(size_of_list(each));
            const auto numbers = take(value.size() * each);
            if (!numbers.empty()) std::memcpy(value.data(), numbers.data(), numbers.size());
        } else {
            static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
            const auto bytes = take(sizeof(T));
            if (std::is_same_v<T, bool> && std::to_integer<int>(bytes[0]) > 1)
                refuse_message("a truth value is neither");
            std::memcpy(&value, bytes.data(), sizeof(T));
        }
    }

    /// How many entries a list has, each of at least so many bytes.
    [[nodiscard]] std::size_t size_of_list(std::size_t each) {
        std::uint64_t size = 0;
        (*this)(size);
        if (size > rest_.size() / each) refuse_message("it ends early");
        return size;
    }

    [[nodiscard]] bool at_end() const noexcept { return rest_.empty(); }

private:
    std::span<const std::byte> take(std::uint64_t size) {
        if (size > rest_.size()) refuse_message("it ends early");
        const auto taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }

    std::span<const std::byte> rest_;
};

}  // namespace ensemble::core
