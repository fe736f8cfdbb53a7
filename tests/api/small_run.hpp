#pragma once

#include <string>

#include <ensemble/ensemble.hpp>

#include "scratch.hpp"

namespace ensemble::testing {

/// Options with which a training takes no time.
inline Options small_options() {
    return Options().set("members", 3).set("epochs", 2).set("net", "dense(8) relu");
}

/// A table with numbers, a gap, and words; what is to be learnt depends on both.
inline TextTable small_table(std::size_t rows = 120) {
    TextTable table{.columns = {"length", "colour, outside", "width", "kind"}, .fields = {}};
    for (std::size_t row = 0; row < rows; ++row) {
        const bool is_red = row % 3 == 0;
        const double length = static_cast<double>(row * 37 % 101) / 10;
        table.fields.push_back(row == 7 ? "NA" : std::to_string(length));
        table.fields.emplace_back(is_red ? "red" : "pale \"blue\"");
        table.fields.push_back(std::to_string(row * 53 % 97));
        table.fields.emplace_back(is_red == (length > 5) ? "one" : "other");
    }
    return table;
}

inline void write_csv(const TextTable& table, const std::string& path) {
    const auto quoted = [](const std::string& field) {
        std::string text = "\"";
        for (const char letter : field) text += letter == '"' ? "\"\"" : std::string(1, letter);
        return text + '"';
    };
    std::ofstream file(path);
    const auto write_line = [&](const auto begin) {
        for (std::size_t i = 0; i < table.columns.size(); ++i) file << (i > 0 ? "," : "") << quoted(*(begin + i));
        file << '\n';
    };
    write_line(table.columns.begin());
    for (std::size_t row = 0; row < table.rows(); ++row) write_line(table.fields.begin() + row * table.columns.size());
}

}  // namespace ensemble::testing
