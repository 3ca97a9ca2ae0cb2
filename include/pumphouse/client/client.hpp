// SPDX-License-Identifier: MIT
//
// Client<Transport>: a client of the hub, as a host builds it and pushes it into
// `hub.register_channel()`:
//
//   auto client = std::make_unique<pumphouse::Client<MyTransport>>(arguments of MyTransport...);
#pragma once

#include <utility>

#include <pumphouse/client/client_base.hpp>

namespace pumphouse {

template <typename T>
class Client final : public ClientBase {
    static_assert(HasWireFormat<T>,
                  "a Transport needs: WireFormat const& wire_format() const noexcept");
    static_assert(HasAttach<T>, "a Transport needs: bool attach(Readiness)");
    static_assert(HasRead<T>, "a Transport needs: ReadResult read(Receiver&)");
    static_assert(HasWrite<T>,
                  "a Transport needs: WriteResult write(std::span<ConstBuffer const>) noexcept");
    static_assert(HasClose<T>, "a Transport needs: void close(CloseHow) noexcept");

public:
    template <typename... Arguments>
    explicit Client(Arguments&&... arguments) : transport_(std::forward<Arguments>(arguments)...) {}

    WireFormat const& wire_format() const noexcept override { return transport_.wire_format(); }
    bool attach(Readiness readiness) override { return transport_.attach(readiness); }
    ReadResult read(Receiver& receiver) override { return transport_.read(receiver); }
    WriteResult write(std::span<ConstBuffer const> buffers) noexcept override {
        return transport_.write(buffers);
    }
    void close_transport(CloseHow how) noexcept override { transport_.close(how); }
    void end_output() noexcept override {
        if constexpr (HasEndOutput<T>) transport_.end_output();
    }
    std::size_t unfinished_bytes() const noexcept override {
        if constexpr (HasUnfinishedBytes<T>) return transport_.unfinished_bytes();
        return 0;
    }

    T& transport() noexcept { return transport_; }

private:
    T transport_;
};

}  // namespace pumphouse
