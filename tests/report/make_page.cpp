// Makes a page to be looked at, of a finished run or of made-up results: make_page RUN PAGE.

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "page_sample.hpp"

using namespace ensemble;

namespace {

std::string content(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

report::PageSample run(const std::filesystem::path& directory) {
    return {.summary = nlohmann::ordered_json::parse(content(directory / "summary.json")),
            .history = content(directory / "history.jsonl"),
            .timeline = content(directory / "timeline.jsonl"),
            .extras = {}};
}

}  // namespace

int main(int count, char** words) {
    if (count != 3) {
        std::cerr << "usage: make_page RUN|classification|many|regression|plane PAGE\n";
        return 2;
    }
    const std::string what = words[1];
    const report::PageSample sample = what == "classification" ? report::classification_sample(8, 50)
                                      : what == "many"         ? report::classification_sample(64, 50)
                                      : what == "regression"   ? report::regression_sample(5, 100)
                                      : what == "plane"        ? report::plane_sample()
                                                               : run(what);
    std::ofstream(words[2], std::ios::binary) << sample.page();
}
