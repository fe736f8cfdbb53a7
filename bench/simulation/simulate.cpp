// The project's coordinator and workers on the ranks of a simulated cluster. One run; prints what came out as
// JSON. bench/scaling calls it for many sizes.

#include <algorithm>
#include <cstdio>
#include <numeric>
#include <set>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "cluster.hpp"
#include "comm/backend.hpp"
#include "core/hash.hpp"
#include "members.hpp"
#include "schedule/training.hpp"

using namespace ensemble;

namespace {

using namespace simulation;

struct Failures {
    std::size_t ranks = 0;  ///< that fall silent
    double at = 0.5;        ///< of the expected time of training
    double noticed_s = 60;  ///< after so long
};

/// What the members' lengths allow.
struct Bounds {
    double longest_s = 0;  ///< of the members
    double total_s = 0;    ///< of all members
    double bound_s = 0;    ///< no training on these ranks is shorter
};

/// How a rank ends that falls silent: no code of the project catches it.
struct Death {};

struct Setup {
    Cluster cluster;
    Lengths lengths;
    Failures failures;
    std::size_t members = 256;
    std::size_t items = 10'000;
    std::size_t epochs = 10;
    bool recovers = true;
};

struct Outcome {
    double start_s = 0;    ///< until MPI and the communicator are ready
    double train_s = 0;    ///< first assignment to the last member's end
    double combine_s = 0;  ///< from there until the root has all rows combined
    double whole_s = 0;    ///< of train_members() on the root
    double idle_fraction = 0;
    double communication_fraction = 0;
    std::uint64_t messages = 0;  ///< to and from the coordinator before the combination
    std::uint64_t combine_messages = 0;
    std::uint64_t combine_bytes = 0;
    std::size_t lost = 0;
    std::string digest;
    std::size_t members = 0;
};

/// The ranks that fall silent: spread over the cluster, never the root.
std::set<int> doomed(const Setup& setup) {
    std::set<int> ranks;
    const std::size_t others = setup.cluster.ranks - 1;
    for (std::size_t i = 0; i < std::min(setup.failures.ranks, others); ++i) {
        ranks.insert(static_cast<int>(1 + (i * others + others / 2) / setup.failures.ranks % others));
    }
    return ranks;
}

Bounds bounds_of(const std::vector<double>& seconds, std::size_t ranks) {
    const double longest = *std::ranges::max_element(seconds);
    const double total = std::accumulate(seconds.begin(), seconds.end(), 0.0);
    return {.longest_s = longest, .total_s = total, .bound_s = std::max(longest, total / static_cast<double>(ranks))};
}

nlohmann::json report_of(const Setup& setup, const Bounds& bounds, const Outcome& outcome) {
    return {{"ranks", setup.cluster.ranks},
            {"ranks_per_node", setup.cluster.ranks_per_node},
            {"members", setup.members},
            {"items", setup.items},
            {"fold", setup.cluster.fold},
            {"recovers", setup.recovers},
            {"longest_s", bounds.longest_s},
            {"total_s", bounds.total_s},
            {"bound_s", bounds.bound_s},
            {"start_s", outcome.start_s},
            {"train_s", outcome.train_s},
            {"combine_s", outcome.combine_s},
            {"whole_s", outcome.whole_s},
            {"efficiency", bounds.bound_s / outcome.whole_s},
            {"idle_fraction", outcome.idle_fraction},
            {"communication_fraction", outcome.communication_fraction},
            {"messages", outcome.messages},
            {"combine_messages", outcome.combine_messages},
            {"combine_bytes", outcome.combine_bytes},
            {"lost_ranks", outcome.lost},
            {"combined_members", outcome.members},
            {"sha256", outcome.digest}};
}

/// One run, of whose ranks all are threads of this process.
class Simulation {
public:
    explicit Simulation(const Setup& setup)
        : setup_(setup),
          experiment_(options_of(setup), table_of(setup.items / setup.cluster.fold)),
          drawn_(draw(setup.lengths, setup.members)),
          bounds_(bounds_of(drawn_.seconds, setup.cluster.ranks)),
          doomed_(doomed(setup)),
          death_s_(setup.failures.at * bounds_.bound_s) {}

    void run() {
        run_ranks(setup_.cluster, [this] { rank(); });
    }

    [[nodiscard]] nlohmann::json report() const { return report_of(setup_, bounds_, outcome_); }

private:
    /// What a rank asks of the run around it.
    class RankHooks final : public schedule::MemberStorage, public schedule::TrainingHooks {
    public:
        RankHooks(Simulation& simulation, int rank) : run_(simulation), rank_(rank) {}

        // What is finished is saved, what is in training is not.
        store::SavedMember load(std::uint32_t member) override {
            store::SavedMember saved;
            if (run_.finished_.contains(member)) saved.state.emplace().member = member;
            return saved;
        }
        void save(const train::MemberState& /*state*/) override {}
        void finish(const train::MemberState& state, const schedule::MemberPredictions& /*predictions*/) override {
            run_.finished_.insert(state.member);
        }
        /// Predictions are no more than draws, so files would only cost memory.
        std::vector<float> rows(std::size_t set, std::span<const std::uint32_t> members, std::size_t first,
                                std::size_t count) override {
            data::View rows = run_.experiment_.evaluation_sets().at(set).rows;
            rows.rows = rows.rows.subspan(first, count);
            const std::size_t each = count * run_.experiment_.predicted_width();
            std::vector<float> block(members.size() * each);
            for (std::size_t i = 0; i < members.size(); ++i)
                predict_rows(members[i], rows, std::span(block).subspan(i * each, each));
            return block;
        }

        void note(const std::string& text) override {
            if (text.starts_with("failed")) std::fprintf(stderr, "simulate: %s\n", text.c_str());
        }
        void turn() override {
            if (run_.doomed_.contains(rank_) && now_s() >= run_.death_s_) throw Death{};
        }
        std::vector<comm::RankFailure> failures() override { return run_.failures(); }
        void member_done(const analysis::MemberResult& /*member*/, int /*rank*/) override {
            run_.last_done_s_ = now_s();
            run_.at_last_done_ = traffic();
        }
        std::string what_survives() override { return "nothing is saved"; }

    private:
        Simulation& run_;
        int rank_;
    };

    static config::Options options_of(const Setup& setup) {
        config::Options options;
        options.nets = {"relu"};
        options.members = setup.members;
        options.training.epochs = setup.epochs;
        options.recover = setup.recovers;
        return options;
    }

    /// The life of a rank.
    void rank() {
        const auto backend = comm::make_mpi_backend();
        const comm::Communicator world(backend);
        const double begin_s = now_s();
        try {
            take_part(world, begin_s);
        } catch (const Death&) {
            return;
        }
        backend->close();
    }

    void take_part(const comm::Communicator& world, double begin_s) {
        const bool is_root = world.is_root();
        RankHooks hooks(*this, world.rank());
        // The root looks for messages between batches of milliseconds; of the others' a report a piece is enough.
        const double piece_s = is_root ? 5e-3 : std::max(0.2, world.size() / 1000.0);
        const schedule::Trained trained = schedule::train_members(
            world, experiment_, hooks, hooks, {.work = drawn_.work}, sleepers(experiment_, drawn_.seconds, piece_s));
        if (!is_root) return;
        const double end_s = now_s();
        const schedule::Coordinator& coordinator = *trained.coordinator;
        const Traffic after = traffic();
        outcome_ = {.start_s = begin_s,
                    .train_s = coordinator.times().train_s(),
                    .combine_s = end_s - last_done_s_,
                    .whole_s = end_s - begin_s,
                    .idle_fraction = coordinator.times().idle_fraction(),
                    .communication_fraction = coordinator.times().communication_fraction(),
                    .messages = at_last_done_.messages,
                    .combine_messages = after.messages - at_last_done_.messages,
                    .combine_bytes = after.bytes - at_last_done_.bytes,
                    .lost = coordinator.ranks_lost(),
                    .digest = core::hex(core::sha256(std::as_bytes(std::span<const float>(
                        trained.analysis->analysis()->rows(experiment_.study().test).combined.front().predictions)))),
                    .members = coordinator.members_done()};
        schedule::dismiss(world, coordinator, 0);
    }

    std::vector<comm::RankFailure> failures() {
        std::vector<comm::RankFailure> lost;
        if (doomed_.empty() || reported_ || now_s() < death_s_ + setup_.failures.noticed_s) return lost;
        reported_ = true;
        for (const int rank : doomed_) lost.push_back({rank, "fell silent"});
        return lost;
    }

    Setup setup_;
    config::Experiment experiment_;
    Drawn drawn_;
    Bounds bounds_;
    std::set<int> doomed_;
    double death_s_;
    std::set<std::uint32_t> finished_;
    bool reported_ = false;
    double last_done_s_ = 0;
    Traffic at_last_done_;
    Outcome outcome_;
};

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Runs the coordinator, the workers and the combination of their predictions on a simulated cluster.");
    Setup setup;
    bool fragile = false;
    app.add_option("--ranks", setup.cluster.ranks, "simulated")->capture_default_str()->check(CLI::Range(1, 1 << 16));
    app.add_option("--ranks-per-node", setup.cluster.ranks_per_node)->capture_default_str()->check(CLI::Range(1, 1024));
    app.add_option("--members", setup.members)->capture_default_str()->check(CLI::Range(1, 1 << 22));
    app.add_option("--items", setup.items, "of the test set; each has ten classes")->capture_default_str();
    app.add_option("--fold", setup.cluster.fold, "keep only one in so many items, at their whole cost")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    app.add_option("--seconds", setup.lengths.mean_s, "of a member, mean")->capture_default_str();
    app.add_option("--spread", setup.lengths.spread, "members take mean * (1 +- spread)")->capture_default_str();
    bool as_drawn = false;
    app.add_flag("--as-drawn", as_drawn, "hand members out in the order they were drawn, not longest first");
    app.add_option("--error", setup.lengths.error, "of the expected lengths: standard deviation of their logarithm")
        ->capture_default_str();
    app.add_option("--seed", setup.lengths.seed)->capture_default_str();
    app.add_option("--epochs", setup.epochs, "of a member")->capture_default_str();
    app.add_option("--lose", setup.failures.ranks, "so many ranks fall silent")->capture_default_str();
    app.add_option("--lose-at", setup.failures.at, "of the least time the run can take")->capture_default_str();
    app.add_option("--noticed-after", setup.failures.noticed_s, "seconds")->capture_default_str();
    app.add_flag("--no-recovery", fragile, "as runs that end when a rank is lost");
    CLI11_PARSE(app, argc, argv);
    setup.recovers = !fragile;
    setup.lengths.expected = !as_drawn;
    try {
        Simulation simulation(setup);
        simulation.run();
        std::printf("%s\n", simulation.report().dump(1).c_str());
    } catch (const std::exception& error) {
        std::fprintf(stderr, "simulate: error: %s\n", error.what());
        return 1;
    }
    return 0;
}
