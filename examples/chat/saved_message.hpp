// SPDX-License-Identifier: MIT
// A message as the store keeps it, and as everybody gets it.
#pragma once

#include <cstdint>
#include <string>

namespace chat {

struct SavedMessage {
    std::int64_t id = 0;  // rises by saving, never used twice
    std::string user;
    std::string text;
    std::string timestamp;  // RFC 3339 in UTC

    bool operator==(const SavedMessage&) const = default;
};

}  // namespace chat
