#include "data/loaders.hpp"

#include <filesystem>
#include <utility>

#include "core/error.hpp"
#include "core/path.hpp"
#include "data/block.hpp"
#include "data/image_axes.hpp"
#include "data/image_folders.hpp"
#include "data/libsvm.hpp"
#include "data/npz.hpp"

namespace ensemble::data {
namespace {

using core::Failure;
namespace fs = std::filesystem;

std::optional<fs::path> path_of(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<fs::path>(text);
}

constexpr std::string_view arrays_and_tables = "text tables, .npy and .npz files";

}  // namespace

Source make_source(const std::string& name, Table train, std::optional<Table> test) {
    std::string sha256 = fingerprint(train, test);
    return {name, std::move(sha256), std::move(train), std::move(test)};
}

Source source_of(const std::string& name, NpyTables tables) {
    const Description& features = tables.train.description();
    const bool arbitrary = features.element != Element::u8 || features.shape.rank() == 1;
    Source source = make_source(name, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.target_names = std::move(tables.target_names);
    source.notes = std::move(tables.notes);
    source.arbitrary_units = arbitrary;
    return source;
}

Features features_of(NpyFile file) {
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

void refuse_option(const Request& request, std::string_view option, const std::string& value, std::string_view kinds) {
    if (value.empty()) return;
    core::fail(Failure::usage, "--{} {}: has no effect on --data {}; it belongs to {}", option, value, request.data,
               kinds);
}

void refuse_text_options(const Request& request) {
    if (request.header != Header::automatic) {
        core::fail(Failure::usage, "--header: has no effect on --data {}; it belongs to text tables", request.data);
    }
    constexpr std::string_view tables = "text tables";
    refuse_option(request, "ignore", request.ignore, tables);
    refuse_option(request, "categorical", request.categorical, tables);
    refuse_option(request, "use", request.use, tables);
    refuse_option(request, "weight", request.weight, tables);
    refuse_option(request, "group", request.group, tables);
    if (request.missing) refuse_option(request, "missing", std::string(core::name_of(*request.missing)), tables);
}

bool has_ending(const std::string& file, std::string_view ending) {
    fs::path path(file);
    if (core::has_extension(path, ".gz")) path.replace_extension();
    return core::has_extension(path, ending);
}

Source load_npz(const Request& request) {
    refuse_text_options(request);
    refuse_option(request, "test-target", request.test_target,
                  ".npy files; a .npz has the targets beside the features");
    if (!request.test.empty() && !has_ending(request.test, ".npz")) {
        core::fail(Failure::usage, "--test {}: is no .npz like --data {}", request.test, request.data);
    }
    return source_of(
        request.data,
        read_npz_tables(
            {.train = request.data, .test = path_of(request.test), .target = request.target, .task = request.task}));
}

Features npz_foreign(const std::string& what, const Request&) {
    return features_of(std::move(npz_features(what).features));
}

Source load_libsvm(const Request& request) {
    refuse_text_options(request);
    refuse_option(request, "target", request.target, arrays_and_tables);
    refuse_option(request, "test-target", request.test_target, ".npy files");
    LibsvmTables tables = read_libsvm_tables(request.data, path_of(request.test), request.task);
    Source source = make_source(request.data, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.target_names = std::move(tables.target_names);
    source.notes = std::move(tables.notes);
    source.arbitrary_units = true;
    return source;
}

Source load_image_folders(const Request& request) {
    refuse_text_options(request);
    refuse_option(request, "target", request.target, arrays_and_tables);
    refuse_option(request, "test-target", request.test_target, ".npy files");
    if (request.task == task::Kind::regression) {
        core::fail(Failure::usage, "--task regression: --data {} has classes, not numbers, to be learnt", request.data);
    }
    ImageFolderTables tables =
        read_image_folders({.train = request.data, .test = path_of(request.test), .size = request.image_size});
    Source source = make_source(request.data, std::move(tables.train), std::move(tables.test));
    source.class_names = std::move(tables.class_names);
    source.notes = std::move(tables.notes);
    return source;
}

}  // namespace ensemble::data
