// SPDX-License-Identifier: MIT
// expect: a Transport needs: void close(CloseHow) noexcept
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Mine {
    WireFormat const& wire_format() const noexcept { return length_prefixed_format; }
    bool attach(Readiness) { return true; }
    ReadResult read(Receiver&) { return ReadResult::drained; }
    WriteResult write(std::span<ConstBuffer const>) noexcept { return {}; }
#ifdef PUMPHOUSE_CONTROL
    void close(CloseHow) noexcept {}
#endif
};

Client<Mine> client;
