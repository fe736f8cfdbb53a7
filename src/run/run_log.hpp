#pragma once

#include <filesystem>
#include <string>

namespace ensemble::run {

/// The log that each rank keeps of its own: what mpirun had still to print is lost if it is killed.
class RunLog {
public:
    explicit RunLog(std::filesystem::path file) : file_(std::move(file)) {}

    /// Adds a line with the time. One that cannot be written is no reason to end a run that can go on.
    void note(const std::string& text) const;

private:
    std::filesystem::path file_;
};

}  // namespace ensemble::run
