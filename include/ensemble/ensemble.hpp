#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// The ensemble trainer for programs in C++: train, load, predict. Nothing but the standard library stands in this
/// header.
///
/// Everything works in this process alone and calls no MPI, whether or not the program uses MPI itself: in a job of
/// several ranks, train on one of them. What ranks would share is trained here one member after the other, to the same
/// bits. Whatever fails throws ensemble::Error.
namespace ensemble {

namespace api {
class LoadedModel;
}

/// What went wrong, by the exit code that a program of ours would end with.
enum class ErrorKind : int {
    usage = 2,     ///< asks for something impossible
    data = 3,      ///< rows or a file are missing, damaged or refused
    run = 4,       ///< failed after it had begun
    stopped = 75,  ///< came to its time limit
};

/// One message of one line, as the programs print it: what is wrong, where, and what to do.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

    [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }
    [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(kind_); }

private:
    ErrorKind kind_;
};

/// Numbers in memory, row after row: values [rows × columns]. A view: the numbers stay where they are. NaN is a missing
/// value where the columns of a table were trained on, else it is refused as infinity is.
class Matrix {
public:
    Matrix(std::span<const double> values, std::size_t columns) : doubles_(values), columns_(columns) {}
    Matrix(std::span<const float> values, std::size_t columns) : floats_(values), columns_(columns) {}

    [[nodiscard]] std::size_t columns() const noexcept { return columns_; }
    [[nodiscard]] std::size_t size() const noexcept { return doubles_.size() + floats_.size(); }
    [[nodiscard]] std::size_t rows() const noexcept { return columns_ == 0 ? 0 : size() / columns_; }

    /// All numbers; one of both is empty.
    [[nodiscard]] std::span<const double> doubles() const noexcept { return doubles_; }
    [[nodiscard]] std::span<const float> floats() const noexcept { return floats_; }

private:
    std::span<const double> doubles_;
    std::span<const float> floats_;
    std::size_t columns_;
};

/// Rows of text, as a .csv file has them: fields [rows × columns], each a number, a word, or what stands for a missing
/// value (NA, ?, nothing at all …).
struct TextTable {
    std::vector<std::string> columns;  ///< their names
    std::vector<std::string> fields;

    [[nodiscard]] std::size_t rows() const noexcept { return columns.empty() ? 0 : fields.size() / columns.size(); }
};

/// The settings of a training: those of `ensemble_train --help`, by the same names and with the same defaults. The rest
/// of the program's options are "out", the run directory that is to be kept (without it there is none), and "config",
/// a configuration file; what "data" names may also be given in memory.
class Options {
public:
    /// Sets an option as on the command line, without the dashes. Of those that may be given several times ("net",
    /// "vary", …) each call adds one. Names and values are looked at when training begins.
    Options& set(std::string name, std::string value) {
        values_.emplace_back(std::move(name), std::move(value));
        return *this;
    }
    Options& set(std::string name, const char* value) { return set(std::move(name), std::string(value)); }

    /// The same with a number, or with true or false for what is on or off.
    template <class Value>
    requires std::is_arithmetic_v<Value> Options& set(std::string name, Value value) {
        if constexpr (std::is_same_v<Value, bool>) {
            return set(std::move(name), std::string(value ? "true" : "false"));
        } else {
            constexpr std::size_t enough = 64;
            std::array<char, enough> text{};
            const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
            return set(std::move(name), std::string(text.data(), end));
        }
    }

    /// `show` gets the lines that the program would print to a log: notes, progress, results. Without it nothing is
    /// printed. It is called on a thread of the training, never twice at once.
    Options& tell(std::function<void(std::string_view)> show) {
        show_ = std::move(show);
        return *this;
    }

    [[nodiscard]] const std::vector<std::pair<std::string, std::string>>& values() const noexcept { return values_; }
    [[nodiscard]] const std::function<void(std::string_view)>& show() const noexcept { return show_; }

private:
    std::vector<std::pair<std::string, std::string>> values_;
    std::function<void(std::string_view)> show_;
};

/// What is wanted of a prediction besides the usual.
struct PredictOptions {
    /// Also what holds the truth of that share of rows like the validation rows, as `ensemble_predict --interval`.
    std::optional<double> level = {};
    bool members = false;  ///< also what each member predicts
};

/// What the ensemble says of some rows: the numbers of `ensemble_predict`, to the bit.
struct Predictions {
    std::size_t rows = 0;
    std::size_t outputs = 0;  ///< classes, or targets

    // Of classes.
    std::vector<std::int32_t> labels;       ///< [rows] the class that is decided on, by its place in class_names()
    std::vector<float> probabilities;       ///< [rows × classes]
    std::vector<float> entropy;             ///< [rows] of the members' average, in nats: how uncertain they are
    std::vector<float> mutual_information;  ///< [rows] the part of it that members disagree about
    std::vector<std::int32_t> votes;        ///< [rows] members for which that class is the most probable
    std::vector<std::uint8_t> sets;         ///< [rows × classes] with a level: 1 for each class of the row's set

    // Of numbers, [rows × targets] each.
    std::vector<float> mean;
    std::vector<float> std;            ///< standard deviation of the whole, of which there are two parts:
    std::vector<float> aleatoric_std;  ///< what members say of the noise
    std::vector<float> epistemic_std;  ///< what members disagree about
    std::vector<float> low;            ///< with a level: the interval. Infinite where there are too few
    std::vector<float> high;           ///< validation rows

    /// [members × rows × classes], or of numbers mean and variance [members × rows × targets × 2], where asked for.
    std::vector<float> members;

    std::size_t missing = 0;         ///< values that were missing in the rows
    std::size_t unknown_levels = 0;  ///< words that training never saw in their column
};

/// In what products and convolutions multiply in prediction. bf16 is faster on processors that do so (AVX512_BF16 or
/// AMX), and is refused on others; what is predicted differs in the third digit.
enum class Precision : std::uint8_t { f32, bf16 };

/// A trained ensemble that predicts. Copies share it. Any number of threads may use one at the same time; a thread
/// predicts alone, but for the `threads` it was loaded with.
///
/// While a thread predicts, it takes no signals: kernels use its stack pointer for other things. Its mode of floating
/// point is as before afterwards.
class Model {
public:
    /// Loads the run that `ensemble_train` or train() left in a directory; its data are not needed. Each call of
    /// predict() shares blocks of rows among `threads`.
    /// Throws Error: usage where there is no finished run, or the processor has no such precision, data for files that
    /// are damaged or do not belong together.
    [[nodiscard]] static Model load(const std::filesystem::path& run_directory, std::size_t threads = 1,
                                    Precision precision = Precision::f32);

    /// Trains on the data that the option "data" names, as `ensemble_train` in one process does: the same bits. Returns
    /// when it has come to its end; until then the calling thread waits, and takes signals. "threads" share the work.
    /// Several threads may train at a time.
    /// Throws Error: as the program ends.
    [[nodiscard]] static Model train(const Options& options);

    /// Trains on numbers in memory that belong to classes, as `--data x.npy --target y.npy` does: labels [rows].
    [[nodiscard]] static Model train(const Options& options, const Matrix& rows, std::span<const std::int32_t> labels);

    /// Trains on numbers in memory to predict numbers, likewise: targets [rows × targets of a row].
    [[nodiscard]] static Model train(const Options& options, const Matrix& rows, std::span<const double> targets);

    /// Trains on a table in memory as on a .csv file: the option "target" names the column to be learnt, else it is the
    /// last.
    [[nodiscard]] static Model train(const Options& options, const TextTable& table);

    /// "classification" or "regression".
    [[nodiscard]] std::string task() const;

    /// Classes in the order of probabilities; none of numbers.
    [[nodiscard]] const std::vector<std::string>& class_names() const noexcept;

    /// What is predicted, of numbers in the order of means; of classes one name, or none.
    [[nodiscard]] const std::vector<std::string>& target_names() const noexcept;

    /// The columns of a row in the order in which predict() takes numbers: of a table those that are used.
    [[nodiscard]] const std::vector<std::string>& columns() const noexcept;

    /// Members that predict.
    [[nodiscard]] std::size_t members() const noexcept;

    /// Predicts rows of numbers [rows × columns()]; of images the numbers of a file, channels last. What is predicted
    /// of a row depends on the row alone. Throws Error: usage where the columns are others, or one of them holds words;
    /// data for numbers that cannot be.
    [[nodiscard]] Predictions predict(const Matrix& rows, const PredictOptions& options = {}) const;

    /// Predicts rows of a table, whose columns are found by their names; others are passed over.
    /// Throws Error: data where a column is missing, or holds words where there were numbers.
    [[nodiscard]] Predictions predict(const TextTable& rows, const PredictOptions& options = {}) const;

private:
    explicit Model(std::shared_ptr<const api::LoadedModel> loaded) : loaded_(std::move(loaded)) {}

    std::shared_ptr<const api::LoadedModel> loaded_;
};

}  // namespace ensemble
