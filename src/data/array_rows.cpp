#include <algorithm>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "core/error.hpp"
#include "data/column_choice.hpp"
#include "data/file_bytes.hpp"
#include "data/npy_file.hpp"
#include "data/row_stream.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;

class ArrayRows final : public RowStream {
public:
    ArrayRows(const std::filesystem::path& path, const core::Shape& shape, const std::string& keep)
        : file_(NpyFile::stream(FileBytes::stream(path))), shape_(shape) {
        require_items();
        static_cast<void>(file_.features());
        if (file_.is_fortran_order() && shape.elements() > 1) {
            fail(Failure::data,
                 "{}: is in Fortran order, which has no row in one piece; write numpy.ascontiguousarray(x)",
                 file_.name());
        }
        find_kept(keep);
    }

    bool next(std::size_t most, RowBlock& block) override {
        block.clear();
        const std::size_t width = shape_.elements();
        block.values.resize(most * width);
        block.rows = file_.read_some(block.values) / width;
        block.values.resize(block.rows * width);
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
        const std::size_t count = shape_.elements();
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
    bool channels_first_ = false;
    std::vector<double> moved_;
    std::vector<std::size_t> kept_places_;
    std::vector<std::string> kept_names_;
    std::vector<std::string> notes_;
};

}  // namespace

std::unique_ptr<RowStream> open_array_rows(const std::filesystem::path& path, const core::Shape& shape,
                                           const std::string& keep) {
    return std::make_unique<ArrayRows>(path, shape, keep);
}

}  // namespace ensemble::data
