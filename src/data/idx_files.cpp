#include "data/idx_files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/ranges.h>

#include "core/error.hpp"
#include "core/path.hpp"
#include "data/picture_names.hpp"

namespace ensemble::data {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::Failure;

/// What a file is for, in the order of IdxFiles.
enum Role : std::size_t { train_images, train_labels, test_images, test_labels, roles };
constexpr std::array<std::string_view, roles> usual_names{"train-images-idx3-ubyte", "train-labels-idx1-ubyte",
                                                          "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"};
using Set = std::array<std::vector<fs::path>, roles>;

struct Named {
    std::string beginning;  ///< what the files of a set share
    Role role = roles;
};

bool take_end(std::string& text, std::string_view end) {
    if (!text.ends_with(end)) return false;
    text.resize(text.size() - end.size());
    return true;
}

/// What the name says; nothing if it is not that of a file of a set.
std::optional<Named> understand(const fs::path& path) {
    std::string name = path.filename().string();
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::size_t kind = name.rfind("idx");
    if (kind == std::string::npos || kind == 0) return std::nullopt;
    name.resize(kind - 1);  // with the - or . before it
    const bool images = take_end(name, "images");
    if (!images && !take_end(name, "labels")) return std::nullopt;
    const auto take_separator = [&] { return take_end(name, "-") || take_end(name, "_") || take_end(name, "."); };
    take_separator();
    const bool train = take_end(name, "train");
    if (!train && !take_end(name, "t10k") && !take_end(name, "test")) return std::nullopt;
    const Role role = train ? (images ? train_images : train_labels) : (images ? test_images : test_labels);
    return Named{path.filename().string().substr(0, name.size()), role};
}

/// Where a directory has no file of IDX: by what else is in it.
[[noreturn]] void refuse_other_content(const fs::path& directory) {
    constexpr std::array<std::string_view, 6> of_tables{".csv", ".tsv", ".txt", ".npy", ".npz", ".libsvm"};
    const auto is_table = [&](const fs::path& path) {
        const fs::path plain = core::has_extension(path, ".gz") ? path.stem() : path;
        return std::ranges::any_of(of_tables, [&](auto ending) { return core::has_extension(plain, ending); });
    };
    const std::vector<fs::path> entries = entries_of(directory);
    if (const auto table = std::ranges::find_if(entries, is_table); table != entries.end()) {
        fail(Failure::data, "{}: is a directory; name the file with the rows, such as --data {}", directory.string(),
             table->string());
    }
    fail(Failure::data,
         "{}: holds no data; a directory has the files {}, or a folder of PNG or JPEG files for each class",
         directory.string(), fmt::join(usual_names, ", "));
}

std::map<std::string, Set> find_sets(const fs::path& directory) {
    std::map<std::string, Set> sets;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
        if (const auto named = understand(entry.path())) sets[named->beginning].at(named->role).push_back(entry.path());
    }
    if (error) fail(Failure::data, "{}: cannot be read: {}", directory.string(), error.message());
    // Plain before compressed; then - before ., and t10k before test.
    const auto earlier = [](const fs::path& a, const fs::path& b) {
        const bool a_packed = core::has_extension(a, ".gz");
        return a_packed != core::has_extension(b, ".gz") ? !a_packed : a < b;
    };
    for (auto& [beginning, set] : sets) {
        for (auto& files : set) std::ranges::sort(files, earlier);
    }
    return sets;
}

bool is_complete(const Set& set) {
    return std::ranges::none_of(set, &std::vector<fs::path>::empty);
}

}  // namespace

IdxFiles find_idx_files(const fs::path& directory) {
    const std::map<std::string, Set> sets = find_sets(directory);
    std::vector<std::string> complete;
    for (const auto& [beginning, set] : sets) {
        if (is_complete(set)) complete.push_back(beginning);
    }
    if (complete.size() > 1) {
        std::vector<std::string> names;
        for (const std::string& beginning : complete) {
            names.push_back(sets.at(beginning)[train_images].front().filename().string());
        }
        fail(Failure::data, "{}: holds {} data sets ({}); give each a directory of its own", directory.string(),
             names.size(), fmt::join(names, ", "));
    }
    const std::string beginning = !complete.empty() ? complete.front() : sets.empty() ? "" : sets.begin()->first;
    if (sets.empty()) refuse_other_content(directory);
    const Set& set = sets.at(beginning);
    for (std::size_t role = 0; role < roles; ++role) {
        if (!set.at(role).empty()) continue;
        fail(
            Failure::data,
            "{}: {}{} is missing, plain or with .gz; a data directory holds {}, with the same beginning before each or "
            "none",
            directory.string(), beginning, usual_names.at(role), fmt::join(usual_names, ", "));
    }
    return {set[train_images].front(), set[train_labels].front(), set[test_images].front(), set[test_labels].front()};
}

}  // namespace ensemble::data
