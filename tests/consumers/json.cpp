// SPDX-License-Identifier: MIT
//
// What every outside consumer of the JSON part builds and runs: a message there and back.
#include <cstdio>
#include <string>
#include <string_view>

#include <pumphouse/json.hpp>
#include <pumphouse/version.hpp>

namespace {

struct Hello {
    std::string name;
    static constexpr std::string_view json_tag = "hello";
    static constexpr auto json_fields() {
        return pumphouse::json::fields(pumphouse::json::field("name", &Hello::name));
    }
};

}  // namespace

int main() {
    std::string const text = pumphouse::json::encode(Hello{"Ada"});
    auto const back = pumphouse::JsonCodec<Hello>{}.decode(pumphouse::text(text));
    if (!back.value || back.value->name != "Ada") {
        std::printf("%s became another value: %s\n", text.c_str(), back.error.c_str());
        return 1;
    }
    std::printf("pumphouse %.*s: %s\n", static_cast<int>(pumphouse::version.size()),
                pumphouse::version.data(), text.c_str());
}
