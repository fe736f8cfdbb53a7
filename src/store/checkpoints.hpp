#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "store/file.hpp"
#include "store/member_file.hpp"
#include "store/run_directory.hpp"
#include "train/member_state.hpp"

namespace ensemble::store {

/// The digest that a member's file carries: of everything the member is a function of, apart from its index.
class MemberDigests {
public:
    using Function = std::function<std::string(std::uint32_t member)>;

    /// Each member's own.
    MemberDigests(Function of) : of_(std::move(of)) {}  // NOLINT(google-explicit-constructor)

    /// The same for all members.
    MemberDigests(std::string of_all)  // NOLINT(google-explicit-constructor)
        : of_([digest = std::move(of_all)](std::uint32_t) { return digest; }) {}
    MemberDigests(const char* of_all) : MemberDigests(std::string(of_all)) {}  // NOLINT(google-explicit-constructor)

    [[nodiscard]] std::string operator()(std::uint32_t member) const { return of_(member); }

private:
    Function of_;
};

/// A member as it was found in a run directory.
struct SavedMember {
    std::optional<train::MemberState> state;  ///< the newest that is whole and belongs to this run, if there is one
    bool is_final = false;                    ///< from members/: nothing remains to be saved
    std::vector<std::string> refused;         ///< what is wrong with newer files
};

/// What is saved of a run's members, by the rank that trains them: finished ones in members/NNNN.ckpt, the others in
/// numbered generations, checkpoints/NNNN-GGGGGG.ckpt. Never written over: a new generation has its name only when it
/// is durable, and an older one goes only when two newer ones have been read back. So at any moment, and after a power
/// failure, the newest whole one or the one before can be loaded. One thread at a time.
class Checkpoints {
public:
    /// `system` must outlive this. Who loads a member leaves
    /// `gap` numbers out, so that a writer thought dead that wakes up does not write files of the same name.
    /// `fault_of` sees every state before it is handed out.
    Checkpoints(const RunDirectory& directory, MemberDigests digests, FileSystem& system, std::uint64_t gap = 0,
                StateCheck fault_of = {});

    /// Looks for a member. Files that are damaged or refused by the check are passed over, and a member whose
    /// training is not over counts as a generation wherever it lies; throws core::Error (usage) for a whole one of
    /// another configuration or format, which would be lost if the member were trained again.
    [[nodiscard]] SavedMember load(std::uint32_t member);

    /// Saves `sealed`, a member's file, as its newest generation. Throws core::Error (run); then the generations before
    /// are as they were.
    void save(std::uint32_t member, std::span<const std::byte> sealed);

    /// Saves a member for good; of its generations the newest stays until the run is over. Throws core::Error (run).
    void save_final(const train::MemberState& state);

    /// What the member's files carry.
    [[nodiscard]] const std::string& digest_of(std::uint32_t member) { return line_of(member).digest; }

private:
    /// The generations of one member that lie in the directory, oldest first.
    struct Line {
        std::string digest;
        std::vector<std::uint64_t> numbers;
        std::set<std::uint64_t> verified;
        std::uint64_t first = 1;  ///< number for the next owner
    };

    [[nodiscard]] Line& line_of(std::uint32_t member);
    [[nodiscard]] std::filesystem::path path(std::uint32_t member, std::uint64_t number) const;
    void keep_verified(std::uint32_t member, std::size_t count);

    RunDirectory directory_;
    MemberDigests digests_;
    FileSystem& system_;
    std::uint64_t gap_;
    StateCheck fault_of_;
    std::map<std::uint32_t, Line> lines_;
};

/// The members of which something is saved, by what: looked up by name, not read.
struct SavedNames {
    std::set<std::uint32_t> finished;
    std::set<std::uint32_t> begun;  ///< have generations
};
[[nodiscard]] SavedNames saved_members(const RunDirectory& directory);

}  // namespace ensemble::store
