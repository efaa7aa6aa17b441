// hcb's counting allocator for a Python process: what eager allocates is counted as hcb-run counts.
//
//     counting = ctypes.CDLL("libhcb_counting.so"); counting.hcb_install()
#include "torch/counting_allocator.h"

extern "C" {

void hcb_install() { static_cast<void>(hcb::install_counting_allocator()); }
void hcb_mark() { hcb::install_counting_allocator().mark(); }
std::int64_t hcb_live() { return hcb::install_counting_allocator().live(); }
std::int64_t hcb_peak() { return hcb::install_counting_allocator().peak(); }
}
