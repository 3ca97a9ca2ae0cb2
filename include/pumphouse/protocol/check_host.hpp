// SPDX-License-Identifier: MIT
//
// check_host: what RoomProtocol's host has of its hooks can be called as they are.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

#include <pumphouse/hub/name_trait.hpp>
#include <pumphouse/message/message_type.hpp>
#include <pumphouse/protocol/draft.hpp>
#include <pumphouse/protocol/error.hpp>
#include <pumphouse/protocol/requests.hpp>

namespace pumphouse::protocol::detail {

PUMPHOUSE_NAME_TRAIT(on_client)
PUMPHOUSE_NAME_TRAIT(join_refusal)
PUMPHOUSE_NAME_TRAIT(on_said)
PUMPHOUSE_NAME_TRAIT(on_refresh_token)
PUMPHOUSE_NAME_TRAIT(on_request)
PUMPHOUSE_NAME_TRAIT(type_of)

template <typename T>
concept VoidOrBool = std::same_as<T, void> || std::same_as<T, bool>;

/// `Local` is the LocalHub<Host> that hooks are given.
template <typename Host, typename Local>
constexpr void check_host() {
    static_assert(!has_on_client<Host> || requires(Host& host, Local& hub, ClientId client) {
        { host.on_client(hub, client) } -> VoidOrBool;
    }, "RoomProtocol: on_client must be callable as void (or bool) on_client(LocalHub<Host>&, "
       "ClientId)");
    static_assert(!has_join_refusal<Host> || requires(Host& host, Local& hub, ClientId client) {
        { host.join_refusal(hub, client, std::string_view{}) } -> std::convertible_to<Error>;
    }, "RoomProtocol: join_refusal must be callable as Error join_refusal(LocalHub<Host>&, "
       "ClientId, std::string_view room)");
    static_assert(!has_on_said<Host> || requires(Host& host, Local& hub, Draft& draft) {
        { host.on_said(hub, ClientId{}, draft) } -> std::convertible_to<Verdict>;
    }, "RoomProtocol: on_said must be callable as Verdict on_said(LocalHub<Host>&, ClientId, "
       "Draft&)");
    static_assert(!has_on_refresh_token<Host> ||
                      requires(Host& host, Local& hub, std::string const& request_id) {
        host.on_refresh_token(hub, ClientId{}, std::string{}, request_id);
    }, "RoomProtocol: on_refresh_token must be callable as on_refresh_token(LocalHub<Host>&, "
       "ClientId, std::string token, std::string const& request_id)");
    static_assert(!has_on_request<Host> ||
                      requires(Host& host, Local& hub, OtherRequest const& request,
                               std::string const& request_id) {
        { host.on_request(hub, ClientId{}, request, request_id) } -> std::convertible_to<bool>;
    }, "RoomProtocol: on_request must be callable as bool on_request(LocalHub<Host>&, ClientId, "
       "OtherRequest const&, std::string const& request_id)");
    static_assert(!has_type_of<Host> || requires(Host& host, OtherRequest const& request) {
        { host.type_of(request) } -> std::convertible_to<MessageType>;
    }, "RoomProtocol: type_of must be callable as MessageType type_of(OtherRequest const&)");
}

}  // namespace pumphouse::protocol::detail
