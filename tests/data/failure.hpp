#pragma once

#include <string>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

namespace ensemble::testing {

/// For BOOST_CHECK_EXCEPTION: true for an error of `kind` whose message contains all `words`; else shows what it saw.
template <class... Words>
auto failure(core::Failure kind, Words... words) {
    return [=](const core::Error& error) {
        const std::string message = error.what();
        const bool all = ((message.find(words) != std::string::npos) && ...);
        if (!all || error.kind() != kind) BOOST_ERROR("saw: " << message << " (" << error.exit_code() << ")");
        return all && error.kind() == kind;
    };
}

}  // namespace ensemble::testing
