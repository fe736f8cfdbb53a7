#include "data/source.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>
#include <utility>

#include "core/error.hpp"
#include "core/path.hpp"
#include "data/block.hpp"
#include "data/builtin.hpp"
#include "data/csv.hpp"
#include "data/foreign_formats.hpp"
#include "data/formats.hpp"
#include "data/generator.hpp"
#include "data/idx.hpp"
#include "data/image_folders.hpp"
#include "data/loaders.hpp"
#include "data/long_form.hpp"
#include "data/npy.hpp"
#include "data/npy_file.hpp"

namespace ensemble::data {
namespace {

using core::Failure;
namespace fs = std::filesystem;

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

/// What built-in data and IDX files leave no choice about.
void refuse_table_options(const Request& request) {
    constexpr std::string_view kinds = "text tables and .npy files";
    refuse_option(request, "test", request.test, kinds);
    refuse_option(request, "target", request.target, kinds);
    refuse_option(request, "test-target", request.test_target, kinds);
    refuse_text_options(request);
    if (request.task == task::Kind::regression) {
        core::fail(Failure::usage, "--task regression: --data {} has classes, not numbers, to be learnt", request.data);
    }
}

bool is_npy(const std::string& file) {
    return has_ending(file, ".npy");
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
    return source_of(request.data, read_npy_tables(files));
}

/// Rows that are steps of sequences.
Source load_sequences(const Request& request) {
    if (request.target.empty()) {
        core::fail(
            Failure::usage,
            "--sequence {}: name the column of what is to be learnt with --target, which each sequence has one of",
            request.sequence);
    }
    refuse_option(request, "categorical", request.categorical, "rows that are no steps of sequences");
    if (request.missing)
        refuse_option(request, "missing", std::string(core::name_of(*request.missing)), "rows that are no steps");
    SequenceTables tables = read_sequence_tables(text_request(request), request.sequence);
    Source source = make_source(request.data, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.target_names = std::move(tables.target_names);
    source.weight_name = std::move(tables.weight_name);
    source.group_name = std::move(tables.group_name);
    source.channels = std::move(tables.channels);
    source.sequence_column = request.sequence;
    source.notes = std::move(tables.notes);
    source.arbitrary_units = true;
    return source;
}

Source load_text(const Request& request) {
    if (!request.sequence.empty()) return load_sequences(request);
    TextTables tables = read_text_tables(text_request(request));
    Source source = make_source(request.data, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.target_names = std::move(tables.target_names);
    source.weight_name = std::move(tables.weight_name);
    source.group_name = std::move(tables.group_name);
    source.columns = std::move(tables.columns);
    source.sha256 = fingerprint(source);
    source.notes = std::move(tables.notes);
    source.arbitrary_units = true;
    return source;
}

Features text_features(const std::string& what, const Request& like) {
    const Format* const kind = find_format(like.data);
    if (kind == nullptr || kind->load != &load_text) {
        core::fail(Failure::usage,
                   "--ood {}: is taken for a text table, whose columns are read as those of --data, and --data {} is "
                   "none; name data of the same kind, or a .npy of features",
                   what, like.data);
    }
    TextFeatures read = read_text_features(what, text_request(like));
    const std::size_t rows = read.values.size() / read.columns;
    return {{.element = Element::f64, .shape = {read.columns}, .rows = rows}, share(std::move(read.values))};
}

Features npy_foreign(const std::string& what, const Request&) {
    return features_of(NpyFile(what));
}

Features foreign_features(const std::string& what, const Request& like) {
    const Format* const format = find_format(what);
    if (format == nullptr) {
        core::fail(Failure::usage, "--ood {}: no such file or directory, nor a built-in data set; built in are {}",
                   what, builtin_names());
    }
    if (format->features != nullptr) return format->features(what, like);
    const Source source = format->load(Request{.data = what, .image_size = like.image_size, .seed = like.seed});
    const Table& table = source.test ? *source.test : source.train;
    return {table.description(), {std::make_shared<Table>(table), table.feature_bytes()}};
}

/// No label or target is known; a table has them all the same.
SharedBytes nothing_known(const Table& train, std::size_t rows) {
    const bool classes = train.description().task == task::Kind::classification;
    return share(core::Buffer<std::int32_t>(rows * (classes ? 1 : train.outputs())));
}

Source load_built_in(const Request& request) {
    refuse_table_options(request);
    return load_builtin(request.data, request.seed);
}

Source load_idx(const Request& request) {
    refuse_table_options(request);
    IdxTables tables = read_idx(request.data);
    const bool arbitrary = tables.train.description().element != Element::u8;
    Source source = make_source(request.data, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.notes = std::move(tables.notes);
    source.arbitrary_units = arbitrary;
    return source;
}

/// The kinds of data, the first that recognises a path before the others.
constexpr std::array kinds{
    Format{.name = "a built-in set",
           .help = "digits: hand-drawn digits, 28×28 grey, ten classes; digits:train=60000,test=10000 for more;\n"
                   "xor: the truth table of exclusive or; moons: two interleaved half circles;\n"
                   "spirals: two interleaved spirals",
           .recognises = [](const std::string& what, fs::file_type) { return is_builtin(before_colon(what)); },
           .load = &load_built_in},
    Format{
        .name = "image folders",
        .help = "a directory with a folder of PNG or JPEG files for each class, or with train/ and test/ of such\n"
                "folders; test rows also by --test; pictures of different sizes: --image-size",
        .recognises = [](const std::string& what,
                         fs::file_type type) { return type == fs::file_type::directory && holds_image_folders(what); },
        .load = &load_image_folders},
    Format{.name = "IDX files",
           .help = "a directory with the four files of MNIST, Fashion-MNIST or EMNIST, plain or .gz",
           .recognises = [](const std::string&, fs::file_type type) { return type == fs::file_type::directory; },
           .load = &load_idx},
    Format{.name = "a .npy",
           .help = "features: rows × features, rows × T × F, rows × height × width (× channels), numbers of any type\n"
                   "as numpy.save writes them; targets in a .npy of their own, there or beside it: --target\n"
                   "y.npy (a number or word per row, one column of 0 and 1 per class, or several numbers per row);\n"
                   "test rows by --test and --test-target",
           .recognises = [](const std::string& what, fs::file_type) { return is_npy(what); },
           .load = &load_npy,
           .features = &npy_foreign},
    Format{.name = "a .npz",
           .help =
               "such arrays in one archive, as numpy.savez writes them: features x (or X, data, features, x_train),\n"
               "targets y (or target, labels, y_train; others by --target NAME), test rows x_test and y_test, or\n"
               "another archive by --test; sequences of different lengths: lengths and lengths_test, the number of\n"
               "steps of each row that count",
           .recognises = [](const std::string& what,
                            fs::file_type) { return core::has_extension(fs::path(what), ".npz"); },
           .load = &load_npz,
           .features = &npz_foreign},
    Format{.name = "LIBSVM's format",
           .help = ".libsvm or .svm, plain or .gz: lines of target index:value index:value …; test rows by --test",
           .recognises = [](const std::string& what,
                            fs::file_type) { return has_ending(what, ".libsvm") || has_ending(what, ".svm"); },
           .load = &load_libsvm},
    Format{.name = "a text table",
           .help = "numbers and a column to be learnt (--target), say .csv, .tsv or .txt; commas, semicolons, tabs\n"
                   "| or blanks between them and a header line are found out; test rows by --test",
           .recognises = [](const std::string&, fs::file_type) { return true; },
           .load = &load_text,
           .features = &text_features},
};

}  // namespace

TextRequest text_request(const Request& request) {
    const Format* const kind = find_format(request.data);
    if (kind != nullptr && kind->load != &load_text) {
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
                      .weight = request.weight,
                      .group = request.group,
                      .missing = request.missing.value_or(Missing::indicate)};
    if (!request.test.empty()) files.test = request.test;
    return files;
}

std::span<const Format> formats() {
    return kinds;
}

const Format* find_format(const std::string& what) {
    std::error_code none;
    const fs::file_type type = fs::status(what, none).type();
    const bool is_there = type != fs::file_type::not_found && type != fs::file_type::none && !what.empty();
    if (!is_there && !is_builtin(before_colon(what))) return nullptr;
    const auto* const found = std::ranges::find_if(kinds, [&](const Format& f) { return f.recognises(what, type); });
    return found == kinds.end() ? nullptr : found;
}

Source load(const Request& request) {
    const std::string& what = request.data;
    std::error_code error;
    const fs::file_status status = fs::status(what, error);
    const Format* const format = find_format(what);
    if (format == nullptr) {
        if (status.type() == fs::file_type::none && !what.empty())
            core::fail(Failure::data, "--data {}: cannot be read: {}", what, error.message());
        const bool has_options = what.find(':') != std::string::npos && what.find('/') == std::string::npos;
        refuse(what, before_colon(what), has_options);
    }
    if (request.image_size && format->load != &load_image_folders) {
        core::fail(Failure::usage, "--image-size {}x{}: has no effect on --data {}; it belongs to folders of pictures",
                   request.image_size->height, request.image_size->width, what);
    }
    if (!request.sequence.empty() && format->load != &load_text) {
        core::fail(
            Failure::usage,
            "--sequence {}: a column belongs to text tables, and --data {} is none; write such as 128x1 for rows "
            "of so many steps and features",
            request.sequence, what);
    }
    if (format->load == &load_text) {
        for (const std::string& file : {request.data, request.test}) {
            if (file.empty() || !fs::is_regular_file(file, error)) continue;
            refuse_foreign_format(file);
            refuse_unknown_content(file);
        }
    }
    return format->load(request);
}

Source load(const std::string& what, std::uint64_t seed) {
    return load(Request{.data = what, .seed = seed});
}

Table load_foreign(const std::string& what, const Request& like, const Table& train) {
    if (train.description().ragged) {
        core::fail(Failure::usage,
                   "--ood {}: rows of --data {} are sequences of different lengths, with which rows from elsewhere are "
                   "not compared; leave it out",
                   what, like.data);
    }
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
