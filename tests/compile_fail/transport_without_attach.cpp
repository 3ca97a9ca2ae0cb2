// SPDX-License-Identifier: MIT
// expect: a Transport needs: bool attach(Readiness)
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Mine {
    WireFormat const& wire_format() const noexcept { return length_prefixed_format; }
#ifdef PUMPHOUSE_CONTROL
    bool attach(Readiness) { return true; }
#endif
    ReadResult read(Receiver&) { return ReadResult::drained; }
    WriteResult write(std::span<ConstBuffer const>) noexcept { return {}; }
    void close(CloseHow) noexcept {}
};

Client<Mine> client;
