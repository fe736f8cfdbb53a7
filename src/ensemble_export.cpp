#include "run/export_program.hpp"
#include "run/run_program.hpp"

using namespace ensemble;

int main(int argc, char** argv) {
    return run::run_program({.name = "ensemble_export", .run = run::export_run}, argc, argv);
}
