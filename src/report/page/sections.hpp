#pragma once

#include <span>
#include <string_view>

#include "report/page/source.hpp"

namespace ensemble::report {

/// A part of the page: one entry in the table of sections.cpp. Its functions stand in a file of their own.
struct Section {
    std::string_view id;     ///< what links to it name
    std::string_view title;  ///< heading, and its line in the contents
    /// Words, figures with their data, tables; nothing where there is nothing to show, and the section is left out.
    Markup (*write)(const Source& source);
};

/// All of them, in the order of the page. A new section is an entry there.
[[nodiscard]] std::span<const Section> sections() noexcept;

/// What has come out in a sentence, without markup: "Eight members are right on 97.12 % of the test rows, …".
[[nodiscard]] std::string headline(const Source& source);

/// What stands below it: the gain with its evidence, the data, the figures that matter most.
[[nodiscard]] Markup lead(const Source& source);

[[nodiscard]] Markup members_section(const Source& source);
[[nodiscard]] Markup combinations_section(const Source& source);
[[nodiscard]] Markup gain_by_size_section(const Source& source);
[[nodiscard]] Markup learning_section(const Source& source);
[[nodiscard]] Markup calibration_section(const Source& source);
[[nodiscard]] Markup selective_section(const Source& source);
[[nodiscard]] Markup conformal_section(const Source& source);
[[nodiscard]] Markup confusion_section(const Source& source);
[[nodiscard]] Markup diversity_section(const Source& source);
[[nodiscard]] Markup examples_section(const Source& source);
[[nodiscard]] Markup predicted_section(const Source& source);
[[nodiscard]] Markup regions_section(const Source& source);
[[nodiscard]] Markup importance_section(const Source& source);
[[nodiscard]] Markup shift_section(const Source& source);
[[nodiscard]] Markup ood_section(const Source& source);
[[nodiscard]] Markup timeline_section(const Source& source);
[[nodiscard]] Markup repeat_section(const Source& source);

}  // namespace ensemble::report
