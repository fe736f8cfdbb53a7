#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "train/member_state.hpp"

namespace ensemble::store {

/// The complete state of a member as bytes: a Boost.Serialization archive in a checked envelope.
/// A pure function of the state apart from its timings, which are left out: files of the same member are equal whoever
/// trained it, wherever and how fast. `configuration` is a digest of everything that determines the results of the run.
[[nodiscard]] std::vector<std::byte> pack_member(const train::MemberState& state, const std::string& configuration);

/// pack_member() in two steps. First the cheap one, which needs the state and fills `draft` (whose memory is used
/// again); then the costly one, which does not and may happen elsewhere.
void draft_member(const train::MemberState& state, const std::string& configuration, std::vector<std::byte>& draft);
void seal_member(std::span<std::byte> draft);

/// What is wrong with a state, in words that begin with a field's name; empty where nothing is.
using StateCheck = std::function<std::string(const train::MemberState&)>;

/// The state in `file`, with timings of zero. `name` is how messages call the file. A checksum only says that a file is
/// as its writer left it, so nothing it says is believed: `fault_of` must have no fault to find, where one is given.
/// Throws core::Error: data if it is damaged or has a fault, usage if it is whole but of another configuration or
/// format.
[[nodiscard]] train::MemberState unpack_member(std::span<const std::byte> file, const std::string& configuration,
                                               const std::string& name, const StateCheck& fault_of = {});

/// A member's file as it says of itself, whatever run it belongs to: for who trusts the run that it lies in.
struct StoredMember {
    std::string configuration;
    train::MemberState state;
};

/// Throws core::Error like unpack_member(), but for another configuration.
[[nodiscard]] StoredMember read_member(const std::filesystem::path& path);

/// Writes a member's file, durably and atomically. Throws core::Error (run).
void save_member(const std::filesystem::path& path, const train::MemberState& state, const std::string& configuration);

/// Reads a member's file. Throws core::Error like unpack_member().
[[nodiscard]] train::MemberState load_member(const std::filesystem::path& path, const std::string& configuration,
                                             const StateCheck& fault_of = {});

/// A member of whatever configuration, of which `sha256` is the digest of its file in hexadecimal digits: for who only
/// predicts with it. Throws core::Error (data) for another file, and for one that is damaged.
[[nodiscard]] train::MemberState load_member_of(const std::filesystem::path& path, const std::string& sha256);

}  // namespace ensemble::store
