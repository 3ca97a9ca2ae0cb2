// SPDX-License-Identifier: MIT
//
// The JSON room protocol (docs/protocol.md): inherit `protocol::RoomProtocol<Host>` and there is a
// chat. Needs RapidJSON; CMake: pumphouse::protocol.
#pragma once

#include <pumphouse/protocol/room_protocol.hpp>
