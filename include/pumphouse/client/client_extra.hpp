// SPDX-License-Identifier: MIT
//
// ClientExtra: what only some clients have. Allocated when it is needed, so that the others do not
// pay for it.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pumphouse/client/client_trace.hpp>
#include <pumphouse/fwd.hpp>

namespace pumphouse {

/// How a client came: what its server has read and checked. Without its token, wherever that was.
struct ClientRequest {
    using Fields = std::vector<std::pair<std::string, std::string>>;

    std::string path;
    Fields query;             // decoded
    Fields headers;           // without `Authorization` and cookies
    std::string peer;         // its address; behind a trusted proxy, the one that proxy names
    std::string subprotocol;  // that was agreed on; empty: none
    std::string user;         // from a verified token; empty: it came without
    std::string claims;       // all that the verifier handed on; a JwtVerifier: JSON

    /// The first field of that name; empty when there is none.
    std::string_view query_value(std::string_view name) const noexcept {
        for (auto const& [key, value] : query) {
            if (key == name) return value;
        }
        return {};
    }
};

struct ClientExtra {
    std::unique_ptr<ClientRequest> request;  // until `on_open` has returned
    Duration expires_in = Duration::max();   // its token, from when it is opened
    Time expires_at = Time::max();           // that moment
    std::unique_ptr<ClientTrace> trace{};    // where there is a tracer
};

}  // namespace pumphouse
