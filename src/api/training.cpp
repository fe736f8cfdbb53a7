#include "api/training.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <system_error>
#include <thread>
#include <vector>

#include "api/calling_thread.hpp"
#include "api/memory_rows.hpp"
#include "comm/communicator.hpp"
#include "config/settings.hpp"
#include "core/error.hpp"
#include "core/nearest.hpp"
#include "core/thread.hpp"
#include "data/row_stream.hpp"
#include "run/train_program.hpp"
#include "store/npy.hpp"

namespace ensemble::api {
namespace {

namespace fs = std::filesystem;
using core::fail;
using core::Failure;

/// A directory for files that nobody wants afterwards.
class TemporaryDirectory {
public:
    TemporaryDirectory() {
        std::string name = (fs::temp_directory_path() / "ensemble-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr) {
            fail(Failure::run, "cannot make a directory '{}': {}; TMPDIR names another place", name,
                 std::generic_category().message(errno));
        }
        path_ = name;
    }
    ~TemporaryDirectory() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    [[nodiscard]] const fs::path& path() const noexcept { return path_; }

private:
    fs::path path_;
};

void write(const fs::path& path, std::span<const std::byte> bytes) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (file) return;
    fail(Failure::run, "cannot write the data to '{}', from where they are trained on; is the disk full?",
         path.string());
}

std::vector<std::string> write_arrays(const fs::path& directory, const Matrix& rows,
                                      std::span<const std::byte> targets) {
    const fs::path features = directory / "x.npy";
    const fs::path target = directory / "y.npy";
    write(features, rows.doubles().empty() ? store::to_npy(rows.floats(), rows.rows(), rows.columns())
                                           : store::to_npy(rows.doubles(), rows.rows(), rows.columns()));
    write(target, targets);
    return {"--data=" + features.string(), "--target=" + target.string()};
}

std::string csv_line(std::span<const std::string> fields) {
    std::string line;
    for (const std::string& field : fields) {
        if (&field != fields.data()) line += ',';
        data::append_csv_field(line, field);
    }
    return line + '\n';
}

/// A setting as a word of the command line.
std::string word_of(const config::Setting& setting, const std::string& value) {
    if (!setting.is_toggle()) return fmt::format("--{}={}", setting.name, value);
    if (value == "true") return "--" + setting.name;
    if (value == "false") return "--no-" + setting.name;
    fail(Failure::usage, "the option '{}' is true or false, not '{}'", setting.name, value);
}

/// The words of the command line that the options are; `names_data`: they may name the data.
std::vector<std::string> words_of(const Options& options, bool names_data, std::string& out) {
    constexpr std::array<std::string_view, 4> of_data{"data", "test", "test-target", "header"};
    std::vector<std::string> words;
    for (const auto& [name, value] : options.values()) {
        if (!names_data && std::ranges::find(of_data, name) != of_data.end())
            fail(Failure::usage, "the option '{}' is for data in files, and they are given in memory; leave it out",
                 name);
        const config::Setting* setting = config::find_setting(name);
        if (name == "out") {
            out = value;
        } else if (name == "config") {
            words.push_back("--config=" + value);
        } else if (setting != nullptr) {
            words.push_back(word_of(*setting, value));
        } else {
            std::vector<std::string_view> known{"out", "config"};
            for (const config::Setting& each : config::settings()) known.push_back(each.name);
            const std::string_view close = core::nearest(name, known);
            fail(Failure::usage, "there is no option '{}'{}; ensemble_train --help lists them", name,
                 close.empty() ? "" : fmt::format("; did you mean '{}'?", close));
        }
    }
    return words;
}

/// On a thread of its own, which is prepared for good and takes no signals: the caller's stays as it is, takes them,
/// and waits.
void train_alone(std::span<const std::string> words, const run::Tell& tell) {
    std::vector<const char*> pointers;
    for (const std::string& word : words) pointers.push_back(word.c_str());
    std::exception_ptr failure;
    {
        std::jthread thread;
        const auto work = [&] {
            try {
                static_cast<void>(run::train_and_tell(comm::Communicator::local(), pointers, tell));
            } catch (...) {
                failure = std::current_exception();
            }
        };
        const WithoutSignals while_it_starts;
        thread = core::start_thread(work);
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace

std::vector<std::string> write_labelled(const fs::path& directory, const Matrix& rows,
                                        std::span<const std::int32_t> labels) {
    require_rows(rows);
    return write_arrays(directory, rows, store::list_to_npy(labels));
}

std::vector<std::string> write_measured(const fs::path& directory, const Matrix& rows,
                                        std::span<const double> targets) {
    require_rows(rows);
    const std::size_t outputs = rows.rows() == 0 ? 0 : targets.size() / rows.rows();
    if (outputs * rows.rows() != targets.size()) {
        fail(Failure::usage, "{} targets do not belong to {} rows; each row has equally many", targets.size(),
             rows.rows());
    }
    std::vector<std::string> words = write_arrays(directory, rows, store::to_npy(targets, rows.rows(), outputs));
    words.emplace_back("--task=regression");
    return words;
}

std::vector<std::string> write_table(const fs::path& directory, const TextTable& table) {
    require_rows(table);
    const std::size_t width = table.columns.size();
    std::string text = csv_line(table.columns);
    for (std::size_t row = 0; row < table.rows(); ++row)
        text += csv_line(std::span(table.fields).subspan(row * width, width));
    const fs::path path = directory / "table.csv";
    write(path, std::as_bytes(std::span(text)));
    return {"--data=" + path.string(), "--header=yes"};
}

void train_in_process(const Options& options,
                      const std::function<std::vector<std::string>(const fs::path& directory)>& write_data,
                      const std::function<void(const fs::path& run_directory)>& use) {
    std::string out;
    std::vector<std::string> words = words_of(options, !write_data, out);
    const TemporaryDirectory temporary;
    const fs::path run = out.empty() ? temporary.path() / "run" : fs::path(out);
    words.push_back("--out=" + run.string());
    if (write_data) {
        const std::vector<std::string> more = write_data(temporary.path());
        words.insert(words.end(), more.begin(), more.end());
    }
    const std::function<void(std::string_view)>& show = options.show();
    train_alone(
        words, show ? show : [](std::string_view) {});
    use(run);
}

}  // namespace ensemble::api
