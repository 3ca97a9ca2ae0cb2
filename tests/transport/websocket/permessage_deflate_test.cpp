// SPDX-License-Identifier: MIT
#include <pumphouse/transport/websocket/permessage_deflate.hpp>

#include <string>
#include <utility>
#include <vector>

#include <pumphouse/transport/websocket_format.hpp>

#include "support/catch.hpp"

using namespace pumphouse;

namespace {

// Its window is of 12 bits, and nobody uses it.
class Twelve final : public Compression {
public:
    int window_bits() const noexcept override { return 12; }
    WireFormat const& wire_format() const noexcept override { return websocket_format; }
    LentInflater lend_inflater(int) const override { return nullptr; }
};
Twelve const twelve;

std::string answer(std::string_view offers) { return agree_on_deflate(offers, twelve).answer; }
int peer_bits(std::string_view offers) {
    return agree_on_deflate(offers, twelve).terms.peer_window_bits;
}

std::string const terms =
    "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

}  // namespace

// RFC 7692 section 7.1.
TEST_CASE("permessage-deflate is answered without context takeover, whatever is offered") {
    CHECK(answer("permessage-deflate") == terms);
    CHECK(answer("permessage-deflate; server_no_context_takeover") == terms);
    CHECK(answer("permessage-deflate;client_no_context_takeover;server_no_context_takeover") ==
          terms);
    CHECK(answer(" permessage-deflate \t;\tserver_no_context_takeover ") == terms);
    CHECK(agree_on_deflate("permessage-deflate", twelve).terms.compression == &twelve);
    CHECK(agree_on_deflate("", twelve).terms.compression == nullptr);
}

TEST_CASE("a server's window is said when it was asked for, and an offer of less is declined") {
    std::string const offer = "permessage-deflate; server_max_window_bits=";
    for (int bits = 12; bits <= 15; ++bits) {
        CHECK(answer(offer + std::to_string(bits)) == terms + "; server_max_window_bits=12");
    }
    for (int bits = 8; bits <= 11; ++bits) CHECK(answer(offer + std::to_string(bits)) == "");
    CHECK(answer(offer + "\"12\"") == terms + "; server_max_window_bits=12");
}

TEST_CASE("a client's window is limited where it lets the server do so, to no more than it has") {
    CHECK(peer_bits("permessage-deflate") == 15);
    CHECK(answer("permessage-deflate; client_max_window_bits") ==
          terms + "; client_max_window_bits=12");
    CHECK(peer_bits("permessage-deflate; client_max_window_bits") == 12);
    for (int bits = 8; bits <= 15; ++bits) {
        std::string const offer =
            "permessage-deflate; client_max_window_bits=" + std::to_string(bits);
        int const agreed = bits < 12 ? bits : 12;
        CHECK(answer(offer) == terms + "; client_max_window_bits=" + std::to_string(agreed));
        CHECK(peer_bits(offer) == agreed);
    }
}

TEST_CASE("an offer that RFC 7692 says to decline is declined") {
    for (char const* wrong :
         {"unknown", "server_no_context_takeover=1", "client_no_context_takeover=\"true\"",
          "server_no_context_takeover; server_no_context_takeover", "server_max_window_bits",
          "server_max_window_bits=7", "server_max_window_bits=16", "server_max_window_bits=012",
          "server_max_window_bits=12; server_max_window_bits=12", "server_max_window_bits=1e1",
          "client_max_window_bits=0", "client_max_window_bits=-9",
          "client_max_window_bits; client_max_window_bits=12", "SERVER_MAX_WINDOW_BITS=12"}) {
        std::string const offer = std::string{"permessage-deflate; "} + wrong;
        INFO(offer);
        CHECK(answer(offer) == "");
        CHECK(answer(offer + ", permessage-deflate") == terms);
    }
}

TEST_CASE("of several offers the first that can be met is, and other extensions are passed over") {
    CHECK(answer("x-webkit-deflate-frame, permessage-deflate") == terms);
    CHECK(answer("permessage-bzip2; level=9, permessage-deflate; client_max_window_bits") ==
          terms + "; client_max_window_bits=12");
    CHECK(answer("permessage-deflate; server_max_window_bits=10, permessage-deflate; "
                 "client_max_window_bits=11, permessage-deflate") ==
          terms + "; client_max_window_bits=11");
    CHECK(answer(", ,permessage-deflate,") == terms);
    CHECK(answer("permessage-deflater") == "");
    CHECK(answer("Permessage-Deflate") == "");
}

TEST_CASE("what is no list of extensions ends the list") {
    for (char const* wrong : {"permessage-deflate;", "permessage-deflate; =1", ";", "=",
                              "permessage-deflate; server_max_window_bits=",
                              "permessage-deflate; server_max_window_bits=\"12",
                              "permessage-deflate; server_max_window_bits=\"1 2\"",
                              "permessage-deflate server_no_context_takeover", "\"x\"",
                              "permessage-deflate; a=b=c"}) {
        INFO(wrong);
        CHECK(answer(wrong) == "");
        CHECK(answer(std::string{wrong} + ", permessage-deflate") == "");
    }
}
