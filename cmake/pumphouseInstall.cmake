# SPDX-License-Identifier: MIT
#
# Installs the headers, a package configuration for find_package(pumphouse) and a pkg-config file.
# All headers are installed, whatever was found here: the one who uses the package decides which
# parts he has the libraries for.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_DATADIR}/cmake/pumphouse")

install(TARGETS pumphouse EXPORT pumphouseTargets FILE_SET HEADERS)
install(DIRECTORY include/pumphouse DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.hpp" PATTERN "*.ipp")
install(EXPORT pumphouseTargets NAMESPACE pumphouse:: DESTINATION "${package_dir}")

configure_package_config_file(cmake/pumphouseConfig.cmake.in pumphouseConfig.cmake
                              INSTALL_DESTINATION "${package_dir}" NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(pumphouseConfigVersion.cmake COMPATIBILITY SameMinorVersion
                                 ARCH_INDEPENDENT)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/pumphouseConfig.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/pumphouseConfigVersion.cmake"
              cmake/pumphouseDependencies.cmake cmake/FindAsio.cmake
              cmake/FindLibJWT.cmake cmake/FindRapidJSON.cmake
        DESTINATION "${package_dir}")

configure_file(cmake/pumphouse.pc.in pumphouse.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/pumphouse.pc"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/pkgconfig")
install(FILES LICENSE docs/third-party.md DESTINATION "${CMAKE_INSTALL_DOCDIR}" OPTIONAL)
