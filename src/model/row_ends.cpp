#include "model/row_ends.hpp"

#include <algorithm>

namespace ensemble::model {

RowEnds::RowEnds(RowEnds& before, const compute::Window& window)
    : steps_(before.steps_.size()), before_{&before}, window_(window) {
    before.followers_.push_back(this);
}

RowEnds::RowEnds(std::span<RowEnds* const> beside) : steps_(beside.front()->steps_.size()) {
    for (RowEnds* each : beside) {
        before_.push_back(each);
        each->followers_.push_back(this);
    }
}

void RowEnds::tell_others() const {
    for (RowEnds* follower : followers_) {
        follower->follow();
        follower->tell_others();
    }
}

void RowEnds::follow() {
    for (std::size_t row = 0; row < steps_.size(); ++row) {
        std::size_t most = 0;
        for (const RowEnds* before : before_) most = std::max(most, before->steps_[row]);
        steps_[row] = window_ ? window_->positions(most) : most;
    }
}

bool RowEnds::is_behind(const RowEnds& before, const compute::Window& window) const noexcept {
    const bool has_window = window_ && window_->stride == window.stride && window_->padding == window.padding &&
                            (window.padding == compute::Padding::same || window_->size == window.size);
    return has_window && before_.front() == &before;
}

}  // namespace ensemble::model
