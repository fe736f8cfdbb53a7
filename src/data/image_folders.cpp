#include "data/image_folders.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "data/file_bytes.hpp"
#include "data/generator.hpp"
#include "data/image_axes.hpp"
#include "data/image_file.hpp"
#include "data/picture_names.hpp"
#include "data/scales.hpp"
#include "data/targets.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
namespace fs = std::filesystem;

/// False for what is no directory, or cannot be read.
template <class Predicate>
bool any_entry(const fs::path& directory, Predicate predicate) {
    std::error_code error;
    for (auto at = fs::directory_iterator(directory, error); !error && at != fs::directory_iterator();
         at.increment(error))
        if (predicate(at->path())) return true;
    return false;
}

bool is_class_folder(const fs::path& path) {
    return any_entry(path, is_picture_name);
}

bool has_class_folders(const fs::path& directory) {
    return any_entry(directory, is_class_folder);
}

/// The pictures of a directory of class folders, in order.
struct Listing {
    fs::path directory;
    std::vector<fs::path> files;
    std::vector<std::string> classes;  ///< of each file
    std::vector<fs::path> left_out;
};

void list_class(Listing& listing, const fs::path& folder) {
    for (const fs::path& file : entries_of(folder)) {
        if (is_readable_picture(file)) {
            listing.files.push_back(file);
            listing.classes.push_back(folder.filename().string());
        } else {
            listing.left_out.push_back(file);
        }
    }
}

Listing list(const fs::path& directory) {
    Listing listing{.directory = directory, .files = {}, .classes = {}, .left_out = {}};
    for (const fs::path& path : entries_of(directory)) {
        is_class_folder(path) ? list_class(listing, path) : listing.left_out.push_back(path);
    }
    if (!listing.files.empty()) return listing;
    fail(Failure::data, "{}: has no folder with PNG or JPEG files; put those of each class into a folder of their own",
         directory.string());
}

std::string note_left_out(const Listing& listing) {
    if (listing.left_out.empty()) return {};
    const std::size_t more = listing.left_out.size() - 1;
    return fmt::format("{}: left out, since {} in a class's folder: {}{}", listing.directory.string(),
                       more == 0 ? "it is no picture" : "they are no pictures", listing.left_out.front().string(),
                       more == 0 ? "" : fmt::format(" and {} more", more));
}

/// Pictures of one size, one behind the other; grey until one with colours comes.
class Stack {
public:
    Stack(const Listing& listing, const std::optional<ImageSize>& wanted, const std::optional<ImageSize>& like,
          const fs::path& like_file)
        : rows_(listing.files.size()), size_(wanted ? wanted : like), first_(like_file) {
        for (std::size_t row = 0; row < rows_; ++row) put(row, listing.files[row], wanted.has_value());
    }

    [[nodiscard]] ImageSize size() const { return *size_; }
    [[nodiscard]] std::size_t channels() const { return channels_; }
    [[nodiscard]] Reach reach(const fs::path& directory) const {
        const auto [low, high] = std::ranges::minmax(values_);
        return {.name = directory.string(), .low = static_cast<double>(low), .high = static_cast<double>(high)};
    }

    void make_coloured(const fs::path& file) {
        constexpr std::size_t colours = 3;
        if (channels_ == colours) return;
        require_memory(file, values_.size() * colours);
        Picture grey{rows_ * size_->height, size_->width, 1, std::move(values_)};
        values_ = in_colour(grey).pixels;
        channels_ = colours;
    }

    [[nodiscard]] SharedBytes release() { return share(std::move(values_)); }

private:
    void put(std::size_t row, const fs::path& file, bool resizes) {
        Picture picture = read_picture(file);
        if (!size_) {
            size_ = {picture.height, picture.width};
            first_ = file;
        }
        if (picture.height != size_->height || picture.width != size_->width) {
            if (!resizes) refuse_size(file, picture);
            picture = resized(picture, size_->height, size_->width);
        }
        if (values_.empty()) {
            channels_ = picture.channels;
            require_memory(file, rows_ * picture.pixels.size());
            values_.resize(rows_ * picture.pixels.size());
        }
        if (picture.channels > channels_) make_coloured(file);
        if (picture.channels < channels_) picture = in_colour(picture);
        std::ranges::copy(picture.pixels, values_.begin() + static_cast<std::ptrdiff_t>(row * picture.pixels.size()));
    }

    [[noreturn]] void refuse_size(const fs::path& file, const Picture& picture) const {
        fail(Failure::data,
             "{} has {}×{} pixels, but {} has {}×{}; a network reads pictures of one size: --image-size {}x{} brings "
             "all of them to it",
             file.string(), picture.height, picture.width, first_.string(), size_->height, size_->width, size_->height,
             size_->width);
    }

    std::size_t rows_;
    std::optional<ImageSize> size_;
    fs::path first_;
    std::size_t channels_ = 1;
    core::Buffer<std::uint8_t> values_;
};

TargetColumn column_of(const Listing& listing) {
    return {.file = listing.directory.string(), .column = {}, .words = listing.classes, .lines = {}};
}

}  // namespace

bool holds_image_folders(const fs::path& directory) {
    const auto is_idx = [](const fs::path& path) { return path.filename().string().find("idx") != std::string::npos; };
    if (any_entry(directory, is_idx)) return false;
    return has_class_folders(directory) || has_class_folders(directory / "train");
}

ImageFolderTables read_image_folders(const ImageFolderRequest& request) {
    const bool is_split = has_class_folders(request.train / "train");
    const Listing train = list(is_split ? request.train / "train" : request.train);
    std::optional<Listing> test;
    if (request.test) {
        const bool is_inside = has_class_folders(*request.test / "test");
        test = list(is_inside ? *request.test / "test" : *request.test);
    } else if (is_split && has_class_folders(request.train / "test")) {
        test = list(request.train / "test");
    }
    const TargetColumn column = column_of(train);
    std::optional<TargetColumn> test_column;
    if (test) test_column = column_of(*test);
    Targets targets = make_targets(column, test_column ? &*test_column : nullptr, task::Kind::classification);

    Stack pictures(train, request.size, {}, {});
    std::optional<Stack> test_pictures;
    if (test) {
        test_pictures.emplace(*test, request.size, pictures.size(), train.files.front());
        if (test_pictures->channels() > pictures.channels()) pictures.make_coloured(train.directory);
        if (pictures.channels() > test_pictures->channels()) test_pictures->make_coloured(test->directory);
    }
    const ImageSize size = pictures.size();
    const bool grey = pictures.channels() == 1;
    const Reach reach = pictures.reach(train.directory);
    Description description{.task = task::Kind::classification,
                            .element = Element::u8,
                            .shape = grey ? core::Shape{size.height, size.width}
                                          : core::Shape{size.height, size.width, pictures.channels()},
                            .rows = train.files.size(),
                            .outputs = targets.outputs,
                            .scale = byte_scale(reach.high)};
    std::vector<std::string> notes{note_left_out(train), scale_note(reach.name, reach.low, reach.high)};
    std::optional<Table> test_table;
    Table train_table(description, pictures.release(), targets.train);
    if (test) {
        notes.push_back(note_left_out(*test));
        notes.push_back(compare_scales(reach, test_pictures->reach(test->directory), true));
        description.rows = test->files.size();
        test_table.emplace(description, test_pictures->release(), *targets.test);
    }
    std::erase(notes, std::string{});
    notes.insert(notes.end(), targets.notes.begin(), targets.notes.end());
    return {.train = std::move(train_table),
            .test = std::move(test_table),
            .class_names = std::move(targets.class_names),
            .notes = std::move(notes)};
}

}  // namespace ensemble::data
