#include "core/hash.hpp"

#include <openssl/evp.h>
#include <xxhash.h>

#include <bit>

#include <fmt/format.h>

#include "core/contract.hpp"

namespace ensemble::core {

struct Sha256::Context {
    EVP_MD_CTX* handle = EVP_MD_CTX_new();

    Context() = default;
    ~Context() { EVP_MD_CTX_free(handle); }
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;
};

Sha256::Sha256() : context_(std::make_unique<Context>()) {
    require(context_->handle != nullptr && EVP_DigestInit_ex(context_->handle, EVP_sha256(), nullptr) == 1,
            "SHA-256 is available");
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
    require(EVP_DigestUpdate(context_->handle, bytes.data(), bytes.size()) == 1, "SHA-256 accepts bytes");
}

Digest Sha256::finish() {
    Digest digest{};
    require(EVP_DigestFinal_ex(context_->handle, reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1,
            "SHA-256 finishes once");
    return digest;
}

Digest sha256(std::span<const std::byte> bytes) {
    Sha256 hash;
    hash.update(bytes);
    return hash.finish();
}

Checksum checksum(std::span<const std::byte> bytes) {
    XXH128_canonical_t canonical;
    XXH128_canonicalFromHash(&canonical, XXH3_128bits(bytes.data(), bytes.size()));
    return std::bit_cast<Checksum>(canonical);
}

std::string hex(std::span<const std::byte> digest) {
    std::string digits;
    digits.reserve(2 * digest.size());
    for (const std::byte byte : digest) digits += fmt::format("{:02x}", static_cast<unsigned>(byte));
    return digits;
}

}  // namespace ensemble::core
