#include "run/run_program.hpp"

int main(int argc, char** argv) {
    return run::run_program(argc, argv);
}
