#include "run/predict_program.hpp"
#include "run/run_program.hpp"

using namespace ensemble;

int main(int argc, char** argv) {
    return run::run_program({.name = "ensemble_predict", .run = run::predict_rows}, argc, argv);
}
