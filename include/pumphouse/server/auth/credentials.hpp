// SPDX-License-Identifier: MIT
//
// Credentials: the token in a request, from the first of its places that has one.
//
// `without_secrets` is what of a request may be handed on and logged.
#pragma once

#include <string>
#include <string_view>

#include <pumphouse/client/client_extra.hpp>
#include <pumphouse/config.hpp>
#include <pumphouse/server/auth/authentication_options.hpp>
#include <pumphouse/server/http.hpp>

namespace pumphouse {

struct Credentials {
    bool is_present = false;
    std::string token{};
};

/// A place that has something in it counts, even if that is no token: a request is not searched
/// for another that suits better.
Credentials find_credentials(HttpRequest const& request, AuthenticationOptions const& options);

/// The value of a cookie of that name; of several, the first. False: there is none.
bool find_cookie(std::string_view header, std::string_view name, std::string& value);

/// Path, query, headers and peer. The token is `[redacted]` where it stood in the query or among
/// the subprotocols; `Authorization`, `Proxy-Authorization` and `Cookie` are left out whole.
ClientRequest without_secrets(HttpRequest const& request, AuthenticationOptions const& options);

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/credentials.ipp>
#endif
