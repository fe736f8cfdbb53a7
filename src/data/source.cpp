#include "data/source.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "core/path.hpp"
#include "data/array_reader.hpp"
#include "data/block.hpp"
#include "data/builtin.hpp"
#include "data/csv.hpp"
#include "data/generator.hpp"
#include "data/idx.hpp"
#include "data/image_axes.hpp"
#include "data/npy.hpp"
#include "data/npy_file.hpp"

namespace ensemble::data {
namespace {

using core::Failure;
namespace fs = std::filesystem;

Source make_source(const std::string& name, Table train, std::optional<Table> test) {
    std::string sha256 = fingerprint(train, test);
    return {name, std::move(sha256), std::move(train), std::move(test)};
}

[[noreturn]] void refuse(const std::string& what, std::string_view name, bool has_options) {
    const std::string_view meant = what.find('/') == std::string::npos ? closest_builtin(name) : std::string_view{};
    if (!meant.empty() || has_options) {
        core::fail(Failure::usage, "--data {}: there is no built-in data set '{}'{}; built in are {}", what, name,
                   meant.empty() ? "" : fmt::format(", did you mean '{}'?", meant), builtin_names());
    }
    core::fail(Failure::data, "--data {}: no such file or directory, nor a built-in data set; built in are {}", what,
               builtin_names());
}

std::string_view before_colon(std::string_view what) {
    return what.substr(0, what.find(':'));
}

Source load_builtin(const std::string& what, std::uint64_t seed) {
    const std::string_view name = before_colon(what);
    const std::string_view options = std::string_view(what).substr(std::min(what.size(), name.size() + 1));
    if (options.empty() && name.size() < what.size()) {
        core::fail(Failure::usage, "--data {}: nothing after the colon; write {}:train=1000 or leave it out", what,
                   name);
    }
    BuiltinTables tables = generate(name, options, seed);
    return make_source(what, std::move(tables.train), std::move(tables.test));
}

/// What only text tables have.
void refuse_text_options(const Request& request) {
    if (request.header != Header::automatic) {
        core::fail(Failure::usage, "--header: has no effect on --data {}; it belongs to text tables", request.data);
    }
    const auto refuse_option = [&](std::string_view option, std::string_view value) {
        if (value.empty()) return;
        core::fail(Failure::usage, "--{} {}: has no effect on --data {}; it belongs to text tables", option, value,
                   request.data);
    };
    refuse_option("ignore", request.ignore);
    refuse_option("categorical", request.categorical);
    refuse_option("use", request.use);
    if (request.missing) refuse_option("missing", core::name_of(*request.missing));
}

/// What built-in data and IDX files leave no choice about.
void refuse_table_options(const Request& request) {
    const auto refuse_option = [&](std::string_view option, const std::string& value) {
        if (value.empty()) return;
        core::fail(Failure::usage, "--{} {}: has no effect on --data {}; it belongs to text tables and .npy files",
                   option, value, request.data);
    };
    refuse_option("test", request.test);
    refuse_option("target", request.target);
    refuse_option("test-target", request.test_target);
    refuse_text_options(request);
    if (request.task == task::Kind::regression) {
        core::fail(Failure::usage, "--task regression: --data {} has classes, not numbers, to be learnt", request.data);
    }
}

bool is_npy(const std::string& file) {
    fs::path path(file);
    if (core::has_extension(path, ".gz")) path.replace_extension();
    return core::has_extension(path, ".npy");
}

/// `file`, or the file of that name beside `neighbour` if only that one exists.
std::string beside(const std::string& file, const std::string& neighbour) {
    if (file.empty()) return file;
    std::error_code none;
    const fs::path other = fs::path(neighbour).parent_path() / file;
    return !fs::exists(file, none) && fs::exists(other, none) ? other.string() : file;
}

Source load_npy(const Request& request) {
    refuse_text_options(request);
    if (request.target.empty()) {
        core::fail(Failure::usage,
                   "--data {}: a .npy holds features only; name the file of what is to be learnt with --target",
                   request.data);
    }
    if (request.test.empty() != request.test_target.empty()) {
        core::fail(Failure::usage, "--test and --test-target: test data in .npy files need both, features and targets");
    }
    if (!request.test.empty() && !is_npy(request.test)) {
        core::fail(Failure::usage, "--test {}: is no .npy like --data {}", request.test, request.data);
    }
    NpyRequest files{.train = request.data,
                     .train_target = beside(request.target, request.data),
                     .test = {},
                     .test_target = beside(request.test_target, request.test),
                     .task = request.task};
    if (!request.test.empty()) files.test = request.test;
    NpyTables tables = read_npy_tables(files);
    const Description& features = tables.train.description();
    const bool arbitrary = features.element != Element::u8 || features.shape.rank() == 1;
    Source source = make_source(request.data, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.target_names = std::move(tables.target_names);
    source.notes = std::move(tables.notes);
    source.arbitrary_units = arbitrary;
    return source;
}

Source load_text(const Request& request) {
    TextTables tables = read_text_tables(text_request(request));
    Source source = make_source(request.data, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.target_names = std::move(tables.target_names);
    source.columns = std::move(tables.columns);
    source.sha256 = fingerprint(source);
    source.notes = std::move(tables.notes);
    source.arbitrary_units = true;
    return source;
}

/// Features and how they are stored, of rows that come without anything to be learnt.
struct Features {
    Description description;
    SharedBytes bytes;
};

Features npy_features(const std::string& what) {
    NpyFile file(what);
    if (file.extents().size() < 2 || file.extents().size() > 4) {
        core::fail(Failure::data, "{}: has shape {}, but features are rows × features, or rows of images", file.name(),
                   file.shape());
    }
    const ItemAxes axes = item_axes(file.extents(), file.name());
    Description description{.element = element_for(file.features().number), .shape = axes.shape, .rows = file.rows()};
    const ArrayContent content = file.read(description.element, axes.channels_first);
    if (description.element == Element::u8 && axes.shape.rank() > 1) description.scale = byte_scale(content.high);
    return {description, content.bytes};
}

Features text_features(const std::string& what, const Request& like) {
    std::error_code none;
    if (is_builtin(before_colon(like.data)) || is_npy(like.data) || fs::is_directory(like.data, none)) {
        core::fail(Failure::usage,
                   "--ood {}: is taken for a text table, whose columns are read as those of --data, and --data {} is "
                   "none; name data of the same kind, or a .npy of features",
                   what, like.data);
    }
    TextFeatures read = read_text_features(what, text_request(like));
    const std::size_t rows = read.values.size() / read.columns;
    return {{.element = Element::f64, .shape = {read.columns}, .rows = rows}, share(std::move(read.values))};
}

Features foreign_features(const std::string& what, const Request& like) {
    std::error_code error;
    const bool is_known = is_builtin(before_colon(what));
    if (!is_known && !fs::exists(what, error)) {
        core::fail(Failure::usage, "--ood {}: no such file or directory, nor a built-in data set; built in are {}",
                   what, builtin_names());
    }
    if (!is_known && !fs::is_directory(what, error))
        return is_npy(what) ? npy_features(what) : text_features(what, like);
    const Source source = load(Request{.data = what, .seed = like.seed});
    const Table& table = source.test ? *source.test : source.train;
    return {table.description(), {std::make_shared<Table>(table), table.feature_bytes()}};
}

/// No label or target is known; a table has them all the same.
SharedBytes nothing_known(const Table& train, std::size_t rows) {
    const bool classes = train.description().task == task::Kind::classification;
    return share(core::Buffer<std::int32_t>(rows * (classes ? 1 : train.outputs())));
}

}  // namespace

TextRequest text_request(const Request& request) {
    std::error_code none;
    if (is_builtin(before_colon(request.data)) || is_npy(request.data) || fs::is_directory(request.data, none)) {
        core::fail(Failure::usage, "{}: is no text table, and only those have columns to tell of", request.data);
    }
    if (!request.test_target.empty()) {
        core::fail(Failure::usage,
                   "--test-target {}: has no effect on a text table, whose test rows have the target among their "
                   "columns; it belongs to .npy files",
                   request.test_target);
    }
    if (!request.test.empty() && is_npy(request.test)) {
        core::fail(Failure::usage, "--test {}: is a .npy, but --data {} is a text table", request.test, request.data);
    }
    TextRequest files{.train = request.data,
                      .test = {},
                      .target = request.target,
                      .task = request.task,
                      .header = request.header,
                      .ignore = request.ignore,
                      .categorical = request.categorical,
                      .use = request.use,
                      .missing = request.missing.value_or(Missing::indicate)};
    if (!request.test.empty()) files.test = request.test;
    return files;
}

Source load(const Request& request) {
    const std::string& what = request.data;
    if (is_builtin(before_colon(what))) {
        refuse_table_options(request);
        return load_builtin(what, request.seed);
    }
    const fs::path path(what);
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::directory) {
        refuse_table_options(request);
        IdxTables tables = read_idx(path);
        const bool arbitrary = tables.train.description().element != Element::u8;
        Source source = make_source(what, std::move(tables.train), std::move(tables.test));
        source.class_names = std::move(tables.class_names);
        source.notes = std::move(tables.notes);
        source.arbitrary_units = arbitrary;
        return source;
    }
    if (status.type() == fs::file_type::not_found || what.empty()) {
        const bool has_options = what.find(':') != std::string::npos && what.find('/') == std::string::npos;
        refuse(what, before_colon(what), has_options);
    }
    if (error) core::fail(Failure::data, "--data {}: cannot be read: {}", what, error.message());
    return is_npy(what) ? load_npy(request) : load_text(request);
}

Source load(const std::string& what, std::uint64_t seed) {
    return load(Request{.data = what, .seed = seed});
}

Table load_foreign(const std::string& what, const Request& like, const Table& train) {
    Features features = foreign_features(what, like);
    Description description = features.description;
    if (description.shape != train.shape()) {
        core::fail(Failure::usage, "--ood {}: its rows are {}, and those of --data {} are {}; both need one shape",
                   what, description.shape.text(), like.data, train.shape().text());
    }
    const Description& own = train.description();
    description.task = own.task;
    description.outputs = own.outputs;
    if (description.element == Element::u8 && own.element == Element::u8) {
        description.scale = own.scale;  // the same byte is the same grey
        description.offset = own.offset;
    }
    return {description, std::move(features.bytes), nothing_known(train, description.rows)};
}

Request resolved(Request request) {
    const auto absolute = [](std::string& path) {
        std::error_code none;
        if (!path.empty() && fs::exists(path, none)) path = core::tidy_path(fs::absolute(path, none)).string();
    };
    if (is_npy(request.data)) {
        request.target = beside(request.target, request.data);
        request.test_target = beside(request.test_target, request.test);
        absolute(request.target);
        absolute(request.test_target);
    }
    if (!is_builtin(before_colon(request.data))) absolute(request.data);
    absolute(request.test);
    return request;
}

}  // namespace ensemble::data
