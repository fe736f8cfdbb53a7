#pragma once

#include <string>

#include <boost/test/unit_test.hpp>

#include "core/error.hpp"
#include "model/network.hpp"

namespace ensemble::testing {

/// The message with which `call` refuses what it is given; empty if it accepts it.
template <class Call>
std::string complaint_of(Call call) {
    try {
        call();
    } catch (const core::Error& error) {
        BOOST_TEST(error.exit_code() == 2);
        return error.what();
    }
    return "";
}

/// The message that refuses a network of ten classes on such items.
inline std::string complaint(const std::string& text, const core::Shape& input) {
    return complaint_of([&] { static_cast<void>(model::Network(text, input, 10)); });
}

inline bool mentions(const std::string& message, const std::string& words) {
    return message.find(words) != std::string::npos;
}

}  // namespace ensemble::testing
