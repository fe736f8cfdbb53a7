#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/contract.hpp"
#include "core/error.hpp"
#include "data/image_file.hpp"
#include "data/picture_names.hpp"
#include "data/row_stream.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
namespace fs = std::filesystem;

constexpr std::size_t colours = 3;

class PictureRows final : public RowStream {
public:
    PictureRows(fs::path path, PictureRowRequest request) : path_(std::move(path)), request_(std::move(request)) {
        if (!request_.keep.empty()) {
            fail(Failure::usage, "--keep {}: pictures have no columns, and the name of each is written in any case",
                 request_.keep);
        }
        core::require(is_picture_shape(request_.shape), "rows are pictures");
        std::error_code error;  // which says no directory, and reading tells more
        if (!fs::is_directory(path_, error)) {
            files_.push_back(path_);
            return;
        }
        list(path_, {});
        if (files_.empty()) fail(Failure::data, "{}: holds no PNG or JPEG files", path_.string());
        if (!left_out_.empty()) {
            notes_.push_back(
                fmt::format("{}: left out, since only PNG and JPEG files are read: {}{}", path_.string(),
                            left_out_.front().string(),
                            left_out_.size() == 1 ? "" : fmt::format(" and {} more", left_out_.size() - 1)));
        }
    }

    bool next(std::size_t most, RowBlock& block) override {
        block.clear();
        for (; block.rows < most && next_ < files_.size(); ++block.rows) add(files_[next_++], block);
        return block.rows > 0;
    }

    const std::vector<std::string>& kept() const noexcept override { return kept_; }
    const std::vector<std::string>& notes() const noexcept override { return notes_; }

    bool has_truth() const noexcept override {
        return std::ranges::any_of(files_, [&](const fs::path& file) { return class_of(file) < classes(); });
    }

private:
    [[nodiscard]] bool has_colours() const noexcept {
        return request_.shape.rank() > 2 && request_.shape[2] == colours;
    }
    [[nodiscard]] std::size_t classes() const noexcept { return request_.classes.size(); }

    /// Follows links to directories, but to none that it is in.
    void list(const fs::path& directory, std::vector<fs::path> above) {
        std::error_code error;
        above.push_back(fs::canonical(directory, error));
        for (const fs::path& path : entries_of(directory)) {
            if (fs::is_directory(path, error)) {
                if (std::ranges::find(above, fs::canonical(path, error)) == above.end()) list(path, above);
            } else if (is_readable_picture(path)) {
                files_.push_back(path);
            } else {
                left_out_.push_back(path);
            }
        }
    }

    /// classes() where its folder is called like none.
    [[nodiscard]] std::size_t class_of(const fs::path& file) const noexcept {
        const auto folder = fs::absolute(file).lexically_normal().parent_path().filename().string();
        return static_cast<std::size_t>(std::ranges::find(request_.classes, folder) - request_.classes.begin());
    }

    void add(const fs::path& file, RowBlock& block) {
        Picture picture = read_picture(file);
        const std::size_t height = request_.shape[0];
        const std::size_t width = request_.shape[1];
        if (picture.height != height || picture.width != width) {
            if (!request_.resizes) {
                fail(Failure::data,
                     "{}: has {}×{} pixels, but the networks were trained with pictures of {}×{}; bring it to that "
                     "size first, or train with --image-size",
                     file.string(), picture.height, picture.width, height, width);
            }
            picture = resized(picture, height, width);
        }
        if (has_colours() && picture.channels == 1) picture = in_colour(picture);
        if (!has_colours() && picture.channels > 1) {
            fail(Failure::data,
                 "{}: is in colour, but the networks were trained with grey pictures; convert it, for example with "
                 "mogrify -colorspace gray",
                 file.string());
        }
        block.values.insert(block.values.end(), picture.pixels.begin(), picture.pixels.end());
        if (request_.read_truth) {
            const std::size_t place = class_of(file);
            block.truth.push_back(place < classes() ? static_cast<double>(place)
                                                    : std::numeric_limits<double>::quiet_NaN());
        }
        append_csv_field(block.kept, file == path_ ? file.string() : file.lexically_relative(path_).string());
        block.kept_ends.push_back(static_cast<std::uint32_t>(block.kept.size()));
    }

    fs::path path_;
    PictureRowRequest request_;
    std::vector<fs::path> files_;
    std::vector<fs::path> left_out_;
    std::size_t next_ = 0;
    std::vector<std::string> kept_{"file"};
    std::vector<std::string> notes_;
};

}  // namespace

bool is_picture_shape(const core::Shape& shape) noexcept {
    return shape.rank() == 2 || (shape.rank() == 3 && (shape[2] == 1 || shape[2] == colours));
}

std::unique_ptr<RowStream> open_picture_rows(const fs::path& path, const PictureRowRequest& request) {
    return std::make_unique<PictureRows>(path, request);
}

}  // namespace ensemble::data
