#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ensemble::comm {

/// This process for others on its host, in one word: they recognise it even if its number is given to another one.
[[nodiscard]] std::string process_name();

/// A process of this host, held on to: what is asked of it or done to it never meets another one of the same number.
class Process {
public:
    /// One that has ended already is over. Nothing if the name is not that of a process which could be seen from here:
    /// it is on another host, or in another part of this one.
    [[nodiscard]] static std::optional<Process> find(std::string_view name);

    /// The one that has this number now; nothing where the system has no such handles, or none left.
    [[nodiscard]] static std::optional<Process> open(int number);

    Process(Process&& other) noexcept;
    Process& operator=(Process&& other) noexcept;
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    /// It has ended.
    [[nodiscard]] bool is_over() const;

    /// Ends it at once, even if it is stopped.
    void kill() const;

private:
    explicit Process(int file) : file_(file) {}
    int file_ = -1;
};

}  // namespace ensemble::comm
