// SPDX-License-Identifier: MIT
//
// Times in what people and programs read: RFC 3339, in UTC, with milliseconds.
#pragma once

#include <array>
#include <chrono>
#include <string>

namespace pumphouse {

using Timestamp = std::chrono::sys_time<std::chrono::milliseconds>;

/// "2026-01-02T03:04:05.678Z". Years 0 to 9999.
inline std::string to_text(Timestamp time) {
    auto const day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day const date{day};
    std::chrono::hh_mm_ss const clock{time - day};
    std::string text = "0000-00-00T00:00:00.000Z";
    auto const put = [&text](std::size_t last, unsigned value) {
        for (; value != 0; value /= 10) text[last--] = static_cast<char>('0' + value % 10);
    };
    put(3, static_cast<unsigned>(static_cast<int>(date.year())));
    put(6, static_cast<unsigned>(date.month()));
    put(9, static_cast<unsigned>(date.day()));
    put(12, static_cast<unsigned>(clock.hours().count()));
    put(15, static_cast<unsigned>(clock.minutes().count()));
    put(18, static_cast<unsigned>(clock.seconds().count()));
    put(22, static_cast<unsigned>(clock.subseconds().count()));
    return text;
}

}  // namespace pumphouse
