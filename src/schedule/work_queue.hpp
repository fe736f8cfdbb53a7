#pragma once

#include <cstddef>
#include <cstdint>
#include <tuple>
#include <vector>

#include "schedule/plan.hpp"

namespace ensemble::schedule {

/// What a rank is handed at once: members of consecutive numbers that belong together, trained one after the other.
struct WorkUnit {
    std::uint32_t first = 0;
    std::uint32_t count = 1;

    [[nodiscard]] std::uint32_t end() const noexcept { return first + count; }
    [[nodiscard]] bool contains(std::uint32_t member) const noexcept { return member >= first && member < end(); }
    friend bool operator==(const WorkUnit&, const WorkUnit&) = default;
};

/// Units of so many members each. REQUIRES: members is a multiple of `each` > 0.
[[nodiscard]] std::vector<WorkUnit> units_of(std::size_t members, std::size_t each);

/// A unit for every member.
[[nodiscard]] inline std::vector<WorkUnit> single_members(std::size_t members) {
    return units_of(members, 1);
}

/// The units that no rank has, and what is left of every member's work. They are handed out by what is left of them,
/// longest first, so that what ranks do last is short; equal ones by their index. Units that are trained and only have
/// to be predicted with come before all others: that is nearly free, and whatever stops the run then finds them among
/// its results.
class WorkQueue {
public:
    /// REQUIRES: units of all members of `work`, each in one.
    WorkQueue(std::vector<MemberWork> work, std::vector<WorkUnit> units);

    [[nodiscard]] bool empty() const noexcept { return units_.empty(); }

    /// The next unit. REQUIRES: !empty().
    [[nodiscard]] WorkUnit take();

    /// A unit that its rank did not bring to its end.
    void put_back(const WorkUnit& unit);

    /// Nothing is to be handed out any more.
    void clear() noexcept { units_.clear(); }

    /// What is left of a unit.
    [[nodiscard]] double left(const WorkUnit& unit) const;

    /// The same of each unit in the queue, in the order in which they are handed out.
    [[nodiscard]] std::vector<double> left() const;

    [[nodiscard]] std::size_t members() const noexcept { return work_.size(); }

    /// What one member takes. REQUIRES: member < members.
    [[nodiscard]] MemberWork& of(std::uint32_t member) { return work_.at(member); }
    [[nodiscard]] const MemberWork& of(std::uint32_t member) const { return work_.at(member); }

private:
    using Place = std::tuple<bool, double, std::uint32_t>;  ///< the smallest one is handed out first
    [[nodiscard]] Place place_of(const WorkUnit& unit) const;

    std::vector<MemberWork> work_;  ///< of each member, as of its last way back into the queue
    std::vector<WorkUnit> units_;   ///< the next one last
};

}  // namespace ensemble::schedule
