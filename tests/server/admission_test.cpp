// SPDX-License-Identifier: MIT
#include <pumphouse/server/admission.hpp>

#include <vector>

#include "support/catch.hpp"

using pumphouse::Admission;
using pumphouse::AdmissionCaps;
using pumphouse::PeerAddress;
using Answer = Admission::Answer;

namespace {

PeerAddress address(std::string_view text) { return PeerAddress::parse(text).value(); }

}  // namespace

TEST_CASE("a ticket counts until its end, in each of its tables") {
    auto const admission = std::make_shared<Admission>(
        AdmissionCaps{.all = 3, .per_address = 2, .per_user = 1});
    auto [answer, first] = admission->admit(address("2001:db8::1"));
    CHECK(answer == Answer::admitted);
    auto second = admission->admit(address("2001:db8::2"));
    CHECK(second.first == Answer::admitted);
    CHECK(admission->admit(address("2001:db8::3")).first == Answer::too_many_from_address);
    CHECK(admission->count() == 2);
    auto third = admission->admit({});
    CHECK(third.first == Answer::admitted);
    CHECK(admission->admit(address("192.0.2.1")).first == Answer::too_many);

    CHECK_FALSE(third.second.name_address(address("2001:db8::9")));
    CHECK(third.second.name_address(address("192.0.2.1")));
    CHECK(first.name_user("ann"));
    CHECK_FALSE(second.second.name_user("ann"));
    CHECK(second.second.name_user("bob"));
    { auto const gone = std::move(first); }
    CHECK(third.second.name_user("ann"));
    CHECK(admission->count() == 2);
    CHECK(admission->admit(address("2001:db8::1")).first == Answer::admitted);
}

TEST_CASE("without caps a ticket names whom it likes") {
    auto const admission = std::make_shared<Admission>(AdmissionCaps{});
    std::vector<Admission::Ticket> tickets;
    for (int i = 0; i < 10; ++i) {
        tickets.push_back(admission->admit(address("192.0.2.1")).second);
        CHECK(tickets.back().name_address(address("192.0.2.1")));
        CHECK(tickets.back().name_user("ann"));
    }
    CHECK(admission->count() == 10);
    CHECK(Admission::Ticket{}.name_user("nobody"));
}
