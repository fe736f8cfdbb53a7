#include <cstdio>

#include <ensemble/version.hpp>

int main() {
    std::printf("%s\n", ensemble::config::version().c_str());
    return ensemble::config::version() == ensemble::header_version ? 0 : 1;
}
