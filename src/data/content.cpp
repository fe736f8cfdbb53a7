#include "data/content.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace ensemble::data {
namespace {

using std::string_view_literals::operator""sv;

struct Kind {
    std::string_view mark;
    std::string_view advice;
};

constexpr std::string_view pickled = "is a Python pickle; write arrays with numpy.save, or a table as .csv";

/// Files of bytes, by how they begin.
constexpr std::array<Kind, 11> binary_kinds{
    Kind{"\x93NUMPY"sv, "is a NumPy array under another name; give it the ending .npy"},
    {"\x80\x02"sv, pickled},
    {"\x80\x03"sv, pickled},
    {"\x80\x04"sv, pickled},
    {"\x80\x05"sv, pickled},
    {"\x89HDF"sv, "is an HDF5 file; write arrays with numpy.save, or a table as .csv"},
    {"PAR1\x15"sv, "is a Parquet file; write the table as .csv"},
    {"\xd0\xcf\x11\xe0"sv, "is a file of Excel or another office program; save the table as 'CSV UTF-8'"},
    {"SQLite format 3"sv, "is an SQLite database; write the table as .csv"},
    {"MATLAB 5.0 MAT-file"sv, "is a file of MATLAB; write the table as .csv, for example with writematrix"},
    {"%PDF-"sv, "is a PDF document; save the table as .csv"}};

/// Texts, by the first word in small letters that is no comment.
constexpr std::array<Kind, 6> text_kinds{
    Kind{"<!doctype html"sv, "is a web page; fetch the file that it leads to"},
    {"<html"sv, "is a web page; fetch the file that it leads to"},
    {"version https://git-lfs"sv, "only says where Git LFS keeps the file; fetch it with git lfs pull"},
    {"@relation"sv, "is an ARFF file; write the table as .csv, or take off all up to the line @data"},
    {"[{"sv, "is JSON; write the table as .csv"},
    {"{\""sv, "is JSON; write the table as .csv"}};

std::string first_word(std::string_view text) {
    constexpr std::size_t longest = 32;
    for (;;) {
        text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
        if (!text.starts_with('%')) break;  // a comment of ARFF
        text.remove_prefix(std::min(text.find('\n'), text.size()));
    }
    std::string word(text.substr(0, longest));
    for (char& letter : word) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    return word;
}

/// Two zeros, the code of the elements and the number of axes.
bool is_idx(std::string_view text) {
    return text.size() > 4 && text.starts_with("\0\0"sv) && text[2] >= 0x08 && text[2] <= 0x0e && text[3] >= 1 &&
           text[3] <= 4;
}

constexpr std::size_t bytes_to_look_at = 4000;

bool is_written(char letter) {
    return static_cast<unsigned char>(letter) >= ' ' || letter == '\t' || letter == '\n' || letter == '\r';
}

/// Letters of `unit` bytes whose upper ones, in front if `big`, are zero where the letter is one of ASCII.
bool has_wide_letters(std::string_view text, std::size_t unit, bool big) {
    const std::size_t letters = std::min(text.size(), bytes_to_look_at) / unit;
    std::size_t plain = 0;
    for (std::size_t i = 0; i < letters; ++i) {
        const std::string_view letter = text.substr(i * unit, unit);
        const char low = big ? letter.back() : letter.front();
        const std::string_view rest = big ? letter.substr(0, unit - 1) : letter.substr(1);
        if (rest.find_first_not_of('\0') != std::string_view::npos) continue;
        if (!is_written(low)) return false;
        ++plain;
    }
    return 2 * plain > letters;
}

}  // namespace

std::string_view foreign_content(std::string_view text) {
    for (const Kind& kind : binary_kinds) {
        if (text.starts_with(kind.mark)) return kind.advice;
    }
    if (is_idx(text)) return "is an IDX file; give the directory that holds it beside the file of its labels";
    const std::string word = first_word(text);
    for (const Kind& kind : text_kinds) {
        if (word.starts_with(kind.mark)) return kind.advice;
    }
    return {};
}

std::string_view wide_encoding(std::string_view text) {
    if (text.starts_with("\xFF\xFE\0\0"sv) || text.starts_with("\0\0\xFE\xFF"sv)) return "is in UTF-32";
    if (text.starts_with("\xFF\xFE"sv) || text.starts_with("\xFE\xFF"sv)) return "is in UTF-16";
    for (const bool big : {false, true}) {
        if (has_wide_letters(text, 4, big)) return "looks like UTF-32";
        if (has_wide_letters(text, 2, big)) return "looks like UTF-16";
    }
    return {};
}

bool looks_like_text(std::string_view bytes) {
    return !bytes.empty() && std::ranges::all_of(bytes.substr(0, bytes_to_look_at), is_written);
}

}  // namespace ensemble::data
