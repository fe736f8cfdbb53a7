#include "run/report_program.hpp"
#include "run/run_program.hpp"

using namespace ensemble;

int main(int argc, char** argv) {
    return run::run_program({.name = "ensemble_report", .run = run::report_run}, argc, argv);
}
