#include "store/checkpoints.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "store/member_file.hpp"

namespace ensemble::store {
namespace {

namespace fs = std::filesystem;

template <class Number>
bool read_number(std::string_view text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size();
}

struct Generation {
    std::uint32_t member = 0;
    std::uint64_t number = 0;
};

/// "0007-000012.ckpt"
std::optional<Generation> generation_of(const fs::path& file) {
    const std::string stem = file.stem().string();
    const std::size_t dash = stem.find('-');
    Generation generation;
    if (file.extension() != ".ckpt" || dash == std::string::npos) return std::nullopt;
    if (!read_number(std::string_view(stem).substr(0, dash), generation.member)) return std::nullopt;
    if (!read_number(std::string_view(stem).substr(dash + 1), generation.number)) return std::nullopt;
    return generation;
}

}  // namespace

Checkpoints::Checkpoints(const RunDirectory& directory, MemberDigests digests, FileSystem& system, std::uint64_t gap,
                         StateCheck fault_of)
    : directory_(RunDirectory::at(directory.path())),
      digests_(std::move(digests)),
      system_(system),
      gap_(gap),
      fault_of_(std::move(fault_of)) {}

fs::path Checkpoints::path(std::uint32_t member, std::uint64_t number) const {
    return directory_.checkpoints() / fmt::format("{:04}-{:06}.ckpt", member, number);
}

Checkpoints::Line& Checkpoints::line_of(std::uint32_t member) {
    const auto [found, is_new] = lines_.try_emplace(member);
    Line& line = found->second;
    if (!is_new) return line;
    line.digest = digests_(member);
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory_.checkpoints(), ignored)) {
        const auto generation = generation_of(entry.path());
        if (generation && generation->member == member) line.numbers.push_back(generation->number);
    }
    std::ranges::sort(line.numbers);
    if (!line.numbers.empty()) line.first = line.numbers.back() + 1 + gap_;
    return line;
}

SavedMember Checkpoints::load(std::uint32_t member) {
    SavedMember saved;
    lines_.erase(member);
    Line& line = line_of(member);
    const auto read = [&](const fs::path& file) {
        try {
            train::MemberState state = load_member(file, line.digest, fault_of_);
            if (state.member == member) {
                saved.state = std::move(state);
            } else {
                saved.refused.push_back(fmt::format("'{}' holds member {}", file.string(), state.member));
            }
        } catch (const core::Error& error) {
            if (error.kind() != core::Failure::data)
                throw;  // whole, but of another run: training it again would lose it
            saved.refused.emplace_back(error.what());
        }
        return saved.state.has_value();
    };
    std::error_code ignored;
    if (fs::exists(directory_.member(member), ignored)) {
        saved.is_final = read(directory_.member(member));
    }
    // This program puts none there, so somebody else has: the generations may be newer.
    std::optional<train::MemberState> unfinished;
    if (saved.is_final && !saved.state->finished) {
        saved.refused.push_back(fmt::format("'{}' holds a member whose training is not over: finished is false",
                                            directory_.member(member).string()));
        saved.is_final = false;
        unfinished = std::exchange(saved.state, std::nullopt);
    }
    for (auto number = line.numbers.rbegin(); !saved.state && number != line.numbers.rend(); ++number) {
        if (read(path(member, *number))) line.verified.insert(*number);
    }
    if (!saved.state) saved.state = std::move(unfinished);
    return saved;
}

void Checkpoints::save(std::uint32_t member, std::span<const std::byte> sealed) {
    Line& line = line_of(member);
    const std::uint64_t number = line.numbers.empty() ? line.first : std::max(line.first, line.numbers.back() + 1);
    const fs::path file = path(member, number);
    write_file_atomically(file, sealed, system_);
    line.numbers.push_back(number);
    verify_file(file, sealed);
    line.verified.insert(number);
    constexpr std::size_t enough = 2;
    if (line.verified.size() >= enough) keep_verified(member, enough);
}

void Checkpoints::save_final(const train::MemberState& state) {
    core::require(state.finished, "what is saved for good is finished");
    const std::vector<std::byte> sealed = pack_member(state, digest_of(state.member));
    const fs::path file = directory_.member(state.member);
    write_file_atomically(file, sealed, system_);
    verify_file(file, sealed);
    keep_verified(state.member, 1);
}

/// Removes all generations but the newest `count` of those that are known to be whole.
void Checkpoints::keep_verified(std::uint32_t member, std::size_t count) {
    Line& line = line_of(member);
    while (line.verified.size() > count) line.verified.erase(line.verified.begin());
    const auto goes = [&](std::uint64_t number) {
        if (line.verified.contains(number)) return false;
        system_.unlink(path(member, number).c_str());
        return true;
    };
    std::erase_if(line.numbers, goes);
}

SavedNames saved_members(const RunDirectory& directory) {
    SavedNames names;
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(directory.members(), ignored)) {
        std::uint32_t member = 0;
        const std::string stem = entry.path().stem().string();
        if (entry.path().extension() == ".ckpt" && read_number(stem, member)) names.finished.insert(member);
    }
    for (const auto& entry : fs::directory_iterator(directory.checkpoints(), ignored)) {
        if (const auto generation = generation_of(entry.path())) names.begun.insert(generation->member);
    }
    return names;
}

}  // namespace ensemble::store
