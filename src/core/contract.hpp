#pragma once

#include <stdexcept>

namespace ensemble::core {

/// A broken promise between two pieces of this program: always a defect, never the user's fault.
class ContractViolation : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// Checks a precondition of an internal interface; `what` says the promise in words.
/// Cheap enough to stay on in release builds: never called inside a per-element loop.
constexpr void require(bool holds, const char* what) {
    if (!holds) throw ContractViolation(what);
}

}  // namespace ensemble::core
