// Gives readers of foreign bytes inputs that were changed at random, and looks whether anything comes of it but a
// result or a core::Error. Compiled with ENSEMBLE_SANITIZE=fuzz, inputs that make a reader go a new way are kept and
// changed further.
//
// fuzz READER|all RUNS [SEED]      so many runs of each reader, or with an s behind it seconds: 60s

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/core.h>

#include "core/error.hpp"
#include "data/folder.hpp"
#include "fuzz/coverage.hpp"
#include "fuzz/mutation.hpp"
#include "fuzz/readers.hpp"

namespace {

using namespace ensemble;
using fuzz::Bytes;
using fuzz::Reader;
using Clock = std::chrono::steady_clock;

/// So much work for each reader.
struct Amount {
    std::uint64_t runs = 0;
    double seconds = 0;

    explicit Amount(std::string text) {
        const bool is_time = text.ends_with('s');
        if (is_time) text.pop_back();
        (is_time ? seconds : runs_as_double) = std::stod(text);
        runs = static_cast<std::uint64_t>(runs_as_double);
    }

    [[nodiscard]] bool is_done(std::uint64_t done, Clock::time_point begin) const {
        return seconds > 0 ? Clock::now() - begin > std::chrono::duration<double>(seconds) : done >= runs;
    }

private:
    double runs_as_double = 0;
};

void stop_hanging(int) {
    constexpr std::string_view words = "a reader takes longer than 30 s\n";
    static_cast<void>(!write(STDERR_FILENO, words.data(), words.size()));
    std::abort();
}

/// Whether the reader made something of the input, or a message.
bool holds(const Reader& reader, const Bytes& input, const std::filesystem::path& scratch) {
    constexpr unsigned long_enough = 30;
    alarm(long_enough);
    fuzz::forget_ways();
    try {
        reader.read(input, scratch);
    } catch (const core::Error&) {
        // What a reader of foreign bytes is there for.
    } catch (const std::exception& error) {
        fmt::print(stderr, "{}: threw no core::Error, but: {}\n", reader.name, error.what());
        return false;
    }
    return true;
}

/// The input that is read, which whoever dies of it leaves in a file.
struct Last {
    std::string file;
    const Bytes* input = nullptr;
};

Last& last() {
    static Last one;
    return one;
}

void keep_last() {
    if (last().input == nullptr) return;
    constexpr mode_t rights = 0600;
    const int file = open(last().file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, rights);
    static_cast<void>(!write(file, last().input->data(), last().input->size()));
    close(file);
    for (const std::string_view words : {"the input is ", last().file.c_str(), "\n"})
        static_cast<void>(!write(STDERR_FILENO, words.data(), words.size()));
    last().input = nullptr;
}

void keep_last_of_signal(int number) {
    keep_last();
    signal(number, SIG_DFL);
    raise(number);
}

void keep_inputs_of_crashes() {
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_set_death_callback(keep_last);  // behind its own report
    signal(SIGABRT, keep_last_of_signal);
#else
    for (const int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) signal(number, keep_last_of_signal);
#endif
}

bool run(Reader reader, const Amount& amount, std::uint64_t seed) {
    const testing::Folder scratch;
    last().file = std::filesystem::temp_directory_path() / fmt::format("fuzz-{}", reader.name);
    std::mt19937_64 random(seed);
    const auto begin = Clock::now();
    for (const Bytes& input : reader.seeds) {
        if (!holds(reader, input, scratch.path())) return false;
        static_cast<void>(fuzz::found_new_way());
    }
    std::uint64_t runs = 0;
    for (; !amount.is_done(runs, begin); ++runs) {
        Bytes input = fuzz::mutated(reader.seeds, reader.words, random);
        last().input = &input;
        if (!holds(reader, input, scratch.path())) {
            keep_last();
            return false;
        }
        last().input = nullptr;
        if (fuzz::found_new_way()) reader.seeds.push_back(std::move(input));
    }
    alarm(0);
    fmt::print("{:<16} {:>9} runs, {:>5} inputs at the end, {:.0f} s\n", reader.name, runs, reader.seeds.size(),
               std::chrono::duration<double>(Clock::now() - begin).count());
    std::fflush(stdout);
    return true;
}

/// Reads one input again, for who looks into it.
int repeat(const Reader& reader, const char* file) {
    std::ifstream stream(file, std::ios::binary);
    const Bytes input{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
    const testing::Folder scratch;
    return holds(reader, input, scratch.path()) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 3) {
        fmt::print(stderr, "usage: {0} READER|all RUNS [SEED]\n       {0} READER FILE\n", argv[0]);
        return 2;
    }
    signal(SIGALRM, stop_hanging);
    keep_inputs_of_crashes();
    const std::string wanted = argv[1];
    const std::uint64_t seed = argc > 3 ? std::stoull(argv[3]) : 1;
    bool all_hold = true;
    bool any = false;
    for (auto&& readers : {fuzz::data_readers(), fuzz::run_readers()}) {
        for (const Reader& reader : readers) {
            if (wanted != "all" && wanted != reader.name) continue;
            any = true;
            if (std::filesystem::exists(argv[2])) return repeat(reader, argv[2]);
            all_hold = run(reader, Amount(argv[2]), seed) && all_hold;
        }
    }
    if (!any) fmt::print(stderr, "{}: is none of the readers\n", wanted);
    return all_hold && any ? 0 : 1;
}
