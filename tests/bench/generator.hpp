// SPDX-License-Identifier: MIT
//
// Keeps a fixed number of messages in flight between the clients of one server: when the last
// living client has received one, the next is sent, by the next sender in turn. Each message
// carries its number and the time it was sent; every delivery is checked by the ledger and timed.
//
// One thread, one epoll, one read buffer; it allocates nothing per message, since it has to be far
// cheaper than what it measures.
#pragma once

#include "frame.hpp"
#include "histogram.hpp"
#include "ledger.hpp"
#include "options.hpp"
#include "payload.hpp"
#include "websocket.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace pumphouse::bench {

using Clock = std::chrono::steady_clock;

inline std::uint64_t now_ns() {
    const std::chrono::nanoseconds now = Clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(now.count());
}

struct Client {
    Stream stream;
    bool dead;
    std::uint64_t position = 0;  // how many messages it has received
    std::string unread{}, unsent{};
};

/// What the last measured part has seen.
struct Measured {
    Histogram latency;  // nanoseconds from send to each delivery
    std::uint64_t reads = 0;
    std::uint64_t messages = 0;
};

class Generator {
public:
    Generator(const Options& options, std::vector<Client>& clients)
        : options_{options}, clients_{clients}, payload_{options},
          buffer_(read_bytes + max_frame_bytes()), senders_{choose_senders()},
          ledger_{options.clients - options.dead, senders_.size(), options.window} {
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            if (!clients_[i].dead) watch(EPOLL_CTL_ADD, i, EPOLLIN);
        }
    }

    /// Every living client goes where the messages are.
    void join_all() {
        if (!payload_.wants_joining()) return;
        sending_ = false;
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            if (clients_[i].dead) continue;
            append_masked_frame(clients_[i].unsent, payload_.first_byte(), Payload::join,
                                next_mask());
            drain(i);
        }
        const std::size_t living = clients_.size() - options_.dead;
        run_until([this, living] { return joined_ == living; });
        sending_ = true;
    }

    void run_for(Clock::duration time) {
        const auto end = Clock::now() + time;
        run_until([end] { return Clock::now() >= end; });
    }

    void run_for_messages(std::uint64_t count) {
        const auto end = ledger_.completed() + count;
        run_until([this, end] { return ledger_.completed() >= end; });
    }

    /// Lets everything in flight arrive, so that nothing sent stays unchecked.
    void finish() {
        sending_ = false;
        run_until([this] { return ledger_.all_completed(); });
    }

    void start_measuring() {
        latency_ = {};
        reads_ = 0;
        first_message_ = ledger_.completed();
    }

    Measured measured() const { return {latency_, reads_, ledger_.completed() - first_message_}; }

private:
    static constexpr auto patience = std::chrono::seconds{10};
    static constexpr std::size_t read_bytes = 1024 * 1024;

    std::vector<std::size_t> choose_senders() const {
        std::vector<std::size_t> living;
        for (std::size_t i = 0; i < clients_.size(); ++i) {
            if (!clients_[i].dead) living.push_back(i);
        }
        if (options_.senders > 0) living.resize(options_.senders);
        return living;
    }

    template <typename Done>
    void run_until(Done done) {
        refill();
        auto moved = Clock::now();
        while (!done()) {
            const int ready = epoll_wait(epoll_, events_.data(), int(events_.size()), 100);
            for (int i = 0; i < ready; ++i) handle(events_[static_cast<std::size_t>(i)]);
            const auto now = Clock::now();
            if (ready > 0) moved = now;
            if (now - moved > patience) throw std::runtime_error{"nothing has moved for 10 s"};
        }
    }

    void handle(const epoll_event& event) {
        if ((event.events & EPOLLOUT) != 0) drain(event.data.u64);
        if ((event.events & ~std::uint32_t{EPOLLOUT}) != 0) read(event.data.u64);
    }

    /// Sends what the window allows; what one client has to send goes out in one call.
    void refill() {
        while (sending_ && ledger_.may_send()) {
            const std::uint64_t number = ledger_.send();
            const std::size_t sender = senders_[number % senders_.size()];
            const Stamp stamp{number, now_ns()};
            const bool first = clients_[sender].unsent.empty();
            append_masked_frame(clients_[sender].unsent, payload_.first_byte(),
                                payload_.make(stamp), next_mask());
            if (first) to_drain_.push_back(sender);
        }
        for (const std::size_t sender : to_drain_) drain(sender);
        to_drain_.clear();
    }

    void drain(std::size_t index) {
        Client& client = clients_[index];
        auto& rest = client.unsent;
        const auto sent = client.stream.send(rest.data(), rest.size());
        if (sent < 0 && errno != EAGAIN) fail(index, "cannot be sent to");
        rest.erase(0, static_cast<std::size_t>(std::max<ssize_t>(sent, 0)));
        watch_writable(index, !rest.empty());
    }

    void read(std::size_t index) {
        do read_once(index);
        while (clients_[index].stream.has_more());
    }

    void read_once(std::size_t index) {
        Client& client = clients_[index];
        const std::size_t kept = client.unread.copy(buffer_.data(), client.unread.size());
        const auto got = client.stream.receive(buffer_.data() + kept, read_bytes);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) fail(index, "was disconnected");
        ++reads_;
        const std::uint64_t now = now_ns();
        std::string_view in{buffer_.data(), kept + static_cast<std::size_t>(got)};
        for (Frame frame = parse_frame(in); frame.bytes > 0; frame = parse_frame(in)) {
            take(index, frame, now);
            in.remove_prefix(frame.bytes);
        }
        if (in.size() >= max_frame_bytes()) fail(index, "got a message of another size");
        client.unread = in;
        refill();
    }

    /// A message of the size agreed on, any control frame, or an answer of the protocol.
    std::size_t max_frame_bytes() const { return 10 + std::max<std::size_t>(options_.size, 512); }

    void take(std::size_t index, const Frame& frame, std::uint64_t now) {
        if (frame.first == close_frame) fail(index, "was closed" + close_reason(frame.payload));
        if (frame.first == ping_frame) {
            append_masked_frame(clients_[index].unsent, pong_frame, frame.payload, next_mask());
            return drain(index);
        }
        if (payload_.is_other(frame)) {
            joined_ += payload_.is_joined(frame);
            return;
        }
        if (frame.first != payload_.first_byte()) fail(index, "got a frame of another kind");
        const auto found = payload_.read(frame.payload);
        if (!found) fail(index, "got a damaged message, or one of another size");
        const Stamp stamp = *found;
        ledger_.receive(clients_[index].position++, stamp.number);
        latency_.add(now - stamp.sent_ns);
    }

    static std::string close_reason(std::string_view payload) {
        if (payload.size() < 2) return {};
        const int code = static_cast<std::uint8_t>(payload[0]) << 8 |
                         static_cast<std::uint8_t>(payload[1]);
        return " with " + std::to_string(code) + " " + std::string{payload.substr(2)};
    }

    [[noreturn]] void fail(std::size_t index, const std::string& what) const {
        throw std::runtime_error{"client " + std::to_string(index) + " " + what + " after " +
                                 std::to_string(clients_[index].position) + " messages"};
    }

    std::uint32_t next_mask() { return mask_ = mask_ * 1664525u + 1013904223u; }

    /// Sockets hardly ever block here, so the usual answer must not cost a system call.
    void watch_writable(std::size_t index, bool wanted) {
        const auto found = std::find(blocked_.begin(), blocked_.end(), index);
        if (wanted == (found != blocked_.end())) return;
        watch(EPOLL_CTL_MOD, index, wanted ? EPOLLIN | EPOLLOUT : EPOLLIN);
        wanted ? blocked_.push_back(index) : void(blocked_.erase(found));
    }

    void watch(int operation, std::size_t index, std::uint32_t what) {
        epoll_event event{.events = what, .data = {.u64 = index}};
        checked(epoll_ctl(epoll_, operation, clients_[index].stream.fd(), &event), "epoll_ctl");
    }

    const Options& options_;
    std::vector<Client>& clients_;
    Payload payload_;
    std::vector<char> buffer_;
    std::vector<std::size_t> senders_, to_drain_{}, blocked_{};
    Ledger ledger_;
    Histogram latency_{};
    std::array<epoll_event, 1024> events_{};
    int epoll_ = checked(epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    std::uint64_t reads_ = 0, first_message_ = 0;
    std::size_t joined_ = 0;
    std::uint32_t mask_ = 0x9E3779B9u;
    bool sending_ = true;
};

}  // namespace pumphouse::bench
