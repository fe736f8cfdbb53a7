#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/shape.hpp"
#include "data/column.hpp"
#include "data/header.hpp"

namespace ensemble::data {

/// Some rows as they are read.
struct RowBlock {
    std::size_t rows = 0;
    std::vector<double> values;  ///< [rows × numbers of a row], as Column has them
    std::vector<double> truth;   ///< [rows × targets] where they are read: numbers, or places of classes; NaN: none
    std::string kept;            ///< what is handed on of each row: fields as CSV has them, with commas between
    std::vector<std::uint32_t> kept_ends;  ///< [rows] where those of each row end

    void clear();
    [[nodiscard]] std::string_view kept_of(std::size_t row) const;
};

/// Rows that are read when they are asked for, so that there may be any number of them.
class RowStream {
public:
    RowStream() = default;
    virtual ~RowStream() = default;
    RowStream(const RowStream&) = delete;
    RowStream& operator=(const RowStream&) = delete;

    /// Reads the next rows, at most so many; fewer at the end, and where more would have to be waited for. False where
    /// there are none. Throws core::Error (data) with file, row and what to do.
    [[nodiscard]] virtual bool next(std::size_t most, RowBlock& block) = 0;

    /// Names of the columns that are handed on.
    [[nodiscard]] virtual const std::vector<std::string>& kept() const noexcept = 0;

    /// True if what is true of each row is read with it.
    [[nodiscard]] virtual bool has_truth() const noexcept { return false; }

    /// What the user should know of the columns, before any row.
    [[nodiscard]] virtual const std::vector<std::string>& notes() const noexcept = 0;

    /// What there is to say of the rows, once all are read.
    [[nodiscard]] virtual std::vector<std::string> last_notes() const { return {}; }
};

/// What is wanted of a text table.
struct TextRowRequest {
    std::vector<Column> columns;              ///< whose values make a row, in this order
    std::vector<std::string> targets = {};    ///< columns of what is true, which are no others
    std::vector<std::string> aside = {};      ///< columns that are passed over without a word
    std::vector<std::string> classes = {};    ///< where what is true is one of these
    bool read_truth = false;                  ///< targets that are there are read; else they are passed over
    Header header = Header::automatic;        ///< whether the first line names the columns
    std::string keep = {};                    ///< columns that are handed on, as parse_columns() reads them, or "all"
    std::string_view keep_option = "--keep";  ///< which asks for these, for messages
    bool as_they_come = false;  ///< rows are there when their line ends; separators are told from the first line alone
};

/// Rows of a text table: a file, plain or .gz, a pipe, or standard input, called "-". Columns are matched by their
/// names; without a header, by their places. A level that is none of a column's is unknown_level, a gap NaN.
/// Throws core::Error: data for a column that is not there, usage for one that is to be kept and is not there.
[[nodiscard]] std::unique_ptr<RowStream> open_text_rows(const std::filesystem::path& path,
                                                        const TextRowRequest& request);

/// What is wanted of an array.
struct ArrayRowRequest {
    core::Shape shape;      ///< of a row
    bool ragged = false;    ///< rows are sequences that end with steps of NaN, as Description has it
    std::string keep = {};  ///< as for texts, of arrays of two axes; columns have numbers
};

/// Rows of a NumPy array, a .npy or those of a .npz, read likewise: rows × features, or items of that shape, with
/// channels first or last; sequences of different lengths of any number of steps, as long as none goes on for longer
/// than `shape` has steps. Throws core::Error (data) for other shapes, and arrays in Fortran order.
[[nodiscard]] std::unique_ptr<RowStream> open_array_rows(const std::filesystem::path& path,
                                                         const ArrayRowRequest& request);

/// Whether rows of that shape can be pictures: height × width, or height × width × 1 or 3.
[[nodiscard]] bool is_picture_shape(const core::Shape& shape) noexcept;

/// What is wanted of pictures.
struct PictureRowRequest {
    core::Shape shape;                      ///< of a row: is_picture_shape()
    bool resizes = false;                   ///< pictures of another size are brought to it
    std::vector<std::string> classes = {};  ///< folders that are called so tell what is true of their pictures
    bool read_truth = false;
    std::string keep = {};  ///< asks in vain: pictures have no columns
};

/// Rows of a picture, or of those in a directory and the directories in it, in the order of their paths. The name of
/// each, as seen from the directory, is handed on as the column "file". Values are 0 to 255; grey pictures are seen in
/// colour where rows have colours. Throws core::Error: data for what is no picture of that size and kind, and for a
/// directory without pictures; usage where columns are to be kept.
[[nodiscard]] std::unique_ptr<RowStream> open_picture_rows(const std::filesystem::path& path,
                                                           const PictureRowRequest& request);

/// A field of a CSV file (RFC 4180): in quotes where it needs them.
void append_csv_field(std::string& line, std::string_view field);

}  // namespace ensemble::data
