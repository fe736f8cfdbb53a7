#pragma once

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>

#include <boost/test/unit_test.hpp>

namespace ensemble::testing {

/// While it lives this thread obeys the permissions of files, even as root: it lacks the capabilities that overrule
/// them. Files stay its own, unlike with another user's number.
class ObeysPermissions {
public:
    ObeysPermissions() {
        BOOST_TEST_REQUIRE(::syscall(SYS_capget, &header_, before_.data()) == 0);
        auto lowered = before_;
        constexpr std::uint32_t overruling = (1U << CAP_DAC_OVERRIDE) | (1U << CAP_DAC_READ_SEARCH);
        lowered[0].effective &= ~overruling;
        BOOST_TEST_REQUIRE(::syscall(SYS_capset, &header_, lowered.data()) == 0);
    }
    ~ObeysPermissions() { ::syscall(SYS_capset, &header_, before_.data()); }
    ObeysPermissions(const ObeysPermissions&) = delete;
    ObeysPermissions& operator=(const ObeysPermissions&) = delete;

private:
    __user_cap_header_struct header_{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> before_{};
};

}  // namespace ensemble::testing
