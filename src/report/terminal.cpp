#include "report/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace ensemble::report {
namespace {

/// A file descriptor that closes itself.
class Descriptor {
public:
    explicit Descriptor(int number) : number_(number) {}
    ~Descriptor() {
        if (number_ >= 0) close(number_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int number() const { return number_; }

private:
    int number_;
};

std::string_view text(const Environment& environment, const char* name) {
    const char* value = environment(name);
    return value == nullptr ? std::string_view() : std::string_view(value);
}

/// The output of the mpirun that started this process on this host; -1 if that is not what its parent is.
int open_output_of_mpirun() {
    const std::string parent = "/proc/" + std::to_string(getppid());
    std::ifstream stream(parent + "/comm");
    std::string name;
    std::getline(stream, name);
    if (name != "mpirun" && name != "orterun" && name != "prterun" && name != "mpiexec") return -1;
    return open((parent + "/fd/1").c_str(), O_WRONLY | O_NOCTTY | O_CLOEXEC);
}

std::size_t parse_size(std::string_view text, std::size_t otherwise) {
    std::size_t value = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    return problem == std::errc{} && value > 0 ? value : otherwise;
}

bool is_utf8(const Environment& environment) {
    // The first of these that is set decides, as for every program.
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        const std::string_view locale = text(environment, name);
        if (locale.empty()) continue;
        for (const std::string_view spelling : {"UTF-8", "utf-8", "UTF8", "utf8"}) {
            if (locale.find(spelling) != std::string_view::npos) return true;
        }
        return false;
    }
    return false;
}

}  // namespace

Terminal detect_terminal(const Environment& environment, bool under_launcher) {
    Terminal terminal;
    terminal.utf8 = is_utf8(environment);
    const Descriptor output(under_launcher ? open_output_of_mpirun() : dup(STDOUT_FILENO));
    const std::string_view told = text(environment, "ENSEMBLE_TERMINAL");
    terminal.live = told.empty() ? output.number() >= 0 && isatty(output.number()) == 1 : told == "1";
    if (text(environment, "TERM") == "dumb") terminal.live = false;
    terminal.color = terminal.live && text(environment, "NO_COLOR").empty();

    winsize size{};
    if (output.number() >= 0 && ioctl(output.number(), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
        terminal.columns = size.ws_col;
        terminal.rows = size.ws_row;
    } else {
        terminal.columns = parse_size(text(environment, "COLUMNS"), terminal.columns);
        terminal.rows = parse_size(text(environment, "LINES"), terminal.rows);
    }
    return terminal;
}

}  // namespace ensemble::report
