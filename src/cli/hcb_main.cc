#include "cli/run.h"

int main(int argc, char** argv) { return hcb::run_hcb(argc, argv); }
