#include "data/level_counts.hpp"

namespace ensemble::data {
namespace {

constexpr std::size_t nowhere = static_cast<std::size_t>(-1);

/// Spellings are kept to be found again at once; a column of names would keep them all.
constexpr std::size_t most_spellings = 100'000;

}  // namespace

LevelCounts::LevelCounts(const std::vector<std::string>& known) : is_closed_(true) {
    for (const std::string& name : known) {
        names_.emplace(name, levels_.size());
        levels_.push_back({.name = name});
    }
}

double LevelCounts::place_of(std::string_view word, std::size_t line) {
    const auto spelt = spellings_.find(word);
    std::size_t place = nowhere;
    if (spelt != spellings_.end()) {
        place = spelt->second;
    } else {
        std::string name = level_name(word);
        const auto named = names_.find(name);
        if (named != names_.end()) {
            place = named->second;
        } else if (!is_closed_) {
            place = levels_.size();
            names_.emplace(name, place);
            levels_.push_back({.name = std::move(name), .rows = 0, .line = line});
        }
        if (spellings_.size() < most_spellings) spellings_.emplace(word, place);
    }
    if (place == nowhere) {
        ++unknown_;
        return unknown_level;
    }
    ++levels_[place].rows;
    return static_cast<double>(place);
}

std::size_t LevelCounts::rows(const Is& is) const {
    std::size_t count = 0;
    for (const Level& level : levels_) count += is(level) ? level.rows : 0;
    return count;
}

std::size_t LevelCounts::rows() const {
    return rows([](const Level&) { return true; });
}

const LevelCounts::Level* LevelCounts::first(const Is& is) const {
    // They are in the order in which they come.
    for (const Level& level : levels_) {
        if (is(level)) return &level;
    }
    return nullptr;
}

std::vector<std::size_t> LevelCounts::sorted(std::vector<std::string>& names) const {
    std::vector<std::string> unsorted;
    for (const Level& level : levels_) unsorted.push_back(level.name);
    const Levels all(unsorted);
    names = all.names();
    std::vector<std::size_t> places;
    for (const Level& level : levels_) places.push_back(*all.find(level.name));
    return places;
}

}  // namespace ensemble::data
