# SPDX-License-Identifier: MIT
#
# Finds libjwt and the Jansson it is made of, which bring no CMake configuration (Debian's
# libjwt-dev). Defines LibJWT::LibJWT and LibJWT_FOUND.
find_path(LibJWT_INCLUDE_DIR NAMES jwt.h)
find_path(LibJWT_Jansson_INCLUDE_DIR NAMES jansson.h)
find_library(LibJWT_LIBRARY NAMES jwt)
find_library(LibJWT_Jansson_LIBRARY NAMES jansson)
mark_as_advanced(LibJWT_INCLUDE_DIR LibJWT_Jansson_INCLUDE_DIR LibJWT_LIBRARY
                 LibJWT_Jansson_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
    LibJWT REQUIRED_VARS LibJWT_LIBRARY LibJWT_INCLUDE_DIR LibJWT_Jansson_LIBRARY
                         LibJWT_Jansson_INCLUDE_DIR)

if(LibJWT_FOUND AND NOT TARGET LibJWT::LibJWT)
    add_library(LibJWT::LibJWT UNKNOWN IMPORTED)
    set_target_properties(
        LibJWT::LibJWT
        PROPERTIES IMPORTED_LOCATION "${LibJWT_LIBRARY}"
                   INTERFACE_INCLUDE_DIRECTORIES
                   "${LibJWT_INCLUDE_DIR};${LibJWT_Jansson_INCLUDE_DIR}"
                   INTERFACE_LINK_LIBRARIES "${LibJWT_Jansson_LIBRARY}")
endif()
