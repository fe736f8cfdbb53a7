#include "data/libsvm.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "core/buffer.hpp"
#include "core/error.hpp"
#include "data/content.hpp"
#include "data/field.hpp"
#include "data/file_bytes.hpp"
#include "data/generator.hpp"
#include "data/number.hpp"
#include "data/single_precision.hpp"
#include "data/targets.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

/// What a network can read.
constexpr std::uint64_t most_index = 1U << 24U;
constexpr std::string_view blanks = " \t\r";

struct Feature {
    std::uint32_t index;
    float value;
};

/// Rows as a file has them.
struct SparseRows {
    std::string file;
    std::vector<std::string> targets;
    std::vector<std::size_t> lines;
    std::vector<std::size_t> ends;  ///< of each row in `features`
    std::vector<Feature> features;
    std::uint32_t highest = 0;
    bool has_zero = false;  ///< an index of 0
};

/// Takes the next word off `line`; empty at its end.
std::string_view next_word(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(blanks), line.size()));
    const std::size_t end = std::min(line.find_first_of(blanks), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(end);
    return word;
}

class Parser {
public:
    explicit Parser(const std::string& file) { rows_.file = file; }

    void take(std::string_view line) {
        ++number_;
        line = line.substr(0, line.find('#'));
        const std::string_view target = next_word(line);
        if (target.empty()) return;
        if (target.find(':') != std::string_view::npos) {
            refuse(target,
                   "stands where the target belongs; begin every line with its target, such as 0 where none is "
                   "known");
        }
        if (target.find(',') != std::string_view::npos)
            refuse(target, "are several labels, and each row has one class or number here; keep one of them");
        std::int64_t last = -1;
        for (std::string_view word = next_word(line); !word.empty(); word = next_word(line)) {
            const Feature feature = parse(word);
            if (std::int64_t{feature.index} <= last) {
                refuse(word, fmt::format("follows index {}, but indices ascend; sort them and keep one of each", last));
            }
            last = feature.index;
            rows_.features.push_back(feature);
        }
        rows_.targets.emplace_back(target);
        rows_.lines.push_back(number_);
        rows_.ends.push_back(rows_.features.size());
    }

    [[nodiscard]] SparseRows finish() && { return std::move(rows_); }

private:
    [[noreturn]] void refuse(std::string_view word, const std::string& why) const {
        fail(Failure::data, "{}, line {}: '{}' {}", rows_.file, number_, excerpt(word), why);
    }

    Feature parse(std::string_view word) {
        const std::size_t colon = word.find(':');
        if (colon == std::string_view::npos) {
            refuse(word,
                   "is no index:value; behind the target a line has nothing but these (a text table of another "
                   "kind wants another ending, such as .csv)");
        }
        const std::string_view name = word.substr(0, colon);
        if (name == "qid") refuse(word, "groups rows for ranking, which is not learnt here; take it out");
        std::uint64_t index = 0;
        const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), index);
        if (problem != std::errc{} || end != name.data() + name.size() || index > most_index)
            refuse(word, fmt::format("has no index from 1 to {} before the colon", most_index));
        const auto value = parse_number(word.substr(colon + 1));
        if (!value || !fits_single(*value))
            refuse(word, "has no finite number of single precision behind the colon; fill it in or leave it out (0)");
        rows_.highest = std::max(rows_.highest, static_cast<std::uint32_t>(index));
        rows_.has_zero = rows_.has_zero || index == 0;
        return {static_cast<std::uint32_t>(index), static_cast<float>(*value)};
    }

    SparseRows rows_;
    std::size_t number_ = 0;
};

SparseRows read_rows(const std::filesystem::path& path) {
    const std::string text = FileBytes(path).read_text();
    std::string_view head = text;
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (head.starts_with(mark)) head.remove_prefix(mark.size());
    if (const auto foreign = foreign_content(head); !foreign.empty())
        fail(Failure::data, "{}: {}", path.string(), foreign);
    if (head.find('\0') != std::string_view::npos) {
        fail(Failure::data, "{}: is no text, but LIBSVM's format is; give it the ending of what it is", path.string());
    }
    Parser parser(path.string());
    for (std::size_t begin = 0; begin < head.size();) {
        const std::size_t end = std::min(head.find('\n', begin), head.size());
        parser.take(head.substr(begin, end - begin));
        begin = end + 1;
    }
    SparseRows rows = std::move(parser).finish();
    if (rows.targets.empty()) fail(Failure::data, "{}: holds no rows", path.string());
    return rows;
}

/// All features of a row, zeros included. Indices beyond `width` are left out.
SharedBytes dense(const SparseRows& rows, std::uint32_t base, std::size_t width) {
    require_memory(rows.file, rows.targets.size() * width * sizeof(float));
    core::Buffer<float> values(rows.targets.size() * width, 0.0F);
    std::size_t at = 0;
    for (std::size_t row = 0; row < rows.ends.size(); ++row) {
        for (; at < rows.ends[row]; ++at) {
            const std::size_t column = rows.features[at].index - base;
            if (column < width) values[row * width + column] = rows.features[at].value;
        }
    }
    return share(std::move(values));
}

std::string note_beyond(const SparseRows& test, const SparseRows& train, std::uint32_t base) {
    if (test.highest <= train.highest) return {};
    const auto beyond =
        std::ranges::count_if(test.features, [&](const Feature& feature) { return feature.index > train.highest; });
    return fmt::format("{}: {} value{} of features beyond number {}, which no training row has, {} left out", test.file,
                       beyond, beyond == 1 ? "" : "s", train.highest + 1 - base, beyond == 1 ? "is" : "are");
}

TargetColumn column_of(const SparseRows& rows) {
    return {.file = rows.file, .column = {}, .words = rows.targets, .lines = rows.lines};
}

}  // namespace

LibsvmTables read_libsvm_tables(const std::filesystem::path& train_path,
                                const std::optional<std::filesystem::path>& test_path, std::optional<task::Kind> task) {
    const SparseRows train = read_rows(train_path);
    std::optional<SparseRows> test;
    if (test_path) test = read_rows(*test_path);
    if (train.features.empty()) {
        fail(Failure::data, "{}: no row has a feature; write index:value behind the targets", train.file);
    }
    const std::uint32_t base = train.has_zero || (test && test->has_zero) ? 0 : 1;
    const std::size_t width = std::size_t{train.highest} + 1 - base;
    std::vector<std::string> notes;
    if (base == 0) {
        notes.push_back(fmt::format("{}: there is an index 0, so features are counted from 0",
                                    train.has_zero ? train.file : test->file));
    }
    const TargetColumn column = column_of(train);
    std::optional<TargetColumn> test_column;
    if (test) test_column = column_of(*test);
    Targets targets = make_targets(column, test_column ? &*test_column : nullptr, task);
    Description description{.task = targets.task,
                            .element = Element::f32,
                            .shape = {width},
                            .rows = train.targets.size(),
                            .outputs = targets.outputs};
    Table train_table(description, dense(train, base, width), targets.train);
    std::optional<Table> test_table;
    if (test) {
        description.rows = test->targets.size();
        test_table.emplace(description, dense(*test, base, width), *targets.test);
        if (std::string note = note_beyond(*test, train, base); !note.empty()) notes.push_back(std::move(note));
    }
    notes.insert(notes.end(), targets.notes.begin(), targets.notes.end());
    const bool is_number = targets.task == task::Kind::regression;
    return {.train = std::move(train_table),
            .test = std::move(test_table),
            .class_names = std::move(targets.class_names),
            .target_names = is_number ? std::vector<std::string>{"target"} : std::vector<std::string>{},
            .notes = std::move(notes)};
}

}  // namespace ensemble::data
