// SPDX-License-Identifier: MIT
// expect: a Transport needs: WireFormat const& wire_format() const noexcept
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Mine {
#ifdef PUMPHOUSE_CONTROL
    WireFormat const& wire_format() const noexcept { return length_prefixed_format; }
#endif
    bool attach(Readiness) { return true; }
    ReadResult read(Receiver&) { return ReadResult::drained; }
    WriteResult write(std::span<ConstBuffer const>) noexcept { return {}; }
    void close(CloseHow) noexcept {}
};

Client<Mine> client;
