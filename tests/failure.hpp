#pragma once

#include <string>
#include <utility>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"

/// The message of the error that `action` throws, which must be of that kind.
template <class Action>
std::string failure_of(ensemble::core::Failure kind, Action action) {
    try {
        action();
    } catch (const ensemble::core::Error& error) {
        BOOST_TEST(error.exit_code() == static_cast<int>(kind));
        return error.what();
    }
    BOOST_ERROR("nothing was thrown");
    return "";
}

template <class Action>
std::string usage_error(Action action) {
    return failure_of(ensemble::core::Failure::usage, std::move(action));
}

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}
