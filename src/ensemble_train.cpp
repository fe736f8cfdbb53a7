#include "run/run_program.hpp"
#include "run/train_program.hpp"

using namespace ensemble;

int main(int argc, char** argv) {
    return run::run_program({.name = "ensemble_train", .run = run::train_ensemble}, argc, argv);
}
