// SPDX-License-Identifier: MIT
//
// Session: what the protocol keeps of each client: the requests to join that have an id and no
// answer yet. A host's own session inherits it.
#pragma once

#include <forward_list>
#include <string>
#include <string_view>
#include <utility>

namespace pumphouse::protocol {

class Session {
public:
    void asked(std::string_view room, std::string request_id) {
        if (!request_id.empty()) asked_.push_front({std::string{room}, std::move(request_id)});
    }

    /// The request's id, once.
    std::string answered(std::string_view room) {
        std::string request_id;
        asked_.remove_if([&](Asked& each) {
            if (each.room != room) return false;
            request_id = std::move(each.request_id);
            return true;
        });
        return request_id;
    }

private:
    struct Asked {
        std::string room;
        std::string request_id;
    };
    std::forward_list<Asked> asked_;
};

}  // namespace pumphouse::protocol
