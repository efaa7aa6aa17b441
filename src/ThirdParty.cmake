# What is linked into the static hcb, in one table: hcb --version -v and the notices that packages
# carry are made from it. Versions are those of the headers compiled against, or of the C library.

# The n-th group of the first match in a file.
function(hcb_version_in file pattern result)
  file(STRINGS ${file} lines REGEX "${pattern}" LIMIT_COUNT 1)
  if(NOT lines MATCHES "${pattern}")
    message(FATAL_ERROR "${file}: no line matches ${pattern}")
  endif()
  set(${result} ${CMAKE_MATCH_1} PARENT_SCOPE)
endfunction()

# MAJOR.MINOR.PATCH from three lines `#define NAME_MAJOR 1`.
function(hcb_version_of_parts file major minor patch result)
  set(parts "")
  foreach(part ${major} ${minor} ${patch})
    hcb_version_in(${file} "define +${part} +([0-9]+)" number)
    list(APPEND parts ${number})
  endforeach()
  list(JOIN parts . version)
  set(${result} ${version} PARENT_SCOPE)
endfunction()

find_path(HCB_XXHASH_INCLUDE xxhash.h REQUIRED)
find_path(HCB_SPDLOG_INCLUDE spdlog/version.h REQUIRED)
find_path(HCB_ZLIB_INCLUDE zlib.h REQUIRED)
find_file(HCB_GLIBC_FEATURES features.h REQUIRED)
mark_as_advanced(HCB_XXHASH_INCLUDE HCB_SPDLOG_INCLUDE HCB_ZLIB_INCLUDE HCB_GLIBC_FEATURES)
hcb_version_of_parts(${HCB_HIGHS_PREFIX}/include/highs/HConfig.h
  HIGHS_VERSION_MAJOR HIGHS_VERSION_MINOR HIGHS_VERSION_PATCH hcb_highs_version)
hcb_version_of_parts(${HCB_XXHASH_INCLUDE}/xxhash.h
  XXH_VERSION_MAJOR XXH_VERSION_MINOR XXH_VERSION_RELEASE hcb_xxhash_version)
hcb_version_of_parts(${HCB_SPDLOG_INCLUDE}/spdlog/version.h
  SPDLOG_VER_MAJOR SPDLOG_VER_MINOR SPDLOG_VER_PATCH hcb_spdlog_version)
hcb_version_in(${HCB_ZLIB_INCLUDE}/zlib.h "define ZLIB_VERSION \"([0-9.]+)\"" hcb_zlib_version)
hcb_version_in(${HCB_GLIBC_FEATURES} "define[ \t]+__GLIBC__[ \t]+([0-9]+)" hcb_glibc_major)
hcb_version_in(${HCB_GLIBC_FEATURES} "define[ \t]+__GLIBC_MINOR__[ \t]+([0-9]+)" hcb_glibc_minor)
hcb_version_in(${HCB_ONNX_PREFIX}/include/onnx/common/version.h
  "define ONNX_VERSION_STRING \"([^\"]+)\"" hcb_onnx_version)

# Name, version, licence, then the files that hold its text; a file that is not there is left out.
set(hcb_licences ${PROJECT_SOURCE_DIR}/tools/licences)
set(hcb_doc /usr/share/doc)
set(hcb_common /usr/share/common-licenses)
set(hcb_third_party
  "ONNX|${hcb_onnx_version}|Apache-2.0|${HCB_ONNX_PREFIX}/share/licenses/LICENSE"
  "protobuf|${Protobuf_VERSION}|BSD-3-Clause|${hcb_doc}/libprotobuf-dev/copyright"
  "zlib|${hcb_zlib_version}|Zlib|${hcb_doc}/zlib1g-dev/copyright"
  "HiGHS|${hcb_highs_version}|MIT|${hcb_licences}/HiGHS.txt"
  "Boost|${Boost_VERSION_STRING}|BSL-1.0|${hcb_licences}/BSL-1.0.txt"
  "fmt|${fmt_VERSION}|MIT|${hcb_doc}/libfmt-dev/copyright"
  "spdlog|${hcb_spdlog_version}|MIT|${hcb_doc}/libspdlog-dev/copyright"
  "nlohmann-json|${nlohmann_json_VERSION}|MIT|${hcb_doc}/nlohmann-json3-dev/copyright"
  "CLI11|${CLI11_VERSION}|BSD-3-Clause|${hcb_doc}/libcli11-dev/copyright"
  "xxHash|${hcb_xxhash_version}|BSD-2-Clause|${hcb_doc}/libxxhash-dev/copyright"
  "glibc|${hcb_glibc_major}.${hcb_glibc_minor}|LGPL-2.1-or-later|${hcb_doc}/libc6-dev/copyright|${hcb_common}/LGPL-2.1")
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  string(REGEX MATCH "^[0-9]+" hcb_gcc ${CMAKE_CXX_COMPILER_VERSION})
  list(APPEND hcb_third_party
    "libstdc++|${CMAKE_CXX_COMPILER_VERSION}|GPL-3.0-or-later WITH GCC-exception-3.1|${hcb_doc}/gcc-${hcb_gcc}-base/copyright|${hcb_common}/GPL-3")
endif()

# The notices, and the rows that src/cli/version.cc includes.
set(hcb_notices "Libraries linked into hcb ${PROJECT_VERSION}, and their licences.\n\nhcb itself: Apache-2.0, see LICENSE.\nglibc may be replaced: hcb's sources and tools/setup relink it with another one.\n\n")
set(hcb_library_rows "")
set(hcb_texts "")
foreach(row ${hcb_third_party})
  string(REPLACE "|" ";" cells "${row}")
  list(POP_FRONT cells name version licence)
  string(APPEND hcb_library_rows "{\"${name}\", \"${version}\", \"${licence}\"},\n")
  string(APPEND hcb_notices "  ${name} ${version}: ${licence}\n")
  foreach(file ${cells})
    if(EXISTS ${file})
      file(READ ${file} text)
      string(APPEND hcb_texts "\n${name} ${version} (${licence})\n\n${text}")
    else()
      message(STATUS "third-party notices: no ${file}")
    endif()
  endforeach()
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/THIRD-PARTY-NOTICES.txt
  CONTENT "${hcb_notices}${hcb_texts}" @ONLY)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/generated/hcb_libraries.inc CONTENT "${hcb_library_rows}")
