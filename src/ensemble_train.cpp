#include "run/run_program.hpp"

using namespace ensemble;

int main(int argc, char** argv) {
    return run::run_program(argc, argv);
}
