#include "data/source.hpp"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "data/block.hpp"
#include "data/builtin.hpp"
#include "data/idx.hpp"

namespace data {
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
    core::fail(Failure::data, "--data {}: no such directory, nor a built-in data set; built in are {}", what,
               builtin_names());
}

}  // namespace

Source load(const std::string& what, std::uint64_t seed) {
    const std::size_t colon = what.find(':');
    const std::string_view name = std::string_view(what).substr(0, colon);
    const std::string_view options =
        colon == std::string::npos ? std::string_view{} : std::string_view(what).substr(colon + 1);
    if (is_builtin(name)) {
        if (colon != std::string::npos && options.empty()) {
            core::fail(Failure::usage, "--data {}: nothing after the colon; write {}:train=1000 or leave it out", what,
                       name);
        }
        BuiltinTables tables = generate(name, options, seed);
        return make_source(what, std::move(tables.train), std::move(tables.test));
    }

    const fs::path path(what);
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (status.type() == fs::file_type::directory) {
        IdxTables tables = read_idx(path);
        return make_source(what, std::move(tables.train), std::move(tables.test));
    }
    if (path.extension() == ".csv" || path.extension() == ".npy") {
        core::fail(Failure::usage,
                   "--data {}: {} files are not supported yet; give a directory with IDX files or one of {}", what,
                   path.extension().string(), builtin_names());
    }
    if (status.type() == fs::file_type::not_found || what.empty()) {
        refuse(what, name, colon != std::string::npos && what.find('/') == std::string::npos);
    }
    if (error) core::fail(Failure::data, "--data {}: cannot be read: {}", what, error.message());
    core::fail(Failure::data, "--data {}: is a file, not a directory with the four IDX files; give its directory",
               what);
}

}  // namespace data
