#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "data/dataset.hpp"
#include "data/source.hpp"

namespace ensemble::data {

/// Features and how they are stored, of rows that come without anything to be learnt.
struct Features {
    Description description;
    SharedBytes bytes;
};

/// A kind of data that --data takes. A new one is one more entry of the table in source.cpp.
struct Format {
    std::string_view name;  ///< as --help and messages call it: "a .npy"
    std::string_view help;  ///< what it holds, of one line or several

    /// Whether `what`, as the user wrote it and of the type that the system says, is of this kind; the first entry that
    /// says so reads it. What it cannot know from name and type it may look for inside.
    bool (*recognises)(const std::string& what, std::filesystem::file_type type) = nullptr;

    /// Reads rows with what is to be learnt about them. Throws core::Error: usage for options of other kinds, else
    /// data.
    Source (*load)(const Request& request) = nullptr;

    /// Reads rows for --ood, which are prepared as those of `like` are; null: the test rows that load() finds, or all.
    Features (*features)(const std::string& what, const Request& like) = nullptr;
};

[[nodiscard]] std::span<const Format> formats();

/// The kind of `what`; null where nothing is of that name, or where no kind recognises it.
[[nodiscard]] const Format* find_format(const std::string& what);

}  // namespace ensemble::data
