#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/npy.hpp"
#include "data/array_reader.hpp"
#include "data/file_bytes.hpp"

namespace ensemble::data {

/// An open NumPy file that stands behind its header.
class NpyFile {
public:
    /// Throws core::Error (data) where there is no NumPy file, or nothing in it.
    explicit NpyFile(const std::filesystem::path& path) : NpyFile(FileBytes(path)) {}
    explicit NpyFile(FileBytes file) : NpyFile(std::move(file), Rows::some) {}

    /// The same of a file or a pipe that is read only once. There may be no rows in it.
    [[nodiscard]] static NpyFile stream(FileBytes stream) { return {std::move(stream), Rows::any}; }

    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] const std::vector<std::uint64_t>& extents() const noexcept { return header_.extents; }
    [[nodiscard]] std::uint64_t rows() const noexcept { return header_.extents.front(); }
    [[nodiscard]] std::string shape() const { return core::npy_shape(header_); }

    /// How its numbers are stored; nothing where it holds words. Throws core::Error (data) for what is neither, with
    /// what to write instead.
    [[nodiscard]] std::optional<StoredAs> numbers() const;

    /// The same. Throws core::Error (data) for words, and where the file cannot hold its elements.
    [[nodiscard]] StoredAs features() const;

    /// The elements; once, and instead of words(). `lengths` as ArrayLayout has them.
    [[nodiscard]] ArrayContent read(Element element, bool channels_first = false, const std::string& like = {},
                                    std::span<const std::uint32_t> lengths = {});

    /// Fills `out` with the next elements in the order of the file, as far as there are any; returns how many. Throws
    /// core::Error (data) for what is not finite, but for what lies behind the `lengths` of rows, in steps of so many
    /// elements, if there are any. Instead of read() and words(). REQUIRES: features().
    [[nodiscard]] std::size_t read_some(std::span<double> out, std::span<const std::uint32_t> lengths = {},
                                        std::size_t step = 1);

    /// False where read_some() would wait for who writes to a pipe.
    [[nodiscard]] bool has_more() const noexcept { return file_.has_more(); }

    [[nodiscard]] bool is_fortran_order() const noexcept { return header_.fortran_order; }

    /// Every element as text, in the order of the file: whole numbers with all their digits, truth as False and True,
    /// words in UTF-8. `truth_as_words` false: as 0 and 1. Once, and instead of read().
    [[nodiscard]] std::vector<std::string> words(bool truth_as_words);

private:
    enum class Rows { some, any };
    NpyFile(FileBytes file, Rows rows);

    void check_size(std::size_t element_bytes) const;
    void check_end();
    void refuse_infinite(std::span<const double> elements, std::span<const std::uint32_t> lengths,
                         std::size_t step) const;
    [[nodiscard]] std::vector<std::string> texts(char kind, std::size_t characters);
    template <class Use>
    void for_each_piece(std::size_t element_bytes, Use use);

    FileBytes file_;
    std::string name_;
    core::NpyHeader header_;
    std::uint64_t elements_read_ = 0;  ///< by read_some()
};

}  // namespace ensemble::data
