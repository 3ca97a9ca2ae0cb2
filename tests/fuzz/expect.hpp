// SPDX-License-Identifier: MIT
//
// EXPECT: what a fuzzer found not to hold ends the process, whatever the build.
#pragma once

#include <cstdio>
#include <cstdlib>

#define EXPECT(condition)                                                   \
    do {                                                                    \
        if (!(condition)) {                                                 \
            std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__,    \
                         __LINE__, #condition);                             \
            std::abort();                                                   \
        }                                                                   \
    } while (false)
