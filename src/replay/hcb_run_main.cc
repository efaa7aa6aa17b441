#include "replay/hcb_run.h"

#ifdef HCB_WITH_TORCH
namespace {

hcb::Result<std::unique_ptr<hcb::TorchMachine>> open_machine(const hcb::TorchOptions& options) {
  return hcb::open_torch(options);
}

}  // namespace
#else
namespace {

hcb::Result<std::unique_ptr<hcb::TorchMachine>> open_machine(const hcb::TorchOptions&) {
  return hcb::fail(hcb::ErrorKind::bad_input,
                   "this hcb-run was built without LibTorch and cannot run a step",
                   "tools/setup torch installs it; then configure and build again");
}

}  // namespace
#endif

int main(int argc, char** argv) { return hcb::run_hcb_run(argc, argv, open_machine); }
