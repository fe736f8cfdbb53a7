#include "data/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "core/error.hpp"
#include "data/file_bytes.hpp"
#include "data/generator.hpp"
#include "data/number.hpp"
#include "data/records.hpp"
#include "data/targets.hpp"

namespace data {
namespace {

using core::fail;
using core::Failure;
namespace fs = std::filesystem;
using Words = std::vector<std::string>;

/// A text table as read.
struct Columns {
    std::string file;
    Words header;  ///< empty if the file has none
    std::size_t count = 0;
    std::size_t target = 0;          ///< which column
    core::Buffer<double> features;   ///< [rows × (count − 1)]
    std::vector<std::size_t> lines;  ///< of the rows
    Words words;                     ///< of the target column
};

Words copy(std::span<const std::string_view> fields) {
    return {fields.begin(), fields.end()};
}

/// "column 3 ('age')", counted from 1.
std::string column_name(const Columns& columns, std::size_t column) {
    if (columns.header.empty()) return fmt::format("column {}", column + 1);
    return fmt::format("column {} ('{}')", column + 1, columns.header[column]);
}

std::string listed(const Words& names) {
    constexpr std::size_t shown = 20;
    std::string text;
    for (std::size_t i = 0; i < std::min(shown, names.size()); ++i) text += (i > 0 ? ", " : "") + names[i];
    return names.size() > shown ? text + ", …" : text;
}

bool is_number(const std::string& target) {
    return target.find_first_not_of("0123456789") == std::string::npos;
}

std::size_t choose_target(const std::string& wanted, const Words& first, const std::string& file) {
    if (wanted.empty()) return first.size() - 1;
    if (is_number(wanted)) {
        std::size_t number = 0;
        const auto problem = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number).ec;
        if (problem == std::errc{} && number >= 1 && number <= first.size()) return number - 1;
        fail(Failure::usage, "--target {}: {} has columns 1 to {}; they are counted from 1", wanted, file,
             first.size());
    }
    const auto found = std::ranges::find(first, wanted);
    if (found == first.end()) {
        const bool named =
            std::ranges::none_of(first, [](const std::string& word) { return parse_number(word).has_value(); });
        fail(Failure::usage, "--target {}: {} has no column of that name; {}", wanted, file,
             named
                 ? fmt::format("its first line has {}", listed(first))
                 : fmt::format("its first line holds numbers, so give the column's number from 1 to {}", first.size()));
    }
    if (std::ranges::count(first, wanted) > 1) {
        fail(Failure::usage, "--target {}: {} has several columns of that name; give the column's number", wanted,
             file);
    }
    return static_cast<std::size_t>(found - first.begin());
}

/// Features are numbers, so a first line where most of them are not is a header; so is one where only the target is a
/// word but a number in the line below.
bool looks_like_header(const Words& first, const Words& second, std::size_t target) {
    std::size_t words = 0;
    for (std::size_t i = 0; i < first.size(); ++i) words += i != target && !parse_number(first[i]) ? 1 : 0;
    if (2 * words > first.size() - 1) return true;
    return words == 0 && second.size() == first.size() && !parse_number(first[target]) && parse_number(second[target]);
}

std::string_view advice(std::string_view word, const Records& records) {
    constexpr std::array<std::string_view, 8> gaps{"", "?", "NA", "na", "N/A", "null", "NULL", "-"};
    if (std::ranges::find(gaps, word) != gaps.end() || word.starts_with("nan") || word.starts_with("NaN")) {
        return "a value is missing: fill it in or remove the row";
    }
    if (records.separator() != ',' && word.find(',') != std::string_view::npos) return "write the decimal point as '.'";
    return "features are finite numbers: encode words as numbers or remove the column";
}

/// Reads one file; `like` is the table it must agree with, if any.
class ColumnsReader {
public:
    ColumnsReader(const fs::path& path, const std::string& target, const Columns* like)
        : records_(read_text(path), path.string()) {
        columns_.file = path.string();
        begin(target, like);
    }

    Columns read() {
        do {
            take_row();
        } while (records_.next());
        return std::move(columns_);
    }

private:
    void begin(const std::string& target, const Columns* like) {
        if (!records_.next()) fail(Failure::data, "{}: holds no rows; give a table with numbers", columns_.file);
        const Words first = copy(records_.fields());
        columns_.count = first.size();
        first_line_ = records_.line();
        if (like != nullptr) {
            columns_.target = like->target;
            check_count(like->count, like->file);
        } else if (first.size() < 2) {
            fail(Failure::data,
                 "{}, line {}: has one column, but a table needs features and a target; separate fields by commas, "
                 "semicolons, tabs or blanks",
                 columns_.file, first_line_);
        } else {
            columns_.target = choose_target(target, first, columns_.file);
        }
        const bool more = records_.next();
        const Words second = more ? copy(records_.fields()) : Words{};
        const bool by_name = like == nullptr ? !target.empty() && !is_number(target) : first == like->header;
        if (by_name || looks_like_header(first, second, columns_.target)) {
            columns_.header = first;
            if (like != nullptr) check_header(*like);
            if (!more) fail(Failure::data, "{}: holds a header and no rows; give a table with numbers", columns_.file);
            return;
        }
        // The first line is a row: start again, since only one record is held at a time.
        const std::vector<std::string_view> fields(first.begin(), first.end());
        add(fields, first_line_);
        if (!more) done_ = true;
    }

    void take_row() {
        if (!done_) add(records_.fields(), records_.line());
    }

    void check_count(std::size_t wanted, const std::string& where) const {
        if (columns_.count == wanted) return;
        fail(Failure::data, "{}, line {}: has {} fields separated by {}, but {} has {}; both need the same columns",
             columns_.file, first_line_, columns_.count, records_.separator_name(), where, wanted);
    }

    void check_header(const Columns& like) const {
        if (like.header.empty() || like.header == columns_.header) return;
        const auto [mine, theirs] = std::ranges::mismatch(columns_.header, like.header);
        fail(Failure::data, "{}, line {}: column {} is '{}', but '{}' in {}; both need the same columns in one order",
             columns_.file, first_line_, mine - columns_.header.begin() + 1, *mine, *theirs, like.file);
    }

    void add(std::span<const std::string_view> fields, std::size_t line) {
        if (fields.size() != columns_.count) {
            fail(Failure::data,
                 "{}, line {}: has {} fields separated by {}, but line {} has {}; every row needs all columns",
                 columns_.file, line, fields.size(), records_.separator_name(), first_line_, columns_.count);
        }
        for (std::size_t i = 0; i < fields.size(); ++i) {
            if (i == columns_.target) {
                columns_.words.emplace_back(fields[i]);
            } else if (const auto number = parse_number(fields[i])) {
                columns_.features.push_back(*number);
            } else {
                const bool in_first = columns_.header.empty() && line == first_line_;
                fail(Failure::data, "{}, line {}, {}: '{}' is not a number; {}{}", columns_.file, line,
                     column_name(columns_, i), fields[i], advice(fields[i], records_),
                     in_first ? " (most fields of this line are numbers, so it is no header)" : "");
            }
        }
        columns_.lines.push_back(line);
    }

    static std::string read_text(const fs::path& path) {
        FileBytes file(path);
        std::string text;
        constexpr std::size_t piece = std::size_t{1} << 20U;
        for (std::size_t got = piece; got == piece;) {
            const std::size_t size = text.size();
            text.resize(size + piece);
            got = file.read(std::as_writable_bytes(std::span(text)).subspan(size));
            text.resize(size + got);
        }
        return text;
    }

    Records records_;
    Columns columns_;
    std::size_t first_line_ = 0;
    bool done_ = false;
};

TargetColumn target_of(Columns& columns) {
    return {.file = columns.file,
            .column = column_name(columns, columns.target),
            .words = std::move(columns.words),
            .lines = columns.lines};
}

Table make_table(Columns& columns, const Targets& targets, SharedBytes target_bytes) {
    const Description description{.task = targets.task,
                                  .element = Element::f64,
                                  .shape = {columns.count - 1},
                                  .rows = columns.lines.size(),
                                  .outputs = targets.outputs};
    return {description, share(std::move(columns.features)), std::move(target_bytes)};
}

}  // namespace

TextTables read_text_tables(const TextRequest& request) {
    Columns train = ColumnsReader(request.train, request.target, nullptr).read();
    std::optional<Columns> test;
    if (request.test) test = ColumnsReader(*request.test, request.target, &train).read();
    const TargetColumn train_target = target_of(train);
    std::optional<TargetColumn> test_target;
    if (test) test_target = target_of(*test);
    Targets targets = make_targets(train_target, test_target ? &*test_target : nullptr, request.task);
    std::optional<Table> test_table;
    if (test) test_table = make_table(*test, targets, *targets.test);
    return {make_table(train, targets, targets.train), std::move(test_table), std::move(targets.class_names)};
}

}  // namespace data
