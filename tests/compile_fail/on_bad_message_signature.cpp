// SPDX-License-Identifier: MIT
// expect: on_bad_message(LocalHub<Policy>&, ClientId, std::string_view why)
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
    void on_message(LocalHub<Auction>& hub, ClientId client, Bid const& bid);
#ifdef PUMPHOUSE_CONTROL
    void on_bad_message(LocalHub<Auction>& hub, ClientId client, std::string_view why);
#else
    void on_bad_message(LocalHub<Auction>& hub, ClientId client, int why);
#endif
};

Hub<Auction> hub;
