// SPDX-License-Identifier: MIT
//
// Admitted<Transport>: a transport with the ticket of the server that accepted its connection, so
// that the server's limits count it until the client is gone.
#pragma once

#include <utility>

#include <pumphouse/server/admission.hpp>
#include <pumphouse/transport/transport.hpp>

namespace pumphouse {

template <Transport T>
class Admitted final : public T {
public:
    template <typename... Arguments>
    explicit Admitted(Admission::Ticket ticket, Arguments&&... arguments)
        : T(std::forward<Arguments>(arguments)...), ticket_{std::move(ticket)} {}

private:
    Admission::Ticket ticket_;
};

}  // namespace pumphouse
