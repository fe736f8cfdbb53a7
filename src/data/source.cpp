#include "data/source.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "core/path.hpp"
#include "data/block.hpp"
#include "data/builtin.hpp"
#include "data/csv.hpp"
#include "data/idx.hpp"
#include "data/npy.hpp"

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
    if (!request.ignore.empty()) {
        core::fail(Failure::usage, "--ignore {}: has no effect on --data {}; it belongs to text tables", request.ignore,
                   request.data);
    }
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
                      .ignore = request.ignore};
    if (!request.test.empty()) files.test = request.test;
    TextTables tables = read_text_tables(files);
    Source source = make_source(request.data, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.target_names = std::move(tables.target_names);
    source.notes = std::move(tables.notes);
    source.arbitrary_units = true;
    return source;
}

}  // namespace

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
