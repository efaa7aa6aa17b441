#include "torch/allocation_policy.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace hcb {

std::string apply_allocation_policy(bool keep_heap) {
#ifdef __GLIBC__
  if (!keep_heap) return "glibc defaults";
  const bool mapped = mallopt(M_MMAP_MAX, 0) == 1;
  const bool kept = mallopt(M_TRIM_THRESHOLD, -1) == 1 && mallopt(M_TOP_PAD, 64 << 20) == 1;
  return mapped && kept ? "heap kept (no mmap, never trimmed, 64 MiB steps)"
                        : "glibc defaults (mallopt refused)";
#else
  return keep_heap ? "C library's defaults (no mallopt)" : "C library's defaults";
#endif
}

}  // namespace hcb
