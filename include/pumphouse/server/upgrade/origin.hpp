// SPDX-License-Identifier: MIT
//
// OriginCheck: whether the page that a browser opens a WebSocket from may do so. Browsers let
// every page connect to every server, cookies and all; only the server can say no (RFC 6455
// section 10.2). Programs send no Origin, or any they like: this is no authentication of them.
//
// Immutable after construction; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/server/upgrade/refusal.hpp>

namespace pumphouse {

struct OriginOptions {
    /// Who may besides the server's own origin: `https://example.com`, `example.com` (http or
    /// https), `*.example.com` (what is below it, at any depth, and not itself); each with
    /// `:8080` or `:*`, without it the scheme's own port. Empty: the server's own origin only,
    /// which is what the Host header says.
    std::vector<std::string> allowed_origins{};

    /// Whether the server's own origin is allowed. False: `allowed_origins` is all there is, which
    /// also keeps out pages that point a name of their own at this server (DNS rebinding).
    bool same_origin = true;

    /// Every origin may, `null` too: for public data without cookies only.
    bool any_origin = false;

    /// Whether a request without Origin, as of programs that are no browsers, is refused.
    bool require_origin = false;
};

/// The parts of an origin as RFC 6454 writes it, in lower case.
struct Origin {
    std::string scheme;  // http or https
    std::string host;    // a name, a number, or [IPv6] in its shortest form
    std::uint16_t port = 0;

    /// Nothing for `null`, for lists, and for whatever has more or other parts than an origin.
    static std::optional<Origin> parse(std::string_view text);
};

class OriginCheck {
public:
    /// Throws std::invalid_argument that names the entry that cannot be understood.
    explicit OriginCheck(OriginOptions const& options);

    /// `origin` and `host` are the headers' values. `is_tls`: the server itself speaks TLS.
    Refusal check(std::string_view origin, bool has_origin, std::string_view host,
                  bool is_tls) const;

private:
    struct Pattern {
        std::string scheme;  // empty: http or https
        std::string host;    // of a wildcard: what it ends with, from the dot on
        std::uint16_t port = 0;
        bool is_wildcard = false;
        bool has_port = false;
        bool any_port = false;
        bool allows(Origin const& origin) const noexcept;
    };
    static std::optional<Pattern> parse_pattern(std::string_view text);

    std::vector<Pattern> patterns_;
    bool const same_origin_;
    bool const any_origin_;
    bool const require_origin_;
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/origin.ipp>
#endif
