# SPDX-License-Identifier: MIT
#
# What Pumphouse's parts need and where it is found. Read by the build and, installed beside
# pumphouseConfig.cmake, by find_package(pumphouse), so both answer alike. A dependency is looked
# for in this order: a target that the project already has, a package configuration (Conan, vcpkg,
# an installation), a find module (ours or CMake's own), and a download, only with
# PUMPHOUSE_FETCH_DEPS. A new part is a line in each of the two tables at the end.

# pumphouse_dependency(<name> PACKAGE <p> MODULE <m> TARGETS <t>... DEFINES <d>... APT <package>
#                      CONAN <reference> FETCH <repository> <tag> <include folder>)
function(pumphouse_dependency name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "" "PACKAGE;MODULE;APT;CONAN" "TARGETS;DEFINES;FETCH")
    foreach(field PACKAGE MODULE APT CONAN TARGETS DEFINES FETCH)
        set_property(GLOBAL PROPERTY PUMPHOUSE_DEPENDENCY_${name}_${field} ${arg_${field}})
    endforeach()
endfunction()

# pumphouse_component(<name> [QUIET] USES <component>... NEEDS <dependency>... HEADERS <regex>...)
# The expressions are matched on paths below include/pumphouse/. QUIET: nothing is said where it
# cannot be made and nobody has asked for it, for its library is in few systems.
function(pumphouse_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "QUIET" "" "USES;NEEDS;HEADERS")
    set_property(GLOBAL PROPERTY PUMPHOUSE_COMPONENT_${name}_QUIET ${arg_QUIET})
    get_property(known GLOBAL PROPERTY PUMPHOUSE_COMPONENTS)
    if(NOT name IN_LIST known)
        set_property(GLOBAL APPEND PROPERTY PUMPHOUSE_COMPONENTS ${name})
    endif()
    foreach(field USES NEEDS HEADERS)
        set_property(GLOBAL PROPERTY PUMPHOUSE_COMPONENT_${name}_${field} ${arg_${field}})
    endforeach()
endfunction()

# Sets <out> to those of the given headers that belong to the component.
function(pumphouse_component_headers name out)
    get_property(patterns GLOBAL PROPERTY PUMPHOUSE_COMPONENT_${name}_HEADERS)
    set(own "")
    foreach(pattern IN LISTS patterns)
        set(matching ${ARGN})
        list(FILTER matching INCLUDE REGEX "${pattern}")
        list(APPEND own ${matching})
    endforeach()
    list(REMOVE_DUPLICATES own)
    set(${out} "${own}" PARENT_SCOPE)
endfunction()

function(_pumphouse_first_target out)
    foreach(candidate IN LISTS ARGN)
        if(TARGET ${candidate})
            set(${out} ${candidate} PARENT_SCOPE)
            return()
        endif()
    endforeach()
    set(${out} "" PARENT_SCOPE)
endfunction()

function(_pumphouse_fetch name out)
    get_property(where GLOBAL PROPERTY PUMPHOUSE_DEPENDENCY_${name}_FETCH)
    if(NOT where)
        set(${out} "" PARENT_SCOPE)
        return()
    endif()
    list(GET where 0 repository)
    list(GET where 1 tag)
    list(GET where 2 folder)
    include(FetchContent)
    # Headers are all we want: a SOURCE_SUBDIR that is not there keeps its own build out.
    FetchContent_Declare(${name} GIT_REPOSITORY "${repository}" GIT_TAG "${tag}" GIT_SHALLOW ON
                                 SOURCE_SUBDIR headers-only)
    FetchContent_MakeAvailable(${name})
    if(NOT TARGET pumphouse_fetched_${name})
        add_library(pumphouse_fetched_${name} INTERFACE IMPORTED GLOBAL)
        set_target_properties(
            pumphouse_fetched_${name} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES
                                                 "${${name}_SOURCE_DIR}/${folder}")
    endif()
    set(${out} pumphouse_fetched_${name} PARENT_SCOPE)
endfunction()

# Sets <out> to the target that stands for the dependency, or to nothing.
function(pumphouse_find_dependency name out)
    foreach(field PACKAGE MODULE TARGETS)
        get_property(${field} GLOBAL PROPERTY PUMPHOUSE_DEPENDENCY_${name}_${field})
    endforeach()
    _pumphouse_first_target(found ${TARGETS})
    if(NOT found AND PACKAGE)
        set(CMAKE_MESSAGE_LOG_LEVEL NOTICE) # some configurations talk even when QUIET
        find_package(${PACKAGE} CONFIG QUIET)
        unset(CMAKE_MESSAGE_LOG_LEVEL)
        _pumphouse_first_target(found ${TARGETS})
    endif()
    if(NOT found AND MODULE)
        list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_FUNCTION_LIST_DIR}")
        find_package(${MODULE} MODULE QUIET)
        _pumphouse_first_target(found ${TARGETS})
    endif()
    if(NOT found AND PUMPHOUSE_FETCH_DEPS)
        _pumphouse_fetch(${name} found)
    endif()
    set(${out} "${found}" PARENT_SCOPE)
endfunction()

# What a person can do about a dependency that was not found.
function(_pumphouse_advice component name out)
    get_property(apt GLOBAL PROPERTY PUMPHOUSE_DEPENDENCY_${name}_APT)
    get_property(conan GLOBAL PROPERTY PUMPHOUSE_DEPENDENCY_${name}_CONAN)
    string(TOUPPER ${component} upper)
    get_property(fetch GLOBAL PROPERTY PUMPHOUSE_DEPENDENCY_${name}_FETCH)
    set(download "")
    if(conan)
        string(PREPEND conan "; Conan: ")
    endif()
    if(fetch)
        set(download "let the build download it (-DPUMPHOUSE_FETCH_DEPS=ON), or ")
    endif()
    string(CONCAT text "${name} is not found. Install it (Debian: apt-get install ${apt}"
                       "${conan}), or ${download}leave the part out "
                       "(-DPUMPHOUSE_WITH_${upper}=OFF).")
    set(${out} "${text}" PARENT_SCOPE)
endfunction()

# pumphouse_add_component(<name> MODE <AUTO|ON|OFF> OUT <problem> [IMPORTED])
# Makes the target pumphouse::<name>. <problem> says why it could not be, or is empty; with ON it is
# an error. IMPORTED is for an installed Pumphouse.
function(pumphouse_add_component name)
    cmake_parse_arguments(PARSE_ARGV 1 arg "IMPORTED" "MODE;OUT" "")
    set(${arg_OUT} "" PARENT_SCOPE)
    if(TARGET pumphouse::${name})
        return()
    endif()
    get_property(uses GLOBAL PROPERTY PUMPHOUSE_COMPONENT_${name}_USES)
    get_property(needs GLOBAL PROPERTY PUMPHOUSE_COMPONENT_${name}_NEEDS)
    string(TOUPPER "${arg_MODE}" mode)
    set(problem "")
    set(links "")
    set(defines "")
    if(NOT mode STREQUAL "AUTO" AND NOT mode)
        string(TOUPPER "${name}" upper)
        set(${arg_OUT} "PUMPHOUSE_WITH_${upper} is OFF" PARENT_SCOPE)
        return()
    endif()
    foreach(other IN LISTS uses)
        if(arg_IMPORTED)
            pumphouse_add_component(${other} MODE AUTO OUT other_problem IMPORTED)
        elseif(NOT TARGET pumphouse::${other})
            set(other_problem "it needs pumphouse::${other}, which is left out")
        else()
            set(other_problem "")
        endif()
        string(APPEND problem "${other_problem}")
        list(APPEND links pumphouse::${other})
    endforeach()
    foreach(dependency IN LISTS needs)
        pumphouse_find_dependency(${dependency} target)
        if(NOT target)
            _pumphouse_advice(${name} ${dependency} advice)
            set(problem "${advice}")
        endif()
        get_property(dependency_defines GLOBAL PROPERTY PUMPHOUSE_DEPENDENCY_${dependency}_DEFINES)
        list(APPEND links ${target})
        list(APPEND defines ${dependency_defines})
    endforeach()
    if(problem)
        if(NOT mode STREQUAL "AUTO")
            message(FATAL_ERROR "pumphouse::${name}: ${problem}")
        endif()
        set(${arg_OUT} "${problem}" PARENT_SCOPE)
        return()
    endif()
    if(arg_IMPORTED)
        add_library(pumphouse::${name} INTERFACE IMPORTED)
        set(target pumphouse::${name})
    else()
        add_library(pumphouse_${name} INTERFACE)
        add_library(pumphouse::${name} ALIAS pumphouse_${name})
        set(target pumphouse_${name})
    endif()
    target_link_libraries(${target} INTERFACE pumphouse::pumphouse ${links})
    target_compile_definitions(${target} INTERFACE ${defines})
endfunction()

# Makes pumphouse::compiled: the bodies of what is not a template, of the core and of each part that
# is there, compiled once from a translation unit of a line for each. It is built only when
# something links it. Call it after the parts.
function(pumphouse_add_compiled)
    if(TARGET pumphouse::compiled)
        return()
    endif()
    set(unit "${CMAKE_CURRENT_BINARY_DIR}/pumphouse_compiled.cpp")
    set(parts)
    set(text "#include <pumphouse/src.hpp>\n")
    foreach(part json asio websocket tls deflate jwt)
        if(TARGET pumphouse::${part})
            string(APPEND text "#include <pumphouse/src_${part}.hpp>\n")
            list(APPEND parts pumphouse::${part})
        endif()
    endforeach()
    file(CONFIGURE OUTPUT "${unit}" CONTENT "${text}" @ONLY)
    add_library(pumphouse_compiled STATIC EXCLUDE_FROM_ALL "${unit}")
    add_library(pumphouse::compiled ALIAS pumphouse_compiled)
    target_link_libraries(pumphouse_compiled PUBLIC pumphouse::pumphouse PRIVATE ${parts})
    target_compile_definitions(pumphouse_compiled PUBLIC PUMPHOUSE_SEPARATE_COMPILATION)
endfunction()

# ---- table one: the libraries -------------------------------------------------------------------
pumphouse_dependency(asio
    PACKAGE asio MODULE Asio TARGETS asio::asio asio DEFINES ASIO_STANDALONE
    APT libasio-dev CONAN asio/1.28.1
    FETCH https://github.com/chriskohlhoff/asio.git asio-1-28-1 asio/include)
pumphouse_dependency(websocketpp
    PACKAGE websocketpp TARGETS websocketpp::websocketpp websocketpp
    APT libwebsocketpp-dev CONAN websocketpp/0.8.2
    FETCH https://github.com/zaphoyd/websocketpp.git 0.8.2 .)
pumphouse_dependency(openssl
    PACKAGE OpenSSL MODULE OpenSSL TARGETS OpenSSL::SSL
    APT libssl-dev CONAN "openssl/[>=3 <4]")
pumphouse_dependency(zlib PACKAGE ZLIB MODULE ZLIB TARGETS ZLIB::ZLIB
    APT zlib1g-dev CONAN "zlib/[>=1.2.11 <2]")
pumphouse_dependency(rapidjson
    PACKAGE RapidJSON MODULE RapidJSON TARGETS rapidjson RapidJSON RapidJSON::RapidJSON
    APT rapidjson-dev CONAN rapidjson/cci.20250205
    FETCH https://github.com/Tencent/rapidjson.git v1.1.0 include)
pumphouse_dependency(prometheus
    PACKAGE prometheus-cpp TARGETS prometheus-cpp::core
    APT prometheus-cpp-dev CONAN prometheus-cpp/1.1.0)
pumphouse_dependency(spdlog
    PACKAGE spdlog TARGETS spdlog::spdlog
    APT libspdlog-dev CONAN spdlog/1.14.1)
pumphouse_dependency(cli11
    PACKAGE CLI11 TARGETS CLI11::CLI11 APT libcli11-dev CONAN cli11/2.4.2)
# Not in Debian 12. The API is headers only; the program brings the SDK.
pumphouse_dependency(opentelemetry
    PACKAGE opentelemetry-cpp TARGETS opentelemetry-cpp::api
    APT "no package of its own" CONAN opentelemetry-cpp/1.21.0)
pumphouse_dependency(libjwt MODULE LibJWT TARGETS LibJWT::LibJWT APT libjwt-dev)

# ---- table two: the parts, each after what it uses ----------------------------------------------
pumphouse_component(json NEEDS rapidjson HEADERS "^json[.]hpp$" "^codec/json/")
pumphouse_component(asio NEEDS asio
    HEADERS "^asio[.]hpp$" "^hub/asio_"
            "^server/(listen|admi|accepted_|last_word|peer_|descriptor_limit)")
pumphouse_component(tcp USES asio HEADERS "^tcp[.]hpp$" "^transport/tcp/" "^server/tcp_")
pumphouse_component(websocket USES asio NEEDS websocketpp
    HEADERS "^websocket[.]hpp$" "^transport/websocket/"
            "^server/(end_on|http|request|route|server_|web|upgrade/|auth/credentials)")
pumphouse_component(protocol USES json
    HEADERS "^protocol[.]hpp$" "^protocol/" "^server/auth/refresh_answer")
pumphouse_component(prometheus NEEDS prometheus HEADERS "^prometheus[.]hpp$" "^observe/prometheus/")
pumphouse_component(tls NEEDS openssl HEADERS "^tls[.]hpp$" "^transport/tls/")
pumphouse_component(deflate USES websocket NEEDS zlib
    HEADERS "^deflate[.]hpp$" "^transport/deflate/")
pumphouse_component(jwt NEEDS libjwt openssl HEADERS "^jwt[.]hpp$" "^server/auth/jwt_")
pumphouse_component(settings USES tcp websocket NEEDS cli11
    HEADERS "^settings[.]hpp$" "^server/settings/")
pumphouse_component(spdlog NEEDS spdlog HEADERS "^spdlog[.]hpp$" "^observe/spdlog/")
pumphouse_component(opentelemetry QUIET NEEDS opentelemetry
    HEADERS "^opentelemetry[.]hpp$" "^observe/opentelemetry/")
