// SPDX-License-Identifier: MIT
//
// How the bodies of what is not a template are compiled: in every translation unit (the
// default), or once, in the one that includes <pumphouse/src.hpp>, when
// PUMPHOUSE_SEPARATE_COMPILATION is defined for all.
#pragma once

#if defined(PUMPHOUSE_SEPARATE_COMPILATION)
#define PUMPHOUSE_DECL
#else
#define PUMPHOUSE_DECL inline
#endif
