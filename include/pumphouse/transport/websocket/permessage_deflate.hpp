// SPDX-License-Identifier: MIT
//
// The negotiation of permessage-deflate (RFC 7692 section 7.1), the server's side: a pure function
// from what a client offers to what is answered. Any thread.
//
// Neither side takes its context over to the next message: what a room compresses once must be
// understood by all its members, whatever each has got before; and a client would cost an inflate
// window while it says nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <pumphouse/transport/websocket/compression.hpp>
#include <pumphouse/transport/websocket/handshake.hpp>

namespace pumphouse {

struct DeflateAgreement {
    CompressionTerms terms;
    std::string answer{};  // of Sec-WebSocket-Extensions; empty: nothing was agreed on
};

namespace websocket {

/// Reads a list of extensions (RFC 6455 section 9.1), token by token.
class ExtensionReader {
public:
    explicit ExtensionReader(std::string_view text) noexcept : rest_{text} { skip_spaces(); }

    bool is_at_end() const noexcept { return rest_.empty(); }

    bool take(char c) noexcept {
        if (!rest_.starts_with(c)) return false;
        rest_.remove_prefix(1);
        skip_spaces();
        return true;
    }

    /// Empty: there is none.
    std::string_view token() noexcept {
        std::size_t size = 0;
        while (size < rest_.size() && is_token(rest_.substr(size, 1))) ++size;
        std::string_view const found = rest_.substr(0, size);
        rest_.remove_prefix(size);
        skip_spaces();
        return found;
    }

    /// A token, or one in quotes.
    std::string_view value() noexcept {
        if (!rest_.starts_with('"')) return token();
        std::size_t const end = rest_.find('"', 1);
        if (end == std::string_view::npos) return {};
        std::string_view const found = rest_.substr(1, end - 1);
        if (!is_token(found)) return {};
        rest_.remove_prefix(end + 1);
        skip_spaces();
        return found;
    }

private:
    void skip_spaces() noexcept {
        while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
    }

    std::string_view rest_;
};

/// 8 to 15, in decimal digits without a leading zero; 0: it is none of them.
constexpr int window_bits_of(std::string_view value) noexcept {
    if (value == "8" || value == "9") return value[0] - '0';
    bool const is_two = value.size() == 2 && value[0] == '1' && value[1] >= '0' && value[1] <= '5';
    return is_two ? 10 + value[1] - '0' : 0;
}

/// The parameters of one offer.
struct DeflateOffer {
    bool server_no_context_takeover = false;
    bool client_no_context_takeover = false;
    std::optional<int> server_max_window_bits{};
    std::optional<int> client_max_window_bits{};  // 0: named without a value
    bool is_declined = false;                     // one that is unknown, wrong, or there twice

    void add(std::string_view name, std::optional<std::string_view> value) noexcept {
        auto const flag = [&](bool& is_set) {
            is_declined |= is_set || value;
            is_set = true;
        };
        auto const window = [&](std::optional<int>& bits) {
            int const found = value ? window_bits_of(*value) : 0;
            is_declined |= bits || (value && found == 0);
            bits = found;
        };
        if (name == "server_no_context_takeover") return flag(server_no_context_takeover);
        if (name == "client_no_context_takeover") return flag(client_no_context_takeover);
        if (name == "client_max_window_bits") return window(client_max_window_bits);
        is_declined |= name != "server_max_window_bits" || !value;
        if (!is_declined) window(server_max_window_bits);
    }
};

inline DeflateAgreement accept_offer(DeflateOffer const& offer, Compression const& compression) {
    DeflateAgreement agreed{{&compression, 15},
                            "permessage-deflate; server_no_context_takeover; "
                            "client_no_context_takeover"};
    auto const say = [&](char const* name, int bits) {
        agreed.answer.append("; ").append(name).append("=").append(std::to_string(bits));
    };
    int const own = compression.window_bits();
    if (offer.server_max_window_bits) say("server_max_window_bits", own);
    if (offer.client_max_window_bits) {
        int const most = *offer.client_max_window_bits;
        agreed.terms.peer_window_bits = most != 0 && most < own ? most : own;
        say("client_max_window_bits", agreed.terms.peer_window_bits);
    }
    return agreed;
}

}  // namespace websocket

/// `offers`: what Sec-WebSocket-Extensions says. The first offer that can be met is; one that
/// cannot, or that RFC 7692 says to decline, is passed over. What does not follow the grammar ends
/// the list.
inline DeflateAgreement agree_on_deflate(std::string_view offers, Compression const& compression) {
    websocket::ExtensionReader reader{offers};
    while (!reader.is_at_end()) {
        if (reader.take(',')) continue;  // empty elements are allowed
        std::string_view const extension = reader.token();
        if (extension.empty()) break;
        websocket::DeflateOffer offer;
        while (reader.take(';')) {
            std::string_view const name = reader.token();
            std::optional<std::string_view> value;
            if (!name.empty() && reader.take('=')) value = reader.value();
            if (name.empty() || (value && value->empty())) return {};
            offer.add(name, value);
        }
        if (!reader.is_at_end() && !reader.take(',')) break;
        bool const is_window_kept = !offer.server_max_window_bits ||
                                    *offer.server_max_window_bits >= compression.window_bits();
        if (extension == "permessage-deflate" && !offer.is_declined && is_window_kept) {
            return accept_offer(offer, compression);
        }
    }
    return {};
}

}  // namespace pumphouse
