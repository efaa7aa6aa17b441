# hcb_torch: LibTorch of an installed torch wheel, linked directly. No find_package(Torch): its
# configuration of CUDA wheels demands a CUDA toolkit, which nothing here needs.
#
#   HCB_TORCH=auto   the torch that tools/setup installed; without one as off
#   HCB_TORCH=off    no hcb_torch: hcb-run then says what is missing, all else is the same
#   HCB_TORCH=PATH   a torch package (the folder with include/ and lib/), or a Python environment

set(HCB_TORCH auto CACHE STRING "LibTorch for hcb-run: auto, off, or the path of a torch package")

# The folder of the torch package, or empty.
function(hcb_find_torch result)
  set(place ${HCB_TORCH})
  if(place STREQUAL auto)
    execute_process(COMMAND ${PROJECT_SOURCE_DIR}/tools/setup --print python torch
      OUTPUT_VARIABLE python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    if(failed)
      set(${result} "" PARENT_SCOPE)
      return()
    endif()
    cmake_path(GET python PARENT_PATH bin)
    cmake_path(GET bin PARENT_PATH place)
  endif()
  file(GLOB inside ${place}/lib/python3*/site-packages/torch)
  foreach(candidate ${place} ${inside})
    if(EXISTS ${candidate}/include/ATen/core/Tensor.h AND EXISTS ${candidate}/lib/libtorch_cpu.so)
      set(${result} ${candidate} PARENT_SCOPE)
      return()
    endif()
  endforeach()
  if(NOT HCB_TORCH STREQUAL auto)
    message(FATAL_ERROR "HCB_TORCH=${HCB_TORCH}: no torch package there (include/ATen, lib/libtorch_cpu.so)")
  endif()
  set(${result} "" PARENT_SCOPE)
endfunction()

# Wheels up to 2.5 have the C++ standard library's old ABI.
function(hcb_check_torch_abi torch)
  file(STRINGS ${torch}/lib/libc10.so names REGEX "__cxx11" LIMIT_COUNT 1)
  if(NOT names)
    message(FATAL_ERROR "${torch} was built with the old C++ ABI: a torch from 2.7 on is needed")
  endif()
endfunction()

set(hcb_torch_dir "")
if(HCB_SANITIZE)
  message(STATUS "hcb_torch: not built under sanitizers")  # LibTorch's own libraries are not instrumented
elseif(NOT HCB_TORCH STREQUAL off)
  hcb_find_torch(hcb_torch_dir)
endif()

if(hcb_torch_dir)
  hcb_check_torch_abi(${hcb_torch_dir})
  message(STATUS "hcb_torch: ${hcb_torch_dir}")
  file(GLOB python ${hcb_torch_dir}/../../../../bin/python3)
  set(HCB_TORCH_PYTHON ${python} CACHE FILEPATH "Python that the torch belongs to (for tests/runtime)")
  hcb_library(torch DEPENDS hcb_runtime)
  # libtorch_cuda is left out on purpose: it is loaded where CUDA is asked for.
  set(HCB_TORCH_INCLUDE ${hcb_torch_dir}/include)
  set(HCB_TORCH_LIBRARIES ${hcb_torch_dir}/lib/libtorch_cpu.so ${hcb_torch_dir}/lib/libc10.so
    -Wl,-rpath,${hcb_torch_dir}/lib -Wl,--unresolved-symbols=ignore-in-shared-libs)
  foreach(name HCB_TORCH_INCLUDE HCB_TORCH_LIBRARIES)
    set(${name} ${${name}} PARENT_SCOPE)  # for tests and benchmarks
  endforeach()
  target_include_directories(hcb_torch SYSTEM PRIVATE ${HCB_TORCH_INCLUDE})
  target_link_libraries(hcb_torch PUBLIC ${HCB_TORCH_LIBRARIES} ${CMAKE_DL_LIBS})
elseif(NOT HCB_SANITIZE)
  message(STATUS "hcb_torch: no torch, hcb-run will run nothing (tools/setup torch installs it)")
endif()
