#include "support/small_stack.h"

#include <cstdio>
#include <cstdlib>

#include <pthread.h>

namespace hcb {
namespace {

void* run(void* work) {
  (*static_cast<const std::function<void()>*>(work))();
  return nullptr;
}

void must_be_zero(int error, const char* what) {
  if (error == 0) return;
  std::fprintf(stderr, "%s failed: error %d\n", what, error);
  std::abort();
}

}  // namespace

void on_small_stack(std::size_t bytes, const std::function<void()>& work) {
  pthread_attr_t attributes;
  pthread_t thread;
  must_be_zero(pthread_attr_init(&attributes), "pthread_attr_init");
  must_be_zero(pthread_attr_setstacksize(&attributes, bytes), "pthread_attr_setstacksize");
  std::function<void()> copy = work;
  must_be_zero(pthread_create(&thread, &attributes, run, &copy), "pthread_create");
  must_be_zero(pthread_join(thread, nullptr), "pthread_join");
  pthread_attr_destroy(&attributes);
}

}  // namespace hcb
