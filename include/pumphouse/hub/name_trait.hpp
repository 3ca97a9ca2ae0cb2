// SPDX-License-Identifier: MIT
//
// PUMPHOUSE_NAME_TRAIT(name): whether a class has a member of that name, whatever it is. So a hook
// with a wrong signature can be refused, instead of never being called. For the library, and for
// hosts that have hooks of their own.
#pragma once

// `has_NAME<P>`: a base that has the name too makes it ambiguous exactly when P has it.
#define PUMPHOUSE_NAME_TRAIT(NAME)                                             \
    template <typename Policy>                                                 \
    struct find_##NAME {                                                       \
        struct Other {                                                         \
            int NAME;                                                          \
        };                                                                     \
        struct Both : Policy, Other {};                                        \
        template <typename T>                                                  \
        static constexpr bool is_unambiguous = requires { &T::NAME; };         \
        static constexpr bool value = !is_unambiguous<Both>;                   \
    };                                                                         \
    template <typename Policy>                                                 \
    inline constexpr bool has_##NAME = find_##NAME<Policy>::value;
