// SPDX-License-Identifier: MIT
//
// RawJson: a member that is passed on unparsed: captured as the text it came as, byte for byte,
// and written as it is. What comes from outside has been checked to be JSON; what the host puts
// in has not, and must be.
#pragma once

#include <string>

namespace pumphouse {

struct RawJson {
    std::string text;  // empty: nothing, and written as null

    bool empty() const noexcept { return text.empty(); }
    friend bool operator==(RawJson const&, RawJson const&) = default;
};

}  // namespace pumphouse
