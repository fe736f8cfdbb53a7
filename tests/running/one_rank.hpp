#pragma once

#include <span>
#include <string>
#include <vector>

#include "comm/communicator.hpp"
#include "core/error.hpp"
#include "run/train_program.hpp"

using Words = std::vector<std::string>;

/// The exit code of a run on one rank, and what it says about an end that was asked for.
inline int run_words(const Words& texts, std::string* message = nullptr) {
    std::vector<const char*> words;
    for (const std::string& text : texts) words.push_back(text.c_str());
    try {
        return ensemble::run::train_ensemble(ensemble::comm::Communicator::local(), words);
    } catch (const ensemble::core::Error& error) {
        if (error.kind() != ensemble::core::Failure::stopped) throw;
        if (message != nullptr) *message = error.what();
        return error.exit_code();
    }
}
