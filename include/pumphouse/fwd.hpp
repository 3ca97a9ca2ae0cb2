// SPDX-License-Identifier: MIT
//
// Every public name once, and the clock that all of them share.
#pragma once

#include <chrono>

namespace pumphouse {

/// Moments are handed in from outside, one per turn, so that a test can be their source.
using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

struct Message;
struct ClientId;
struct CloseReason;
struct RoomOptions;
struct WireFormat;
struct HubOptions;

class ClientBase;
class Compression;
class Shard;
class Tracer;

template <typename Transport>
class Client;
template <typename Policy>
class Hub;
template <typename Policy>
class LocalHub;

}  // namespace pumphouse
