// SPDX-License-Identifier: MIT
// expect: with a value of its codec
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Bid {
    int price = 0;
};
struct BidCodec {
    using value_type = Bid;
    Opcode encode(Bid const& bid, std::string& out) const;
    Decoded<Bid> decode(Message message) const;
};

struct Auction : DefaultPolicy {
    using codec = BidCodec;
#ifdef PUMPHOUSE_CONTROL
    void on_message(LocalHub<Auction>& hub, ClientId client, Bid const& bid);
#else
    void on_message(LocalHub<Auction>& hub, ClientId client, Message message);
#endif
};

Hub<Auction> hub;
