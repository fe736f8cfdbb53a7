#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "data/column_choice.hpp"
#include "data/file_bytes.hpp"
#include "data/lengths.hpp"
#include "data/loaders.hpp"
#include "data/npy_file.hpp"
#include "data/npz.hpp"
#include "data/row_stream.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

NpzFeatures open_file(const std::filesystem::path& path) {
    if (has_ending(path.string(), ".npz")) return npz_features(path);
    return {NpyFile::stream(FileBytes::stream(path)), std::nullopt};
}

class ArrayRows final : public RowStream {
public:
    ArrayRows(NpzFeatures files, const ArrayRowRequest& request)
        : file_(std::move(files.features)), shape_(request.shape), given_(shape_.elements()) {
        if (request.ragged) {
            require_sequences(files.lengths);
        } else {
            require_items();
            if (files.lengths) require_full_lengths(*files.lengths);
        }
        static_cast<void>(file_.features());
        if (file_.is_fortran_order() && given_ > 1) {
            fail(Failure::data,
                 "{}: is in Fortran order, which has no row in one piece; write numpy.ascontiguousarray(x)",
                 file_.name());
        }
        find_kept(request.keep);
    }

    bool next(std::size_t most, RowBlock& block) override {
        block.clear();
        const std::size_t width = shape_.elements();
        if (steps_.empty() && given_ == width) {
            block.values.resize(most * width);
            block.rows = file_.read_some(block.values) / width;
            block.values.resize(block.rows * width);
        } else {
            read_sequences(most, block);
        }
        if (channels_first_) {
            for (std::size_t row = 0; row < block.rows; ++row)
                move_channels(std::span(block.values).subspan(row * width, width));
        }
        for (std::size_t row = 0; row < block.rows && !kept_places_.empty(); ++row) {
            for (std::size_t i = 0; i < kept_places_.size(); ++i)
                fmt::format_to(std::back_inserter(block.kept), "{}{}", i > 0 ? "," : "",
                               block.values[row * width + kept_places_[i]]);
            block.kept_ends.push_back(static_cast<std::uint32_t>(block.kept.size()));
        }
        return block.rows > 0;
    }

    const std::vector<std::string>& kept() const noexcept override { return kept_names_; }
    const std::vector<std::string>& notes() const noexcept override { return notes_; }

private:
    /// Of any number of steps, of which none counts beyond those that the networks were made for.
    void require_sequences(std::optional<NpyFile>& lengths) {
        const std::vector<std::uint64_t>& extents = file_.extents();
        const bool has_axis = extents.size() == 3 && extents[2] == shape_[1];
        if (!has_axis && !(extents.size() == 2 && shape_[1] == 1)) {
            fail(Failure::data,
                 "{}: has shape {}, but the networks were trained with sequences of {} features; give an array of rows "
                 "× steps × {}",
                 file_.name(), file_.shape(), shape_[1], shape_[1]);
        }
        given_ = extents[1] * shape_[1];
        if (lengths) steps_ = read_lengths(*lengths, file_, extents[1]);
        const std::size_t most = lengths ? longest(steps_) : extents[1];
        if (most <= shape_[0]) return;
        fail(Failure::data,
             "{}: {} {} steps, but the networks were trained with {} at most; cut {}, or train with some as long",
             file_.name(),
             lengths ? fmt::format("row {} has", std::ranges::find(steps_, most) - steps_.begin()) : "its rows have",
             most, shape_[0], lengths ? "it" : "them");
    }

    void require_full_lengths(NpyFile& lengths) const {
        const std::uint64_t all = file_.extents().size() > 1 ? file_.extents()[1] : 1;
        for (const std::uint32_t steps : read_lengths(lengths, file_, all)) {
            if (steps == all) continue;
            fail(Failure::data,
                 "{}: a row has {} of {} steps, but the networks were trained with rows of one length; train with "
                 "lengths",
                 lengths.name(), steps, all);
        }
    }

    /// Rows of another number of steps than a row has, or with lengths, which may hold anything behind these.
    void read_sequences(std::size_t most, RowBlock& block) {
        constexpr std::size_t most_numbers = std::size_t{1} << 22U;  // rows may be filled up by any number of steps
        const std::size_t width = shape_.elements();
        moved_.resize(std::min(most, std::max<std::size_t>(most_numbers / given_, 1)) * given_);
        const std::size_t first = row_;
        block.rows = file_.read_some(moved_, steps_, shape_[1]) / given_;
        block.values.assign(block.rows * width, std::numeric_limits<double>::quiet_NaN());
        for (std::size_t row = 0; row < block.rows; ++row) {
            const std::size_t count = steps_.empty() ? given_ : steps_[first + row] * shape_[1];
            std::copy_n(moved_.begin() + static_cast<std::ptrdiff_t>(row * given_), count,
                        block.values.begin() + static_cast<std::ptrdiff_t>(row * width));
        }
        row_ += block.rows;
    }

    /// Channels may come first, as PyTorch has them.
    void require_items() {
        const std::vector<std::uint64_t>& extents = file_.extents();
        std::vector<std::uint64_t> wanted;
        for (std::size_t axis = 0; axis < shape_.rank(); ++axis) wanted.push_back(shape_[axis]);
        std::vector<std::uint64_t> own(extents.begin() + (extents.empty() ? 0 : 1), extents.end());
        if (own.empty() && shape_.elements() == 1 && !extents.empty()) return;  // a list of numbers
        if (own == wanted) return;
        // A picture with one channel may or may not have an axis for it.
        if (own.size() == wanted.size() + 1 && (own.back() == 1 || own.front() == 1)) {
            own.erase(own.back() == 1 ? own.end() - 1 : own.begin());
            if (own == wanted) return;
        }
        if (own.size() == 3 && wanted.size() == 3) {
            std::rotate(own.begin(), own.begin() + 1, own.end());
            channels_first_ = own == wanted;
            if (channels_first_) return;
        }
        fail(Failure::data,
             "{}: has shape {}, but the networks were trained with rows of shape ({}); give an array of rows × {}",
             file_.name(), file_.shape(), fmt::join(wanted, ", "), fmt::join(wanted, " × "));
    }

    void move_channels(std::span<double> item) {
        moved_.resize(item.size());
        const std::size_t channels = shape_[2];
        const std::size_t pixels = item.size() / channels;
        for (std::size_t channel = 0; channel < channels; ++channel) {
            for (std::size_t pixel = 0; pixel < pixels; ++pixel)
                moved_[pixel * channels + channel] = item[channel * pixels + pixel];
        }
        std::ranges::copy(moved_, item.begin());
    }

    void find_kept(const std::string& keep) {
        if (keep.empty()) return;
        if (shape_.rank() != 1) {
            fail(Failure::usage, "--keep {}: keeps columns, of which {} has none", keep, file_.name());
        }
        const std::size_t count = given_;
        if (keep == "all") {
            for (std::size_t i = 0; i < count; ++i) kept_places_.push_back(i);
        } else {
            const ColumnNames names{.file = file_.name(), .count = count, .names = {}, .first = {"0"}};
            for (const WantedColumn& wanted : parse_columns(keep))
                kept_places_.push_back(find_column("--keep", wanted, names));
        }
        for (const std::size_t place : kept_places_) kept_names_.push_back(fmt::format("column {}", place + 1));
    }

    NpyFile file_;
    core::Shape shape_;
    std::size_t given_;                 ///< numbers of a row in the file
    std::vector<std::uint32_t> steps_;  ///< of each row, where they are told
    std::size_t row_ = 0;               ///< the next one
    bool channels_first_ = false;
    std::vector<double> moved_;
    std::vector<std::size_t> kept_places_;
    std::vector<std::string> kept_names_;
    std::vector<std::string> notes_;
};

}  // namespace

std::unique_ptr<RowStream> open_array_rows(const std::filesystem::path& path, const ArrayRowRequest& request) {
    return std::make_unique<ArrayRows>(open_file(path), request);
}

}  // namespace ensemble::data
