#include "report/page/sections.hpp"

#include <array>

namespace ensemble::report {
namespace {

constexpr std::array all{
    Section{"members", "Members and ensemble", members_section},
    Section{"combinations", "Ways to combine", combinations_section},
    Section{"size", "How many members", gain_by_size_section},
    Section{"diversity", "How the members differ", diversity_section},
    Section{"learning", "Learning curves", learning_section},
    Section{"calibration", "Can its probabilities be believed?", calibration_section},
    Section{"selective", "Answering only when sure", selective_section},
    Section{"conformal", "Sets and intervals with a guarantee", conformal_section},
    Section{"confusion", "What is taken for what", confusion_section},
    Section{"examples", "Rows worth looking at", examples_section},
    Section{"predicted", "Predictions of numbers", predicted_section},
    Section{"regions", "Decision regions", regions_section},
    Section{"importance", "What the columns are worth", importance_section},
    Section{"shift", "When the data change", shift_section},
    Section{"ood", "Data from elsewhere", ood_section},
    Section{"timeline", "What the ranks did", timeline_section},
    Section{"repeat", "How to repeat this run", repeat_section},
};

}  // namespace

std::span<const Section> sections() noexcept {
    return all;
}

}  // namespace ensemble::report
