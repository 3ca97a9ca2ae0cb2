# SPDX-License-Identifier: MIT
#
# Writes the files of a folder into one C++ initialiser list, for page.hpp:
#   cmake -DFOLDER=page -DOUTPUT=page_files.inc -P embed_page.cmake
cmake_minimum_required(VERSION 3.23)

set(type_.html "text/html; charset=utf-8")
set(type_.css "text/css; charset=utf-8")
set(type_.js "text/javascript; charset=utf-8")
set(type_.svg "image/svg+xml")

file(GLOB files RELATIVE "${FOLDER}" "${FOLDER}/*")
list(SORT files)
set(text "")
foreach(name IN LISTS files)
    cmake_path(GET name EXTENSION LAST_ONLY extension)
    if(NOT DEFINED type_${extension})
        message(FATAL_ERROR "embed_page.cmake has no content type for ${FOLDER}/${name}")
    endif()
    set(path "/${name}")
    if(name STREQUAL "index.html")
        set(path "/")
    endif()
    # Hexadecimal escapes hold any byte; 20 of them are a line.
    file(READ "${FOLDER}/${name}" bytes HEX)
    file(SIZE "${FOLDER}/${name}" size)
    string(REGEX REPLACE "(..)" "\\\\x\\1" bytes "${bytes}")
    string(REPEAT "\\\\x.." 20 twenty)
    string(REGEX REPLACE "(${twenty})" "\\1\"\n     \"" bytes "${bytes}")
    set(type "${type_${extension}}")
    string(APPEND text "    {\"${path}\", \"${type}\",\n     {\"${bytes}\", ${size}}},\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}")
