# SPDX-License-Identifier: MIT
#
# Finds standalone Asio by its headers, for systems whose package brings no CMake configuration
# (Debian's libasio-dev). Defines asio::asio, Asio_FOUND and Asio_VERSION.
find_path(Asio_INCLUDE_DIR NAMES asio.hpp)
mark_as_advanced(Asio_INCLUDE_DIR)

if(Asio_INCLUDE_DIR AND EXISTS "${Asio_INCLUDE_DIR}/asio/version.hpp")
    file(STRINGS "${Asio_INCLUDE_DIR}/asio/version.hpp" Asio_version_line
         REGEX "^#define ASIO_VERSION +[0-9]+")
    string(REGEX MATCH "[0-9]+" Asio_version_number "${Asio_version_line}")
    math(EXPR Asio_major "${Asio_version_number} / 100000")
    math(EXPR Asio_minor "${Asio_version_number} / 100 % 1000")
    math(EXPR Asio_patch "${Asio_version_number} % 100")
    set(Asio_VERSION "${Asio_major}.${Asio_minor}.${Asio_patch}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Asio REQUIRED_VARS Asio_INCLUDE_DIR VERSION_VAR Asio_VERSION)

if(Asio_FOUND AND NOT TARGET asio::asio)
    find_package(Threads QUIET)
    add_library(asio::asio INTERFACE IMPORTED)
    set_target_properties(
        asio::asio
        PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${Asio_INCLUDE_DIR}"
                   INTERFACE_COMPILE_DEFINITIONS ASIO_STANDALONE
                   INTERFACE_LINK_LIBRARIES Threads::Threads)
endif()
