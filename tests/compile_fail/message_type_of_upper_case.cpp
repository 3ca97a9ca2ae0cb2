// SPDX-License-Identifier: MIT
// expect(gcc): a type is of lower case letters, digits and _
// expect(clang): subexpression not valid in a constant expression
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Auction : DefaultPolicy {
    void on_message(LocalHub<Auction>& hub, ClientId, Message) {
#ifdef PUMPHOUSE_CONTROL
        hub.message_is("bid");
#else
        hub.message_is("Bid");
#endif
    }
};

Hub<Auction> hub;
