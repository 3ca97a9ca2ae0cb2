// SPDX-License-Identifier: MIT
// expect: a Transport needs: WriteResult write(std::span<ConstBuffer const>) noexcept
#include <pumphouse/pumphouse.hpp>

using namespace pumphouse;

struct Mine {
    WireFormat const& wire_format() const noexcept { return length_prefixed_format; }
    bool attach(Readiness) { return true; }
    ReadResult read(Receiver&) { return ReadResult::drained; }
#ifdef PUMPHOUSE_CONTROL
    WriteResult write(std::span<ConstBuffer const>) noexcept { return {}; }
#else
    WriteResult write(std::span<ConstBuffer const>) { return {}; }
#endif
    void close(CloseHow) noexcept {}
};

Client<Mine> client;
