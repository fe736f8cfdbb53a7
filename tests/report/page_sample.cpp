#include "page_sample.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "task/task.hpp"

namespace ensemble::report {
namespace {

using Json = nlohmann::ordered_json;

double share_of(std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

Json interval(double middle, double reach) {
    return Json::array({middle - reach, middle + reach});
}

/// Metrics of classification for an accuracy and a log loss.
Json class_metrics(double accuracy, double nll, double ece) {
    return {{"accuracy", accuracy},
            {"nll", nll},
            {"brier", 1.45 * (1 - accuracy)},
            {"ece", ece},
            {"balanced_accuracy", accuracy - 0.001},
            {"macro_f1", accuracy - 0.0008},
            {"auroc", 1 - 0.03 * (1 - accuracy)}};
}

Json number_metrics(double rmse) {
    return {{"rmse", rmse},        {"mae", 0.72 * rmse}, {"r2", 1 - 0.012 * rmse * rmse}, {"nll", 1.1 + 0.4 * rmse},
            {"crps", 0.55 * rmse}, {"coverage95", 0.931}};
}

Json gain_of(double accuracy, double nll, bool tested) {
    Json gain{{"accuracy", accuracy}, {"ci95", interval(accuracy, 0.0021)}};
    Json loss{{"gain", nll}, {"ci95", interval(nll, 0.007)}};
    if (tested) {
        gain["p_value"] = 3.1e-9;
        gain["only_ensemble"] = 341;
        gain["only_member"] = 142;
        loss["p_value"] = 2.2e-12;
    }
    gain["metrics"] = {{"nll", loss}};
    return gain;
}

Json base(std::string_view task, const Json& data, std::size_t members) {
    return {
        {"program", {{"version", "0.1.0"}, {"build", "GNU 12.2.0 Release"}, {"cpu", "avx2"}, {"evaluation_batch", 64}}},
        {"config",
         {{"data", data["name"]},
          {"net", "repeat(3)[ dense(48) relu dropout(0.1) ]"},
          {"members", members},
          {"combine", "average"},
          {"seed", 1}}},
        {"task", task},
        {"data", data},
        {"members", Json::array()},
        {"ensemble", Json::object()},
        {"gain", Json::object()},
        {"timing",
         {{"ranks", 8},
          {"wall_s", 61.2},
          {"train_s", 58.0},
          {"idle_s", 4.1},
          {"efficiency", 0.93},
          {"efficiency_bound", 0.98}}}};
}

Json by_size(std::size_t members, double best, double gain, double nll, double nll_gain) {
    Json sizes = Json::array();
    for (std::size_t size = 1; size <= members; ++size) {
        const double lack = 1 / static_cast<double>(size);
        const double reach = 0.006 * std::sqrt(lack * (1 - share_of(size, members + 1)));
        const double mean = best - gain * lack;
        const double loss = nll + nll_gain * lack;
        sizes.push_back({{"members", size},
                         {"mean", mean},
                         {"low", mean - reach},
                         {"high", mean + reach},
                         {"nll", {{"mean", loss}, {"low", loss - 4 * reach}, {"high", loss + 4 * reach}}}});
    }
    return sizes;
}

/// [members × members], symmetric, `diagonal` on it and values about `middle` elsewhere.
Json pairs(std::size_t members, double diagonal, double middle, double reach) {
    Json matrix = Json::array();
    for (std::size_t a = 0; a < members; ++a) {
        Json row = Json::array();
        for (std::size_t b = 0; b < members; ++b) {
            const auto key = static_cast<double>(std::min(a, b) * members + std::max(a, b));
            row.push_back(a == b ? diagonal : middle + reach * (noise(key) - 0.5));
        }
        matrix.push_back(row);
    }
    return matrix;
}

Json diversity(std::size_t members, double accuracy) {
    Json without = Json::array();
    for (std::size_t i = 0; i < members; ++i) {
        without.push_back({{"member", i},
                           {"accuracy", accuracy - 0.002 * (noise(static_cast<double>(i)) - 0.3)},
                           {"nll", 0.15 + 0.004 * noise(static_cast<double>(i) + 0.5)}});
    }
    Json twins = Json::array();
    if (members > 5) twins.push_back({2, 5});
    return {{"ambiguity", {{"mean_member_error", 0.1095}, {"diversity", 0.0381}, {"ensemble_error", 0.0714}}},
            {"ambiguity_nll", {{"mean_member_error", 0.2756}, {"diversity", 0.1417}, {"ensemble_error", 0.1339}}},
            {"disagreement", pairs(members, 0, 0.07, 0.03)},
            {"q_statistic", pairs(members, 1, 0.91, 0.1)},
            {"kappa", pairs(members, 1, 0.55, 0.2)},
            {"correlation", pairs(members, 1, 0.5, 0.2)},
            {"leave_one_out", without},
            {"twins", twins}};
}

Json calibration() {
    Json bins = Json::array();
    Json curve = Json::array();
    Json band = Json::array();
    constexpr std::size_t count = 15;
    for (std::size_t bin = 0; bin < count; ++bin) {
        const double low = share_of(bin, count);
        const double middle = low + 0.5 / count;
        const double right = std::clamp(middle + 0.05 * std::sin(2 * std::numbers::pi * middle), 0.0, 1.0);
        bins.push_back({{"low", low},
                        {"high", share_of(bin + 1, count)},
                        {"rows", bin < 2 ? 0 : static_cast<int>(20 * std::exp(0.42 * static_cast<double>(bin)))},
                        {"confidence", middle},
                        {"accuracy", right}});
        curve.push_back({middle, right});
        band.push_back({middle, std::max(0.0, middle - 0.04), std::min(1.0, middle + 0.04)});
    }
    return {{"ece", 0.0161},
            {"adaptive_ece", 0.0158},
            {"debiased_ece", 0.0139},
            {"classwise_ece", 0.0061},
            {"bins", bins},
            {"reliability",
             {{"curve", curve},
              {"band", band},
              {"miscalibration", 0.0009},
              {"discrimination", 0.0312},
              {"uncertainty", 0.0441}}},
            {"temperature", 1.137},
            {"temperature_rows", 600},
            {"at_temperature", class_metrics(0.9542, 0.1471, 0.0094)}};
}

Json selective() {
    Json curve = Json::array();
    for (std::size_t i = 1; i <= 100; ++i) {
        const double coverage = share_of(i, 100);
        curve.push_back({coverage, 0.046 * std::pow(coverage, 4)});
    }
    return {{"measures", {"entropy", "mutual_information", "vote_entropy"}},
            {"selective",
             {{"curve", curve}, {"aurc", 0.0092}, {"augrc", 0.0071}, {"risk_at_80", 0.0188}, {"coverage_at_5", 1.0}}}};
}

Json set_entry(std::string_view method, double level, double guaranteed, double coverage, std::string_view size,
               double mean) {
    return {{"method", method},
            {"level", level},
            {"calibration_rows", 600},
            {"guaranteed", guaranteed},
            {"coverage", coverage},
            {"ci95", interval(coverage, 0.0055)},
            {std::string(size), mean},
            {"groups", Json::array({{{"name", "first"},
                                     {"rows", 1018},
                                     {"coverage", coverage - 0.042},
                                     {"ci95", interval(coverage - 0.042, 0.02)}},
                                    {{"name", "second"},
                                     {"rows", 991},
                                     {"coverage", coverage + 0.006},
                                     {"ci95", interval(coverage + 0.006, 0.018)}},
                                    {{"name", "none"}, {"rows", 0}, {"coverage", nullptr}, {"ci95", {0, 1}}}})}};
}

Json shifts(std::string_view name, double accuracy) {
    Json entries = Json::array();
    for (int step = 0; step <= 6; ++step) {
        const double worse = step / 6.0;
        entries.push_back(
            {{"name", name},
             {"value", 30.0 * step},
             {"unit", name == "rotate" ? "degrees" : "standard deviations"},
             {"ensemble", class_metrics(accuracy - 0.6 * worse, 0.15 + 2.0 * worse, 0.016 + 0.2 * worse)},
             {"mean_member", class_metrics(accuracy - 0.024 - 0.62 * worse, 0.28 + 2.9 * worse, 0.034 + 0.3 * worse)},
             {"mc_dropout", class_metrics(accuracy - 0.02 - 0.61 * worse, 0.25 + 2.5 * worse, 0.03 + 0.26 * worse)}});
    }
    return entries;
}

Json ood() {
    Json scores = Json::array();
    for (const char* name : {"entropy", "mutual_information", "largest_probability", "variance"}) {
        const double auroc = 0.94 + 0.04 * noise(static_cast<double>(scores.size()));
        scores.push_back({{"name", name}, {"auroc", auroc}, {"aupr", auroc - 0.01}, {"fpr95", 1.9 * (1 - auroc)}});
    }
    return {{"data", "fashion-mnist"}, {"rows", 10000}, {"scores", scores}};
}

/// Lines of history.jsonl: losses that fall, and a score that rises (or, of regression, falls) from `first` to `last`.
std::string history(std::size_t members, std::size_t epochs, const std::string& score, double first, double last) {
    std::string lines;
    for (std::size_t member = 0; member < members; ++member) {
        for (std::size_t epoch = 1; epoch <= epochs; ++epoch) {
            const double left = std::exp(-6 * share_of(epoch, epochs)) * (1 + 0.2 * noise(static_cast<double>(member)));
            const double wobble = 0.02 * noise(static_cast<double>(member * epochs + epoch));
            const double past = share_of(epoch, epochs);
            lines += Json{{"member", member},
                          {"epoch", epoch},
                          {"train_loss", 2.1 * left + 0.05},
                          {"validation_loss", 1.9 * left + 0.25 + 0.06 * past * past + wobble},
                          {"validation_" + score, last - (last - first) * left + wobble * 0.2},
                          {"lr", 0.001},
                          {"seconds", 0.31},
                          {"samples_per_s", 17000.0}}
                         .dump() +
                     "\n";
        }
    }
    return lines;
}

std::string timeline(std::size_t ranks, std::size_t members) {
    std::string lines;
    for (std::size_t rank = 0; rank < ranks; ++rank) {
        double now = 0.4;
        const auto add = [&](const std::string& what, double seconds) {
            lines += Json{{"rank", rank}, {"what", what}, {"from", now}, {"to", now + seconds}}.dump() + "\n";
            now += seconds;
        };
        for (std::size_t member = rank; member < members; member += ranks) {
            add("train", 6 + 2 * noise(static_cast<double>(member)));
            add("predict", 0.5);
        }
        add("wait", 18.5 * std::ceil(share_of(members, ranks)) / 2 - std::min(now, 8.0));
        add("combine", 0.6);
    }
    return lines;
}

Json member(std::size_t index, const Json& validation, const Json& test) {
    return {{"index", index},
            {"net", index % 4 == 3 ? "dense(96) relu" : "repeat(3)[ dense(48) relu dropout(0.1) ]"},
            {"parameters", 42874},
            {"epochs", 20},
            {"train_s", 6.2 + noise(static_cast<double>(index))},
            {"validation", validation},
            {"test", test},
            {"excluded", nullptr}};
}

Json confusion(std::size_t classes, std::size_t rows) {
    Json matrix = Json::array();
    for (std::size_t truth = 0; truth < classes; ++truth) {
        Json row = Json::array();
        for (std::size_t taken = 0; taken < classes; ++taken) {
            const double often = noise(static_cast<double>(truth * classes + taken));
            row.push_back(truth == taken ? rows
                                         : static_cast<std::size_t>(0.012 * static_cast<double>(rows) * often * often));
        }
        matrix.push_back(row);
    }
    return matrix;
}

}  // namespace

double noise(double key) {
    const double value = std::sin(key * 12.9898 + 4.1414) * 43758.5453;
    return value - std::floor(value);
}

PageSample classification_sample(std::size_t members, std::size_t epochs) {
    constexpr double accuracy = 0.9542;
    Json names = Json::array({"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"});
    const Json data{{"name", "digits"},
                    {"sha256", std::string(64, 'a')},
                    {"train", 5400},
                    {"validation", 600},
                    {"test", 10000},
                    {"shape", {28, 28}},
                    {"classes", 10},
                    {"class_names", names},
                    {"baseline", {{"class", "two"}, {"accuracy", 0.1018}}}};
    Json summary = base("classification", data, members);
    for (std::size_t i = 0; i < members; ++i) {
        const double change = 0.006 * (noise(static_cast<double>(i)) - 0.5);
        const Json scores = class_metrics(0.9306 + change, 0.2756 - 3 * change, 0.034 - change / 2);
        summary["members"].push_back(member(i, scores, scores));
    }
    Json& ensemble = summary["ensemble"];
    double nll = 0.1528;
    for (const char* name : {"average", "vote", "geometric", "weighted", "greedy", "stacking"}) {
        ensemble[name] = class_metrics(accuracy - 0.05 * (nll - 0.1528), nll, 0.016 + 0.01 * noise(nll));
        nll += 0.003;
    }
    ensemble["mean_member"] = class_metrics(0.9306, 0.2756, 0.034);
    ensemble["best_member"] = {{"index", 1}, {"test", class_metrics(0.9328, 0.2701, 0.033)}};
    ensemble["recall"] = Json::array();
    for (std::size_t label = 0; label < names.size(); ++label)
        ensemble["recall"].push_back(0.93 + 0.05 * noise(static_cast<double>(label)));
    ensemble["confusion"] = confusion(names.size(), 950);
    Json& gain = summary["gain"];
    gain = {{"over_mean_member", gain_of(0.0236, 0.1228, false)},
            {"over_best_member", gain_of(0.0214, 0.1173, true)},
            {"combine", "average"}};
    for (const char* name : {"average", "vote", "greedy"}) {
        gain[name] = {{"over_mean_member", gain_of(0.0236, 0.1228, false)},
                      {"over_best_member", gain_of(0.0214, 0.1173, true)}};
    }
    gain["by_size"] = by_size(members, accuracy, 0.0236, 0.1528, 0.1228);
    summary["diversity"] = diversity(members, accuracy);
    summary["calibration"] = calibration();
    summary["uncertainty"] = selective();
    summary["conformal"] = Json::array({set_entry("APS", 0.9, 0.9, 0.913, "mean_size", 1.14),
                                        set_entry("RAPS", 0.9, 0.9, 0.906, "mean_size", 1.09),
                                        set_entry("APS", 0.95, 0.95, 0.957, "mean_size", 1.31)});
    summary["shift"] = shifts("rotate", accuracy);
    for (const Json& entry : shifts("noise", accuracy)) summary["shift"].push_back(entry);
    summary["ood"] = ood();
    return {.summary = summary,
            .history = history(members, epochs, "accuracy", 0.5, 0.93),
            .timeline = timeline(8, members),
            .extras = {.examples = image_examples()}};
}

PageSample regression_sample(std::size_t members, std::size_t epochs) {
    const Json data{{"name", "energy.csv"},
                    {"sha256", std::string(64, 'b')},
                    {"train", 500},
                    {"validation", 60},
                    {"test", 154},
                    {"shape", {8}},
                    {"targets", {"heating", "cooling"}},
                    {"baseline", number_metrics(10.1)}};
    Json summary = base("regression", data, members);
    for (std::size_t i = 0; i < members; ++i) {
        const Json scores = number_metrics(2.1 + 0.4 * noise(static_cast<double>(i)));
        summary["members"].push_back(member(i, scores, scores));
    }
    summary["config"]["combine"] = "mixture";
    summary["ensemble"] = {{"mixture", number_metrics(1.84)},
                           {"median", number_metrics(1.87)},
                           {"trimmed", number_metrics(1.85)},
                           {"mean_member", number_metrics(2.3)},
                           {"best_member", {{"index", 0}, {"test", number_metrics(2.2)}}}};
    const Json over{{"rmse", 0.46},
                    {"ci95", interval(0.46, 0.1)},
                    {"p_value", 0.0004},
                    {"metrics", {{"nll", {{"gain", 0.18}, {"ci95", interval(0.18, 0.05)}, {"p_value", 0.002}}}}}};
    summary["gain"] = {{"over_mean_member", over},
                       {"over_best_member", over},
                       {"combine", "mixture"},
                       {"by_size", by_size(members, 1.84, -0.46, 1.8, 0.2)}};
    summary["conformal"] = Json::array({set_entry("split", 0.9, 0.9, 0.91, "mean_width", 6.1),
                                        set_entry("CQR", 0.9, 0.9, 0.903, "mean_width", 5.6),
                                        set_entry("cv+", 0.9, 0.8, 0.921, "mean_width", 5.4)});
    summary["calibration"] = interval_calibration();
    summary["config"]["coverage-by"] = "height";
    return {.summary = summary,
            .history = history(members, epochs, "rmse", 10, 2),
            .timeline = "",
            .extras = {.examples = number_examples({"heating", "cooling"}),
                       .scatters = scatters({"heating", "cooling"}, 400),
                       .importance = column_importance("rmse", 2.1, 8)}};
}

PageSample plane_sample() {
    PageSample sample = classification_sample(4, 20);
    Json& data = sample.summary["data"];
    data["name"] = "plane.csv";
    data["shape"] = {2};
    data["classes"] = 3;
    data["class_names"] = {"left", "right", "top"};
    sample.summary["ensemble"]["confusion"] = confusion(3, 300);
    sample.extras = {
        .examples = table_examples(), .regions = plane_regions(3), .importance = column_importance("accuracy", 0.3, 2)};
    return sample;
}

}  // namespace ensemble::report
