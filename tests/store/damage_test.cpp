#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>

#include <boost/test/unit_test.hpp>

#include "store/checkpoints.hpp"
#include "store/kept_state.hpp"

using namespace ensemble;

BOOST_AUTO_TEST_SUITE(damage_tests)

#ifdef __SANITIZE_ADDRESS__
constexpr std::size_t random_damages = 5'000;  // instrumented code takes ten times as long
#else
constexpr std::size_t random_damages = 100'000;
#endif

namespace {

using Bytes = std::string;

/// Two generations, of which the newest can be damaged.
struct Damaged {
    Place place;
    std::filesystem::path newest = place.directory.checkpoints() / "0003-000002.ckpt";
    Bytes sound;

    explicit Damaged(std::size_t size) {
        store::Checkpoints checkpoints = place.fresh();
        save(checkpoints, state_after(1));
        save(checkpoints, state_after(2, size));
        sound = text_of(newest);
        BOOST_TEST(epoch_of(place.load()) == 2U);
    }

    /// True if `bytes` in its place are found out, and the generation before is taken.
    [[nodiscard]] bool is_found_out(const Bytes& bytes) const {
        put_text(newest, bytes);
        const store::SavedMember kept = place.load();
        return epoch_of(kept) == 1 && kept.refused.size() == 1;
    }
};

Bytes damage(const Bytes& sound, std::mt19937_64& random) {
    const auto below = [&](std::size_t count) { return static_cast<std::size_t>(random() % count); };
    Bytes bytes = sound;
    switch (below(6)) {
        case 0:  // a few bits
            for (std::size_t i = 0; i <= below(8); ++i) {
                bytes[below(bytes.size())] ^= static_cast<char>(1U << below(8));
            }
            break;
        case 1:  // a stretch of noise
        case 2:  // a stretch of one value, such as a block that was never written
        {
            const std::size_t first = below(bytes.size());
            const std::size_t last = first + 1 + below(std::min<std::size_t>(4096, bytes.size() - first));
            const auto fill = static_cast<char>(below(2) == 0 ? 0 : 0xFF);
            const bool noise = below(2) == 0;
            for (std::size_t i = first; i < last; ++i) bytes[i] = noise ? static_cast<char>(random()) : fill;
            break;
        }
        case 3:
            bytes.resize(below(bytes.size()));
            break;
        case 4:
            bytes.append(1 + below(64), static_cast<char>(random()));
            break;
        default: {  // blocks that change places
            constexpr std::size_t block = 512;
            const std::size_t blocks = bytes.size() / block;
            const std::size_t one = block * below(blocks);
            const std::size_t other = block * below(blocks);
            for (std::size_t i = 0; i < block; ++i) std::swap(bytes[one + i], bytes[other + i]);
        }
    }
    return bytes;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_single_bit_of_a_small_checkpoint_counts) {
    const Damaged damaged(3);
    std::size_t missed = 0;
    for (std::size_t at = 0; at < damaged.sound.size(); ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Bytes bytes = damaged.sound;
            bytes[at] ^= static_cast<char>(1U << bit);
            if (!damaged.is_found_out(bytes)) ++missed;
        }
    }
    BOOST_TEST(missed == 0U);
}

BOOST_AUTO_TEST_CASE(every_other_length_of_a_small_checkpoint_is_found_out) {
    const Damaged damaged(3);
    std::size_t missed = 0;
    for (std::size_t size = 0; size < damaged.sound.size() + 100; ++size) {
        Bytes bytes = damaged.sound;
        bytes.resize(size);
        if (size != damaged.sound.size() && !damaged.is_found_out(bytes)) ++missed;
    }
    BOOST_TEST(missed == 0U);
    BOOST_TEST(!damaged.is_found_out(damaged.sound));
}

/// ENSEMBLE_DAMAGE_FLOATS makes it larger.
BOOST_AUTO_TEST_CASE(random_damages_of_a_large_checkpoint_are_found_out) {
    const char* wanted = std::getenv("ENSEMBLE_DAMAGE_FLOATS");
    const std::size_t floats = wanted != nullptr ? std::strtoul(wanted, nullptr, 10) : 4096;
    const Damaged damaged(floats);
    std::mt19937_64 random(1);
    std::size_t missed = 0;
    std::size_t tried = 0;
    while (tried < random_damages) {
        const Bytes bytes = damage(damaged.sound, random);
        if (bytes == damaged.sound) continue;
        ++tried;
        if (!damaged.is_found_out(bytes)) ++missed;
    }
    BOOST_TEST(missed == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
