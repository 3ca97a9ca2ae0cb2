# SPDX-License-Identifier: MIT
#
# Finds RapidJSON by its headers, for systems whose package brings a CMake configuration without a
# target (Debian's rapidjson-dev). Defines RapidJSON::RapidJSON, RapidJSON_FOUND and
# RapidJSON_VERSION.
find_path(RapidJSON_INCLUDE_DIR NAMES rapidjson/reader.h)
mark_as_advanced(RapidJSON_INCLUDE_DIR)

if(RapidJSON_INCLUDE_DIR)
    file(STRINGS "${RapidJSON_INCLUDE_DIR}/rapidjson/rapidjson.h" RapidJSON_version_lines
         REGEX "^#define RAPIDJSON_(MAJOR|MINOR|PATCH)_VERSION +[0-9]+")
    string(REGEX REPLACE "[^;]*VERSION +" "" RapidJSON_VERSION "${RapidJSON_version_lines}")
    string(REPLACE ";" "." RapidJSON_VERSION "${RapidJSON_VERSION}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(RapidJSON REQUIRED_VARS RapidJSON_INCLUDE_DIR
                                  VERSION_VAR RapidJSON_VERSION)

if(RapidJSON_FOUND AND NOT TARGET RapidJSON::RapidJSON)
    add_library(RapidJSON::RapidJSON INTERFACE IMPORTED)
    set_target_properties(RapidJSON::RapidJSON PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
                                                          "${RapidJSON_INCLUDE_DIR}")
endif()
