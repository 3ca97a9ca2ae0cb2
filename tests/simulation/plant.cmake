# SPDX-License-Identifier: MIT
# Copies the library from FROM to TO and makes the one line wrong that the file PLANTED names:
# it sets `in` (a file), `right` (its text, which must be there exactly once) and `wrong`.
include(${PLANTED})
file(REMOVE_RECURSE ${TO})
file(COPY ${FROM}/ DESTINATION ${TO})
file(READ ${TO}/pumphouse/${in} text)
string(FIND "${text}" "${right}" first)
string(FIND "${text}" "${right}" last REVERSE)
if(first EQUAL -1 OR NOT first EQUAL last)
    message(FATAL_ERROR "${PLANTED}: the line to be made wrong stands not once in ${in}")
endif()
string(REPLACE "${right}" "${wrong}" text "${text}")
file(WRITE ${TO}/pumphouse/${in} "${text}")
