// Trains on a table in memory, keeps the run, loads it again as another program would, and predicts: predict DIRECTORY
#include <cstdio>
#include <cstdlib>
#include <string>

#include <ensemble/ensemble.hpp>

namespace {

/// Flowers of two kinds, which differ in a number and a word.
ensemble::TextTable flowers() {
    ensemble::TextTable table{.columns = {"petal_length", "colour", "kind"}, .fields = {}};
    for (int row = 0; row < 200; ++row) {
        const bool is_rose = row % 2 == 0;
        table.fields.push_back(std::to_string((is_rose ? 4.0 : 2.0) + row * 37 % 100 / 100.0));
        table.fields.emplace_back(row % 3 == 0 ? "white" : "red");
        table.fields.emplace_back(is_rose ? "rose" : "tulip");
    }
    return table;
}

int train_and_predict(const std::string& directory) {
    const auto options = ensemble::Options().set("members", 4).set("epochs", 20).set("out", directory);
    const ensemble::Model trained = ensemble::Model::train(options, flowers());
    const ensemble::Model model = ensemble::Model::load(directory);
    const ensemble::TextTable row{.columns = {"colour", "petal_length"}, .fields = {"red", "4.5"}};
    const ensemble::Predictions p = model.predict(row, {.level = 0.9});
    std::printf("%zu members: %s with probability %.3f, entropy %.3f\n", model.members(),
                model.class_names()[static_cast<std::size_t>(p.labels[0])].c_str(),
                static_cast<double>(p.probabilities[0]), static_cast<double>(p.entropy[0]));
    const bool is_same = trained.predict(row).probabilities == p.probabilities;
    return is_same && model.class_names()[0] == "rose" && p.labels[0] == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        return train_and_predict(argc > 1 ? argv[1] : "flowers");
    } catch (const ensemble::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return error.exit_code();
    }
}
