#include "fuzz/mutation.hpp"

#include <algorithm>
#include <array>

namespace ensemble::fuzz {
namespace {

constexpr std::size_t longest = 1U << 16U;

class Mutation {
public:
    Mutation(const std::vector<Bytes>& inputs, const std::vector<std::string>& words, std::mt19937_64& random)
        : inputs_(inputs), words_(words), random_(random), bytes_(any_of(inputs)) {}

    Bytes finish() && {
        const std::size_t changes = std::size_t{1} << below(4);
        for (std::size_t i = 0; i < changes; ++i) change();
        if (bytes_.size() > longest) bytes_.resize(longest);
        return std::move(bytes_);
    }

private:
    /// Below `count`, which is not zero.
    std::size_t below(std::size_t count) { return random_() % count; }

    const Bytes& any_of(const std::vector<Bytes>& inputs) { return inputs[below(inputs.size())]; }

    [[nodiscard]] Bytes::iterator at(std::size_t place) { return bytes_.begin() + static_cast<std::ptrdiff_t>(place); }

    void change() {
        if (bytes_.empty()) return insert(any_of(inputs_));
        switch (below(8)) {
            case 0:
                bytes_[below(bytes_.size())] ^= static_cast<std::uint8_t>(1U << below(8));
                break;
            case 1:
                bytes_[below(bytes_.size())] = static_cast<std::uint8_t>(random_());
                break;
            case 2:
                put_number();
                break;
            case 3: {
                const auto [begin, end] = piece(bytes_);
                bytes_.erase(at(begin), at(end));
                break;
            }
            case 4: {
                const auto [begin, end] = piece(bytes_);
                insert(Bytes(at(begin), at(end)));
                break;
            }
            case 5: {
                const Bytes& other = any_of(inputs_);
                if (other.empty()) break;
                const auto [begin, end] = piece(other);
                insert(Bytes(other.begin() + static_cast<std::ptrdiff_t>(begin),
                             other.begin() + static_cast<std::ptrdiff_t>(end)));
                break;
            }
            case 6:
                if (words_.empty()) return put_number();
                put_word(words_[below(words_.size())]);
                break;
            default:
                bytes_.resize(below(bytes_.size() + 1));
        }
    }

    /// Begin and end within `bytes`, most often near each other.
    std::pair<std::size_t, std::size_t> piece(const Bytes& bytes) {
        const std::size_t begin = below(bytes.size());
        const std::size_t most = below(4) == 0 ? bytes.size() : 16;
        return {begin, std::min(bytes.size(), begin + 1 + below(most))};
    }

    void insert(const Bytes& piece) { bytes_.insert(at(below(bytes_.size() + 1)), piece.begin(), piece.end()); }

    void put_word(const std::string& word) {
        if (below(2) == 0) return insert(Bytes(word.begin(), word.end()));
        const std::size_t place = below(bytes_.size());
        const std::size_t room = std::min(word.size(), bytes_.size() - place);
        std::copy_n(word.begin(), room, at(place));
    }

    /// Of one to eight bytes, in either order.
    void put_number() {
        constexpr std::array<std::uint64_t, 12> limits{0,      1,          0x7f,       0x80,       0xff,        0x7fff,
                                                       0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 1ULL << 63U, ~0ULL};
        const std::size_t size = std::size_t{1} << below(4);
        const std::uint64_t number = limits[below(limits.size())] + below(3) - 1;
        const bool big = below(2) == 0;
        const std::size_t place = below(bytes_.size());
        for (std::size_t i = 0; i < size && place + i < bytes_.size(); ++i)
            bytes_[place + i] = static_cast<std::uint8_t>(number >> 8 * (big ? size - 1 - i : i));
    }

    const std::vector<Bytes>& inputs_;
    const std::vector<std::string>& words_;
    std::mt19937_64& random_;
    Bytes bytes_;
};

}  // namespace

Bytes mutated(const std::vector<Bytes>& inputs, const std::vector<std::string>& words, std::mt19937_64& random) {
    return Mutation(inputs, words, random).finish();
}

}  // namespace ensemble::fuzz
