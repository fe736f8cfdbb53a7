#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "schedule/training.hpp"

namespace ensemble::schedule {

/// Notes everything that happens, and does what the functions say, where they are set.
struct Notes final : MemberStorage, TrainingHooks {
    std::vector<train::EpochRecord> epochs;
    std::vector<analysis::MemberResult> done;
    std::vector<train::MemberState> stored;
    std::map<std::uint32_t, MemberPredictions> predicted;
    std::vector<train::MemberState> saved;
    std::vector<train::EpochRecord> restored;
    std::vector<std::string> log;
    std::vector<std::string> notices;
    std::size_t stop_after = 0;  ///< epochs
    std::size_t width = 2;       ///< predicted of a row
    std::vector<MemberWork> work;

    std::function<store::SavedMember(std::uint32_t)> on_load;
    std::function<MemberPredictions(std::uint32_t)> on_predictions;
    std::function<void(const train::MemberState&, const MemberPredictions&)> on_finish;
    std::function<void()> on_epoch;
    std::function<void()> on_show;
    std::function<void()> on_rows;  ///< on whichever thread needs them

    store::SavedMember load(std::uint32_t member) override { return on_load ? on_load(member) : store::SavedMember{}; }
    void save(const train::MemberState& state) override { saved.push_back(state); }
    std::optional<MemberPredictions> predictions(std::uint32_t member) override {
        return on_predictions ? std::optional(on_predictions(member)) : std::nullopt;
    }
    void finish(const train::MemberState& state, const MemberPredictions& predictions) override {
        if (on_finish) on_finish(state, predictions);
        stored.push_back(state);
        predicted[state.member] = predictions;
    }
    std::vector<float> rows(std::size_t set, std::span<const std::uint32_t> members, std::size_t first,
                            std::size_t count) override {
        if (on_rows) on_rows();
        std::vector<float> block;
        for (const std::uint32_t member : members) {
            const auto part = std::span(predicted.at(member).at(set)).subspan(first * width, count * width);
            block.insert(block.end(), part.begin(), part.end());
        }
        return block;
    }

    void note(const std::string& text) override { log.push_back(text); }
    std::string stop_wanted() override { return stop_after > 0 && epochs.size() >= stop_after ? "SIGTERM" : ""; }
    void epoch_done(const train::EpochRecord& record, bool is_restored) override {
        (is_restored ? restored : epochs).push_back(record);
        if (on_epoch) on_epoch();
    }
    void member_done(const analysis::MemberResult& member, int /*rank*/) override { done.push_back(member); }
    void notice(const std::string& text) override { notices.push_back(text); }
    bool wants_progress() override { return true; }
    void show(const RunProgress& /*progress*/) override {
        if (on_show) on_show();
    }
    std::string what_survives() override { return "this survives"; }
};

}  // namespace ensemble::schedule
