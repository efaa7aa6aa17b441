# What `cmake --install` and the Debian package hold: the static binary and what a person reads
# beside it. hcb-run is left out: it belongs to the torch wheel it was linked against.
include(GNUInstallDirs)
set(hcb_data ${CMAKE_INSTALL_DATADIR}/hcb)

install(TARGETS hcb RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${PROJECT_BINARY_DIR}/THIRD-PARTY-NOTICES.txt DESTINATION ${CMAKE_INSTALL_DOCDIR}
  RENAME copyright)  # the name that Debian asks for
install(DIRECTORY docs/ DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN "*.md" PATTERN decisions EXCLUDE PATTERN schema EXCLUDE)
# Manual page and completion scripts, where the target `share` was built (src/Share.cmake).
install(DIRECTORY ${HCB_SHARE}/ DESTINATION ${CMAKE_INSTALL_DATADIR} OPTIONAL
  PATTERN "*hcb-run*" EXCLUDE)
install(DIRECTORY docs/schema proto examples DESTINATION ${hcb_data} PATTERN __pycache__ EXCLUDE)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME hcb)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "The hcb authors <hcb@users.noreply.github.com>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "planner for the memory of training neural networks")
set(CPACK_PACKAGE_DESCRIPTION
  "hcb says what a training step needs in memory, without running anything, and writes
a plan that fits: which tensors to keep, which ops to run again and when, with a
proved lower bound beside it. It reads ONNX models and exported PyTorch steps.")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "")  # fully static
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS OFF)
include(CPack)
