# SPDX-License-Identifier: MIT
#
# The programs of an outside project, and that Pumphouse left the project as it was. The
# project's warnings are errors: none of them may come from Pumphouse's headers.
set(warnings -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror)
set(here "${CMAKE_CURRENT_LIST_DIR}")

add_executable(core "${here}/core.cpp")
target_link_libraries(core PRIVATE pumphouse::pumphouse)
target_compile_options(core PRIVATE ${warnings})

if(TARGET pumphouse::websocket)
    add_executable(websocket "${here}/websocket.cpp")
    target_link_libraries(websocket PRIVATE pumphouse::websocket)
    target_compile_options(websocket PRIVATE ${warnings})
endif()

if(TARGET pumphouse::json)
    add_executable(json "${here}/json.cpp")
    target_link_libraries(json PRIVATE pumphouse::json)
    target_compile_options(json PRIVATE ${warnings})
endif()

if(TARGET pumphouse::compiled AND HAVE_SRC)
    add_executable(compiled "${here}/core.cpp")
    target_link_libraries(compiled PRIVATE pumphouse::compiled)
    target_compile_options(compiled PRIVATE ${warnings})
endif()

get_property(options DIRECTORY PROPERTY COMPILE_OPTIONS)
get_property(targets DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
get_property(tests DIRECTORY PROPERTY TESTS)
foreach(name CMAKE_CXX_STANDARD BUILD_TESTING CMAKE_CXX_FLAGS options tests)
    if(NOT "${${name}}" STREQUAL "")
        message(FATAL_ERROR "Embedding Pumphouse set ${name} to ${${name}}")
    endif()
endforeach()
if(TARGET test_library OR TARGET chat)
    message(FATAL_ERROR "Embedding Pumphouse built its tests or examples")
endif()
