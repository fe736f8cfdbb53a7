#include "data/foreign_formats.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <span>
#include <string_view>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/path.hpp"
#include "data/content.hpp"
#include "data/formats.hpp"

namespace ensemble::data {
namespace {

using core::fail;
using core::Failure;
using std::string_view_literals::operator""sv;
namespace fs = std::filesystem;

/// What is not read, and what makes something of it that is; {0} is the file and {1} its name without the ending.
struct Foreign {
    std::string_view what;
    std::string_view mark;  ///< how it begins; empty: known by its name alone
    std::string_view endings;
    std::string_view command;
};

constexpr std::array<Foreign, 14> foreign_formats{
    Foreign{"a Parquet file", "PAR1"sv, ".parquet .pq",
            R"~(python3 -c "import pandas; pandas.read_parquet('{0}').to_csv('{1}.csv', index=False)")~"},
    {"an HDF5 file", "\x89HDF"sv, ".h5 .hdf5 .hdf",
     R"~(python3 -c "import h5py, numpy; f = h5py.File('{0}'); numpy.savez('{1}.npz', x=f['x'], y=f['y'])")~"
     ", with the names that its arrays have"},
    {"a Feather file", "ARROW1"sv, ".feather .arrow .ipc",
     R"~(python3 -c "import pandas; pandas.read_feather('{0}').to_csv('{1}.csv', index=False)")~"},
    {"a Feather file", "FEA1"sv, "",
     R"~(python3 -c "import pandas; pandas.read_feather('{0}').to_csv('{1}.csv', index=False)")~"},
    {"an ORC file", "ORC"sv, ".orc",
     R"~(python3 -c "import pandas; pandas.read_orc('{0}').to_csv('{1}.csv', index=False)")~"},
    {"a workbook of Excel or another office program", ""sv, ".xlsx .xlsm .ods",
     R"~(python3 -c "import pandas; pandas.read_excel('{0}').to_csv('{1}.csv', index=False)")~"},
    {"a workbook of Excel or another office program", "\xd0\xcf\x11\xe0"sv, ".xls",
     R"~(python3 -c "import pandas; pandas.read_excel('{0}').to_csv('{1}.csv', index=False)")~"},
    {"an SQLite database", "SQLite format 3"sv, ".sqlite .sqlite3 .db",
     "sqlite3 -header -csv '{0}' 'select * from TABLE' > '{1}.csv', with the name of its table"},
    {"a file of MATLAB", "MATLAB 5.0 MAT-file"sv, ".mat",
     R"~(python3 -c "import numpy, scipy.io; m = scipy.io.loadmat('{0}'); numpy.savez('{1}.npz', x=m['x'], y=m['y'])")~"
     ", with the names that its arrays have"},
    {"a file of Stata", ""sv, ".dta",
     R"~(python3 -c "import pandas; pandas.read_stata('{0}').to_csv('{1}.csv', index=False)")~"},
    {"a file of SAS", ""sv, ".sas7bdat .xpt",
     R"~(python3 -c "import pandas; pandas.read_sas('{0}').to_csv('{1}.csv', index=False)")~"},
    {"a file of R", ""sv, ".rds", R"~(Rscript -e "write.csv(readRDS('{0}'), '{1}.csv', row.names = FALSE)")~"},
    {"a Python pickle", ""sv, ".pkl .pickle",
     R"~(python3 -c "import pandas; pandas.read_pickle('{0}').to_csv('{1}.csv', index=False)")~"
     " if it is a table (loading a pickle runs what is in it)"},
    {"a file of PyTorch", ""sv, ".pt .pth",
     R"~(python3 -c "import numpy, torch; t = torch.load('{0}'); numpy.savez('{1}.npz', x=t['x'], y=t['y'])")~"
     ", with the names that its tensors have"}};

std::string beginning(const std::string& file) {
    constexpr std::size_t enough = 4096;
    std::string text(enough, '\0');
    std::ifstream stream(file, std::ios::binary);
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
    return text;
}

bool is_among(const fs::path& path, std::string_view endings) {
    while (!endings.empty()) {
        const std::string_view ending = endings.substr(0, endings.find(' '));
        if (core::has_extension(path, ending)) return true;
        endings.remove_prefix(std::min(endings.size(), ending.size() + 1));
    }
    return false;
}

/// As a shell and Python take it in quotes; a word in capitals for what they would
/// not.
std::string quotable(const std::string& text) {
    return text.find_first_of("'\"\\$`\n{}") == std::string::npos ? text : "FILE";
}

/// Some zeros or other control characters; a single one is a slip, which the reader of texts names.
bool looks_binary(std::string_view begin) {
    const auto is_control = [](unsigned char byte) {
        return byte < ' ' && byte != '\t' && byte != '\n' && byte != '\r';
    };
    const auto count = static_cast<std::size_t>(std::ranges::count_if(begin, is_control));
    constexpr std::size_t one_in = 25;
    return count > 1 && count * one_in > begin.size();
}

}  // namespace

void refuse_foreign_format(const std::string& file) {
    const std::string begin = beginning(file);
    if (begin.empty() || looks_like_text(begin)) return;
    for (const Foreign& kind : foreign_formats) {
        const bool by_mark = !kind.mark.empty() && begin.starts_with(kind.mark);
        if (!by_mark && !is_among(file, kind.endings)) continue;
        const std::string name = quotable(file);
        std::string stem = quotable(fs::path(file).replace_extension().string());
        if (core::has_extension(file, ".csv") || core::has_extension(file, ".npz")) stem += "-converted";
        fail(Failure::data, "{}: is {}, which is not read here; convert it: {}", file, kind.what,
             fmt::format(fmt::runtime(kind.command), name, stem));
    }
}

void refuse_unknown_content(const std::string& file) {
    const std::string begin = beginning(file);
    if (!looks_binary(begin)) return;
    const bool is_packed = begin.starts_with("\x1f\x8b"sv) || begin.starts_with("\xfd\x37\x7a\x58\x5a\0"sv) ||
                           begin.starts_with("BZh91AY&SY"sv) || begin.starts_with("\x28\xb5\x2f\xfd"sv) ||
                           begin.starts_with("\x1f\x9d"sv) || begin.starts_with("PK\3\4"sv);
    if (is_packed) return;
    if (!foreign_content(begin).empty() || !wide_encoding(begin).empty()) return;
    std::string names;
    for (const Format& format : formats()) names += fmt::format("{}{}", names.empty() ? "" : ", ", format.name);
    fail(Failure::data,
         "{}: is not text, nor anything else that is known; --data takes: {} (see "
         "--help)",
         file, names);
}

}  // namespace ensemble::data
