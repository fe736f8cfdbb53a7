#pragma once

#include <filesystem>
#include <string>

#include "store/checkpoints.hpp"
#include "store/member_file.hpp"
#include "store/run_directory.hpp"
#include "store/scratch_directory.hpp"

inline const std::string configuration = "digest";

/// A member's state after so many epochs, of about `size` floats.
inline ensemble::train::MemberState state_after(std::uint32_t epoch, std::size_t size = 3, std::uint32_t member = 3) {
    ensemble::train::MemberState state;
    state.member = member;
    state.epoch = epoch;
    state.parameters.assign(size, static_cast<float>(epoch) + 0.5F);
    for (std::size_t i = 0; i < size; ++i) state.parameters[i] += static_cast<float>(i % 97);
    return state;
}

inline ensemble::train::MemberState finished_after(std::uint32_t epoch, std::size_t size = 3,
                                                   std::uint32_t member = 3) {
    ensemble::train::MemberState state = state_after(epoch, size, member);
    state.finished = true;
    return state;
}

/// A run directory in which members are kept.
struct Place {
    explicit Place(ensemble::store::FileSystem& given = plain()) : system(given) {
        for (const auto& path : {directory.members(), directory.checkpoints()}) {
            std::filesystem::create_directories(path);
        }
    }

    ScratchDirectory scratch;
    ensemble::store::RunDirectory directory = ensemble::store::RunDirectory::at(scratch / "run");
    ensemble::store::FileSystem& system;

    /// As a process finds it that has just started.
    [[nodiscard]] ensemble::store::Checkpoints fresh() const { return {directory, configuration, system}; }
    [[nodiscard]] ensemble::store::SavedMember load() const { return fresh().load(3); }

    [[nodiscard]] std::set<std::string> names() const {
        std::set<std::string> found;
        for (const auto& entry : std::filesystem::directory_iterator(directory.checkpoints())) {
            found.insert(entry.path().filename().string());
        }
        return found;
    }

    static ensemble::store::FileSystem& plain() {
        static ensemble::store::FileSystem system;
        return system;
    }
};

inline void save(ensemble::store::Checkpoints& checkpoints, const ensemble::train::MemberState& state) {
    checkpoints.save(state.member, ensemble::store::pack_member(state, configuration));
}

/// The epoch of what was loaded; 0 if nothing was.
inline std::uint32_t epoch_of(const ensemble::store::SavedMember& kept) {
    return kept.state ? kept.state->epoch : 0;
}
