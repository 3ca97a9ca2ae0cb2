// SPDX-License-Identifier: MIT
// expect: a Transport needs: ReadResult read(Receiver&)
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Mine {
    WireFormat const& wire_format() const noexcept { return length_prefixed_format; }
    bool attach(Readiness) { return true; }
#ifdef PUMPHOUSE_CONTROL
    ReadResult read(Receiver&) { return ReadResult::drained; }
#endif
    WriteResult write(std::span<ConstBuffer const>) noexcept { return {}; }
    void close(CloseHow) noexcept {}
};

Client<Mine> client;
