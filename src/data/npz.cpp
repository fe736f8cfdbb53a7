#include "data/npz.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/printable.hpp"
#include "data/archive.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
using Names = std::span<const std::string_view>;

constexpr std::array<std::string_view, 6> feature_names{"x", "X", "x_train", "X_train", "data", "features"};
constexpr std::array<std::string_view, 8> target_names{"y",      "Y",       "y_train", "Y_train",
                                                       "target", "targets", "label",   "labels"};
constexpr std::array<std::string_view, 2> test_feature_names{"x_test", "X_test"};
constexpr std::array<std::string_view, 2> test_target_names{"y_test", "Y_test"};
constexpr std::array<std::string_view, 2> length_names{"lengths", "lengths_train"};
constexpr std::array<std::string_view, 1> test_length_names{"lengths_test"};
constexpr std::string_view array_ending = ".npy";

/// Of the files of an archive those that are arrays.
class Arrays {
public:
    explicit Arrays(std::filesystem::path path) : path_(std::move(path)) {
        for (ArchiveEntry& entry : archive_entries(path_)) {
            if (entry.name.ends_with(array_ending)) entries_.push_back(std::move(entry));
        }
        used_.resize(entries_.size());
    }

    [[nodiscard]] std::string name() const { return path_.string(); }

    /// Place of the single array that has one of these names; none if there is none.
    [[nodiscard]] std::optional<std::size_t> find(Names names) const {
        std::optional<std::size_t> found;
        for (std::size_t i = 0; i < entries_.size(); ++i) {
            if (std::ranges::find(names, array_name(i)) == names.end()) continue;
            if (found) {
                fail(Failure::data, "{}: holds both {} and {}, and either could be meant; leave one of them out",
                     name(), array_name(*found), array_name(i));
            }
            found = i;
        }
        return found;
    }

    [[nodiscard]] std::size_t require(Names names, std::string_view what, std::string_view advice) const {
        if (const auto found = find(names)) return *found;
        fail(Failure::data, "{}: has no array of {} ({}); {}; it holds {}", name(), what, fmt::join(names, ", "),
             advice, listed());
    }

    [[nodiscard]] NpyFile open(std::size_t i) {
        used_[i] = true;
        return NpyFile(FileBytes(path_, entries_[i]));
    }

    /// The same, for who reads rows one after the other; there may be none.
    [[nodiscard]] NpyFile stream(std::size_t i) {
        used_[i] = true;
        return NpyFile::stream(FileBytes(path_, entries_[i]));
    }

    /// What was opened by nobody, as a note; empty if there is nothing.
    [[nodiscard]] std::string note_unused() const {
        std::vector<std::string> names;
        for (std::size_t i = 0; i < entries_.size(); ++i)
            if (!used_[i]) names.push_back(core::printable(array_name(i)));
        if (names.empty()) return {};
        return fmt::format("{}: nothing is made of its array{} {}", name(), names.size() == 1 ? "" : "s",
                           fmt::join(names, ", "));
    }

private:
    [[nodiscard]] std::string array_name(std::size_t i) const {
        return entries_[i].name.substr(0, entries_[i].name.size() - array_ending.size());
    }

    /// "x (150, 4), y (150,)"
    [[nodiscard]] std::string listed() const {
        constexpr std::size_t most = 20;
        std::vector<std::string> texts;
        for (std::size_t i = 0; i < std::min(most, entries_.size()); ++i) {
            std::string text = array_name(i);
            try {
                text += " " + NpyFile(FileBytes(path_, entries_[i])).shape();
            } catch (const core::Error&) {
                text += " (which cannot be read)";  // the list says what there is, not what is wrong with it
            }
            texts.push_back(std::move(text));
        }
        if (texts.empty()) return "no arrays";
        return fmt::format("{}{}", fmt::join(texts, ", "),
                           entries_.size() > most ? fmt::format(" and {} more", entries_.size() - most) : "");
    }

    std::filesystem::path path_;
    std::vector<ArchiveEntry> entries_;
    std::vector<bool> used_;
};

constexpr std::string_view advice_on_features =
    "write numpy.savez(file, x=features, y=targets), and x_test and y_test for test rows";

std::size_t target_of(const Arrays& arrays, const std::string& wanted) {
    if (wanted.empty()) return arrays.require(target_names, "what is to be learnt", "name another with --target");
    const std::string_view name = wanted;
    return arrays.require(std::span(&name, 1), "what --target wants", "name one that is there");
}

/// Lengths of rows, unless they are what is to be learnt.
std::optional<NpyFile> open_lengths(Arrays& arrays, Names names, std::size_t targets) {
    const auto found = arrays.find(names);
    if (!found || *found == targets) return std::nullopt;
    return arrays.open(*found);
}

/// Test rows: under names of their own, or, in an archive of test rows, under those of training rows.
std::optional<NpyPair> open_test(Arrays& arrays, const std::string& target, bool is_own_archive) {
    std::optional<std::size_t> features = arrays.find(test_feature_names);
    std::optional<std::size_t> targets = arrays.find(test_target_names);
    if (!is_own_archive) {
        if (!features && !targets) return std::nullopt;
        features = arrays.require(test_feature_names, "features of test rows", "both or neither belong into it");
        targets = arrays.require(test_target_names, "targets of test rows", "both or neither belong into it");
    }
    const Names lengths = features ? Names(test_length_names) : Names(length_names);
    if (!features) features = arrays.require(feature_names, "features", advice_on_features);
    if (!targets) targets = target_of(arrays, target);
    return NpyPair{arrays.open(*features), arrays.open(*targets), open_lengths(arrays, lengths, *targets)};
}

}  // namespace

NpyTables read_npz_tables(const NpzRequest& request) {
    Arrays arrays(request.train);
    const std::size_t features = arrays.require(feature_names, "features", advice_on_features);
    const std::size_t targets = target_of(arrays, request.target);
    NpyPair train{arrays.open(features), arrays.open(targets), open_lengths(arrays, length_names, targets)};
    std::vector<std::string> notes;
    std::optional<NpyPair> test;
    if (request.test) {
        Arrays others(*request.test);
        test = open_test(others, request.target, true);
        notes.push_back(others.note_unused());
    } else {
        test = open_test(arrays, request.target, false);
    }
    notes.push_back(arrays.note_unused());
    NpyTables tables = read_npy_tables(std::move(train), std::move(test), request.task);
    std::erase(notes, std::string{});
    tables.notes.insert(tables.notes.end(), notes.begin(), notes.end());
    return tables;
}

NpzFeatures npz_features(const std::filesystem::path& path) {
    Arrays arrays(path);
    const auto open = [&](std::size_t features, Names lengths) {
        const auto found = arrays.find(lengths);
        return NpzFeatures{arrays.stream(features), found ? std::optional(arrays.open(*found)) : std::nullopt};
    };
    if (const auto test = arrays.find(test_feature_names)) return open(*test, test_length_names);
    return open(arrays.require(feature_names, "features", advice_on_features), length_names);
}

}  // namespace ensemble::data
