#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/shape.hpp"
#include "data/column.hpp"
#include "task/kind.hpp"
#include "task/truth.hpp"

namespace ensemble::data {

/// How features are stored; batches convert to float.
enum class Element : std::uint8_t { u8, f32, f64 };

/// Bytes of one element.
[[nodiscard]] std::size_t size_of(Element element) noexcept;

/// Bytes that live as long as anybody views them; on a node with several ranks they lie in memory shared by all.
struct SharedBytes {
    std::shared_ptr<const void> owner;
    std::span<const std::byte> bytes;
};

/// What a table holds, apart from its bytes.
struct Description {
    task::Kind task = task::Kind::classification;
    Element element = Element::u8;
    core::Shape shape;  ///< of one item
    std::size_t rows = 0;
    std::size_t outputs = 0;  ///< classification: classes; regression: target columns
    float scale = 1.0F;       ///< a network sees stored · scale + offset
    float offset = 0.0F;
    bool ragged = false;  ///< rows are sequences of different lengths, with steps of NaN behind their ends
};

/// Makes what a network sees of rows that are stored as they were read, such as the columns of a table.
class RowEncoder {
public:
    RowEncoder() = default;
    virtual ~RowEncoder() = default;
    RowEncoder(const RowEncoder&) = delete;
    RowEncoder& operator=(const RowEncoder&) = delete;

    /// Numbers of a stored row, and of one as it is seen.
    [[nodiscard]] virtual std::size_t stored() const noexcept = 0;
    [[nodiscard]] virtual std::size_t seen() const noexcept = 0;

    /// Of each stored number, whether it measures, and does not name.
    [[nodiscard]] virtual std::vector<bool> measures() const = 0;

    /// REQUIRES: row holds stored() numbers, and out has room for seen().
    virtual void encode(std::span<const double> row, float* out) const = 0;
    virtual void encode(std::span<const double> row, double* out) const = 0;
};

/// What is known of each row of a table beside features and targets; no bytes where it is not known.
struct RowExtras {
    SharedBytes weights = {};  ///< doubles >= 0: how much a row counts in training
    SharedBytes groups = {};   ///< uint32: rows of one number belong together
};

/// Items and what is to be learnt about them; a view of shared bytes that is cheap to copy.
class Table {
public:
    /// REQUIRES: features.bytes holds rows × shape.elements() elements; targets.bytes holds rows int32 labels
    /// (classification) or rows × outputs floats (regression), aligned for their type.
    Table(Description description, SharedBytes features, SharedBytes targets);

    /// A table that stores encoder->stored() doubles of each row, and whose description says what is seen of them.
    Table(Description description, SharedBytes features, SharedBytes targets,
          std::shared_ptr<const RowEncoder> encoder);

    [[nodiscard]] const Description& description() const noexcept { return description_; }
    [[nodiscard]] std::size_t rows() const noexcept { return description_.rows; }
    [[nodiscard]] std::size_t outputs() const noexcept { return description_.outputs; }
    [[nodiscard]] const core::Shape& shape() const noexcept { return description_.shape; }

    /// The same bytes, described otherwise. REQUIRES: they fit `description` as they do in the constructor.
    [[nodiscard]] Table described_as(const Description& description) const;

    /// The same table, of whose rows this is known as well. REQUIRES: each is empty, or has a value for every row and
    /// is aligned for it.
    [[nodiscard]] Table with(RowExtras extras) const;
    [[nodiscard]] const RowExtras& extras() const noexcept { return extras_; }

    /// How much each row counts in training; empty where all count the same.
    [[nodiscard]] std::span<const double> weights() const noexcept;

    /// The group of each row; empty where every row stands for itself.
    [[nodiscard]] std::span<const std::uint32_t> groups() const noexcept;

    /// What makes rows of what is stored; null where they are stored as they are.
    [[nodiscard]] const std::shared_ptr<const RowEncoder>& encoder() const noexcept { return encoder_; }

    /// Numbers that are stored of a row.
    [[nodiscard]] std::size_t stored_width() const noexcept {
        return encoder_ == nullptr ? shape().elements() : encoder_->stored();
    }

    /// A row as it is stored. REQUIRES: an encoder; row < rows().
    [[nodiscard]] std::span<const double> stored_row(std::size_t row) const;

    /// The stored features, row after row.
    [[nodiscard]] std::span<const std::byte> feature_bytes() const noexcept { return features_.bytes; }

    /// Labels of all rows, each below outputs(). REQUIRES: classification.
    [[nodiscard]] std::span<const std::int32_t> labels() const;

    /// Targets of all rows [rows × outputs]. REQUIRES: regression.
    [[nodiscard]] std::span<const float> targets() const;

    /// The labels or targets as stored, shared with this table.
    [[nodiscard]] const SharedBytes& target_bytes() const noexcept { return targets_; }

    /// Converts the items `chosen` to floats: item i goes to out + i · stride.
    /// REQUIRES: every chosen row < rows(); stride ≥ shape().elements().
    void gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const;

    /// As above, in double precision, one item behind the other: out [chosen × elements].
    void gather(std::span<const std::uint32_t> chosen, std::span<double> out) const;

private:
    template <class Real>
    void gather_as(std::span<const std::uint32_t> chosen, Real* out, std::size_t stride) const;
    template <class Real>
    void encode_as(std::span<const std::uint32_t> chosen, Real* out, std::size_t stride) const;

    Description description_;
    SharedBytes features_;
    SharedBytes targets_;
    std::shared_ptr<const RowEncoder> encoder_;
    RowExtras extras_;
};

class Pipeline;

/// What a data set delivers: rows to train on and, where it has them, rows set aside for testing.
struct Source {
    std::string name;    ///< as the user wrote it
    std::string sha256;  ///< of the descriptions and bytes of both tables: equal exactly if the data are equal
    Table train;
    std::optional<Table> test;
    std::vector<std::string> class_names = {};  ///< by label; empty where they are the numbers of the labels
    /// Of what is to be learnt: regression: one for each target; classification: one where it has one, or none.
    std::vector<std::string> target_names = {};
    /// Of text tables: the columns that hold weights and groups of rows, and are no features; empty where there are
    /// none.
    std::string weight_name = {};
    std::string group_name = {};
    /// Regression: of each target over the training rows, once preprocess() has seen them. Targets keep their units.
    task::Scale target_scale = {};
    /// Of text tables, and of others whose columns have names; as many features in all as a row has. Empty where they
    /// are just numbered, and where features are no longer those of columns.
    std::vector<Column> columns = {};
    /// Of sequences in a text table: names of the features of a step, and the column that tells sequences apart. They
    /// stay with who has read the data; the pipeline knows them.
    std::vector<std::string> channels = {};
    std::string sequence_column = {};
    /// What preprocess() has taken off each feature: it was seen · deviation + mean. Empty where all have the same, or
    /// where they are no longer features of their own.
    task::Scale feature_scale = {};
    /// The features come in units of their own, so that they are standardised unless asked otherwise.
    bool arbitrary_units = false;
    float background = 0;  ///< what a stored 0 is to the network: how images go on beyond their border
    /// Rows that are not like the others, of the same shape (--ood); nothing is true of them, though they have labels
    /// or targets as tables do. They are no part of sha256.
    std::optional<Table> foreign = {};
    std::string foreign_sha256 = {};  ///< of these; empty where there are none
    /// What preprocess() does to each row; null before.
    std::shared_ptr<const Pipeline> pipeline = {};
    /// What was noticed when the data were read and the user should know; whole sentences without "note:". They stay
    /// with who has read the data: pack() leaves them out.
    std::vector<std::string> notes = {};
};

/// Makes rows when they are asked for, so that they need no room: test rows that are turned, points of a grid. What is
/// made of a row depends on its number alone. Called from several threads at once.
class RowMaker {
public:
    RowMaker() = default;
    virtual ~RowMaker() = default;
    RowMaker(const RowMaker&) = delete;
    RowMaker& operator=(const RowMaker&) = delete;

    /// As Table::gather(), of rows that are numbered as this maker has them.
    virtual void gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const = 0;
};

/// Some rows of a table; owns neither. With a maker they are its rows, and the table says what kind of rows they are.
struct View {
    const Table* table = nullptr;
    std::span<const std::uint32_t> rows;
    const RowMaker* maker = nullptr;

    [[nodiscard]] std::size_t size() const noexcept { return rows.size(); }

    /// As Table::gather(), of some of the rows.
    void gather(std::span<const std::uint32_t> chosen, float* out, std::size_t stride) const {
        maker == nullptr ? table->gather(chosen, out, stride) : maker->gather(chosen, out, stride);
    }
};

}  // namespace ensemble::data
