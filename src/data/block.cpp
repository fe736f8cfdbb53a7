#include "data/block.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <type_traits>

#include <nlohmann/json.hpp>

#include "core/buffer.hpp"
#include "core/contract.hpp"
#include "core/hash.hpp"
#include "data/pipeline.hpp"
#include "data/source.hpp"

namespace ensemble::data {
namespace {

using Json = nlohmann::json;

/// A description in words of fixed width, the same on every machine of one byte order.
struct TableRecord {
    std::uint32_t task = 0;
    std::uint32_t element = 0;  ///< and bits where rows are encoded, or of different lengths
    std::uint64_t rank = 0;
    std::array<std::uint64_t, core::Shape::max_rank> extents{};
    std::uint64_t rows = 0;
    std::uint64_t outputs = 0;
    float scale = 0;
    float offset = 0;
    std::uint64_t feature_bytes = 0;
    std::uint64_t target_bytes = 0;
};
static_assert(std::has_unique_object_representations_v<std::array<std::uint64_t, 4>> && sizeof(TableRecord) == 88);

constexpr std::uint32_t is_encoded = 0x100;
constexpr std::uint32_t is_ragged = 0x200;

constexpr std::uint64_t block_mark = 0x35'6b'63'6f'6c'62'73'64;  // "dsblock5"

/// The beginning of a block; name, digests, names of classes, targets and of the columns of weights and groups, the
/// columns, the pipeline, the scales of targets and features, and the tables' bytes follow, each on a cache line.
/// Columns and pipeline are JSON.
struct BlockRecord {
    std::uint64_t mark = block_mark;
    std::uint64_t name_bytes = 0;
    std::uint64_t digest_bytes = 0;
    std::uint64_t class_bytes = 0;
    std::uint64_t target_name_bytes = 0;
    std::uint64_t extra_name_bytes = 0;
    std::uint64_t column_bytes = 0;
    std::uint64_t pipeline_bytes = 0;
    std::uint64_t foreign_digest_bytes = 0;
    std::uint64_t scaled_targets = 0;   ///< whose means come first, then their deviations
    std::uint64_t scaled_features = 0;  ///< likewise
    std::uint32_t tables = 0;           ///< a bit for each of the three that is there
    float background = 0;
    std::array<TableRecord, 3> table;             ///< train, test, foreign
    std::array<std::uint64_t, 3> weight_bytes{};  ///< of each of these
    std::array<std::uint64_t, 3> group_bytes{};
};

constexpr std::uint32_t has_train = 1;
constexpr std::uint32_t has_test = 2;
constexpr std::uint32_t has_foreign = 4;

TableRecord describe(const Table& table) {
    const Description& d = table.description();
    TableRecord record{.task = static_cast<std::uint32_t>(d.task),
                       .element = static_cast<std::uint32_t>(d.element) |
                                  (table.encoder() == nullptr ? 0U : is_encoded) | (d.ragged ? is_ragged : 0U),
                       .rank = d.shape.rank(),
                       .rows = d.rows,
                       .outputs = d.outputs,
                       .scale = d.scale,
                       .offset = d.offset,
                       .feature_bytes = table.feature_bytes().size(),
                       .target_bytes = table.target_bytes().bytes.size()};
    for (std::size_t axis = 0; axis < d.shape.rank(); ++axis) record.extents.at(axis) = d.shape[axis];
    return record;
}

core::Shape shape_of(const TableRecord& record) {
    const auto& e = record.extents;
    switch (record.rank) {
        case 0:
            return {};
        case 1:
            return {e[0]};
        case 2:
            return {e[0], e[1]};
        case 3:
            return {e[0], e[1], e[2]};
        default:
            return {e[0], e[1], e[2], e[3]};
    }
}

template <class Record>
std::span<const std::byte> bytes_of(const Record& record) {
    return std::as_bytes(std::span(&record, 1));
}

/// Each name with a zero byte at its end.
std::string join(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += name + '\0';
    return text;
}

std::vector<std::string> separate(const std::string& text) {
    std::vector<std::string> names;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\0', begin);
        core::require(end != std::string::npos, "a packed source holds what it declares");
        names.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return names;
}

std::string text_of_columns(const std::vector<Column>& columns) {
    Json json = Json::array();
    for (const Column& column : columns)
        json.push_back({column.name, column.features, core::name_of(column.kind), column.levels});
    return columns.empty() ? std::string{} : json.dump();
}

std::vector<Column> columns_from(const std::string& text) {
    std::vector<Column> columns;
    if (text.empty()) return columns;
    for (const Json& json : Json::parse(text)) {
        const bool is_number = json.at(2).get<std::string>() == core::name_of(ColumnKind::number);
        columns.push_back({.name = json.at(0).get<std::string>(),
                           .features = json.at(1).get<std::size_t>(),
                           .kind = is_number ? ColumnKind::number : ColumnKind::category,
                           .levels = json.at(3).get<std::vector<std::string>>()});
    }
    return columns;
}

constexpr std::size_t padded(std::size_t bytes) {
    return (bytes + core::alignment - 1) / core::alignment * core::alignment;
}

/// Takes sections off a block, one after the other, each on a cache line.
class SectionReader {
public:
    explicit SectionReader(std::span<const std::byte> block) : rest_(block) {}

    std::span<const std::byte> take(std::size_t bytes) {
        core::require(bytes <= rest_.size(), "a packed source holds what it declares");
        const auto section = rest_.first(bytes);
        rest_ = rest_.subspan(std::min(padded(bytes), rest_.size()));
        return section;
    }

    std::string take_text(std::size_t bytes) {
        const auto section = take(bytes);
        return {reinterpret_cast<const char*>(section.data()), section.size()};
    }

    template <class Number>
    std::vector<Number> take_numbers(std::size_t count) {
        const auto section = take(count * sizeof(Number));
        std::vector<Number> numbers(count);
        if (count > 0) std::memcpy(numbers.data(), section.data(), section.size());
        return numbers;
    }

    Table take_table(const BlockRecord& block, std::size_t place, const std::shared_ptr<const void>& owner,
                     const std::shared_ptr<const Pipeline>& pipeline) {
        const TableRecord& record = block.table.at(place);
        const Description description{.task = static_cast<task::Kind>(record.task),
                                      .element = static_cast<Element>(record.element & ~(is_encoded | is_ragged)),
                                      .shape = shape_of(record),
                                      .rows = record.rows,
                                      .outputs = record.outputs,
                                      .scale = record.scale,
                                      .offset = record.offset,
                                      .ragged = (record.element & is_ragged) != 0};
        const SharedBytes features{owner, take(record.feature_bytes)};
        const SharedBytes targets{owner, take(record.target_bytes)};
        const SharedBytes weights{owner, take(block.weight_bytes.at(place))};
        const SharedBytes groups{owner, take(block.group_bytes.at(place))};
        const RowExtras extras{.weights = weights, .groups = groups};
        if ((record.element & is_encoded) == 0) return Table(description, features, targets).with(extras);
        core::require(pipeline != nullptr && pipeline->parts().encoding != nullptr, "encoded tables have an encoding");
        return Table(description, features, targets, pipeline->parts().encoding).with(extras);
    }

private:
    std::span<const std::byte> rest_;
};

void hash_table(core::Sha256& hash, const Table& table) {
    hash.update(bytes_of(describe(table)));
    hash.update(table.feature_bytes());
    hash.update(table.target_bytes().bytes);
    // What most tables do not have leaves the digest of those as it is.
    const auto add = [&](std::string_view what, std::span<const std::byte> bytes) {
        if (bytes.empty()) return;
        hash.update(std::as_bytes(std::span(what)));
        hash.update(bytes);
    };
    add("weights", table.extras().weights.bytes);
    add("groups", table.extras().groups.bytes);
}

/// Appends a table's bytes in the order in which take_table() takes them.
void add_sections(const Table& table, std::vector<std::span<const std::byte>>& sections) {
    sections.push_back(table.feature_bytes());
    sections.push_back(table.target_bytes().bytes);
    sections.push_back(table.extras().weights.bytes);
    sections.push_back(table.extras().groups.bytes);
}

}  // namespace

std::string fingerprint(const Table& train, const std::optional<Table>& test) {
    core::Sha256 hash;
    hash_table(hash, train);
    if (test) hash_table(hash, *test);
    return core::hex(hash.finish());
}

std::string fingerprint(const Source& source) {
    const auto is_category = [](const Column& column) { return column.kind == ColumnKind::category; };
    std::string own = fingerprint(source.train, source.test);
    if (std::ranges::none_of(source.columns, is_category)) return own;
    core::Sha256 hash;
    hash.update(std::as_bytes(std::span(own)));
    const std::string columns = text_of_columns(source.columns);
    hash.update(std::as_bytes(std::span(columns)));
    return core::hex(hash.finish());
}

std::vector<std::byte> pack(const Source& source) {
    const std::string class_names = join(source.class_names);
    const std::string target_names = join(source.target_names);
    const std::string extra_names = join({source.weight_name, source.group_name});
    const task::Scale& scale = source.target_scale;
    const task::Scale& features = source.feature_scale;
    const std::string columns = text_of_columns(source.columns);
    const std::string pipeline = source.pipeline == nullptr ? std::string{} : source.pipeline->to_json().dump();
    BlockRecord record{.name_bytes = source.name.size(),
                       .digest_bytes = source.sha256.size(),
                       .class_bytes = class_names.size(),
                       .target_name_bytes = target_names.size(),
                       .extra_name_bytes = extra_names.size(),
                       .column_bytes = columns.size(),
                       .pipeline_bytes = pipeline.size(),
                       .foreign_digest_bytes = source.foreign_sha256.size(),
                       .scaled_targets = scale.mean.size(),
                       .scaled_features = features.mean.size(),
                       .tables = has_train | (source.test ? has_test : 0U) | (source.foreign ? has_foreign : 0U),
                       .background = source.background,
                       .table = {}};
    const auto enter = [&](std::size_t place, const Table& table) {
        record.table.at(place) = describe(table);
        record.weight_bytes.at(place) = table.extras().weights.bytes.size();
        record.group_bytes.at(place) = table.extras().groups.bytes.size();
    };
    enter(0, source.train);
    if (source.test) enter(1, *source.test);
    if (source.foreign) enter(2, *source.foreign);

    std::vector<std::span<const std::byte>> sections{bytes_of(record),
                                                     std::as_bytes(std::span(source.name)),
                                                     std::as_bytes(std::span(source.sha256)),
                                                     std::as_bytes(std::span(class_names)),
                                                     std::as_bytes(std::span(target_names)),
                                                     std::as_bytes(std::span(extra_names)),
                                                     std::as_bytes(std::span(columns)),
                                                     std::as_bytes(std::span(pipeline)),
                                                     std::as_bytes(std::span(source.foreign_sha256)),
                                                     std::as_bytes(std::span(scale.mean)),
                                                     std::as_bytes(std::span(scale.deviation)),
                                                     std::as_bytes(std::span(features.mean)),
                                                     std::as_bytes(std::span(features.deviation))};
    add_sections(source.train, sections);
    for (const std::optional<Table>* table : {&source.test, &source.foreign}) {
        if (*table) add_sections(**table, sections);
    }
    std::size_t size = 0;
    for (const auto section : sections) size += padded(section.size());
    std::vector<std::byte> block;
    block.reserve(size);
    for (const auto section : sections) {
        block.insert(block.end(), section.begin(), section.end());
        block.resize(padded(block.size()));
    }
    return block;
}

Source unpack(const SharedBytes& block) {
    core::require(reinterpret_cast<std::uintptr_t>(block.bytes.data()) % core::alignment == 0,
                  "a packed source lies on a cache line");
    SectionReader sections(block.bytes);
    BlockRecord record;
    std::memcpy(&record, sections.take(sizeof record).data(), sizeof record);
    core::require(record.mark == block_mark, "a packed source begins with its mark");
    std::string name = sections.take_text(record.name_bytes);
    std::string sha256 = sections.take_text(record.digest_bytes);
    std::vector<std::string> class_names = separate(sections.take_text(record.class_bytes));
    std::vector<std::string> target_names = separate(sections.take_text(record.target_name_bytes));
    std::vector<std::string> extra_names = separate(sections.take_text(record.extra_name_bytes));
    core::require(extra_names.size() == 2, "a packed source names its columns of weights and groups");
    std::vector<Column> columns = columns_from(sections.take_text(record.column_bytes));
    const std::string pipeline_text = sections.take_text(record.pipeline_bytes);
    std::shared_ptr<const Pipeline> pipeline;
    if (!pipeline_text.empty())
        pipeline = std::make_shared<const Pipeline>(Pipeline::from_json(Json::parse(pipeline_text)));
    std::string foreign_sha256 = sections.take_text(record.foreign_digest_bytes);
    task::Scale scale{.mean = sections.take_numbers<double>(record.scaled_targets),
                      .deviation = sections.take_numbers<double>(record.scaled_targets)};
    task::Scale feature_scale{.mean = sections.take_numbers<double>(record.scaled_features),
                              .deviation = sections.take_numbers<double>(record.scaled_features)};
    Table train = sections.take_table(record, 0, block.owner, pipeline);
    std::optional<Table> test;
    if ((record.tables & has_test) != 0) test = sections.take_table(record, 1, block.owner, pipeline);
    std::optional<Table> foreign;
    if ((record.tables & has_foreign) != 0) foreign = sections.take_table(record, 2, block.owner, pipeline);
    return {.name = std::move(name),
            .sha256 = std::move(sha256),
            .train = std::move(train),
            .test = std::move(test),
            .class_names = std::move(class_names),
            .target_names = std::move(target_names),
            .weight_name = std::move(extra_names[0]),
            .group_name = std::move(extra_names[1]),
            .target_scale = std::move(scale),
            .columns = std::move(columns),
            .feature_scale = std::move(feature_scale),
            .background = record.background,
            .foreign = std::move(foreign),
            .foreign_sha256 = std::move(foreign_sha256),
            .pipeline = std::move(pipeline)};
}

}  // namespace ensemble::data
