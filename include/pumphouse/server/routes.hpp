// SPDX-License-Identifier: MIT
//
// Routes: which handler answers a method and a path. A path is exact, or ends with `/*` and
// stands for all below it; the most specific one that has the method wins. HEAD is answered by
// the handler of GET. Any thread; the handlers themselves run one at a time on their server's
// strand.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <pumphouse/config.hpp>
#include <pumphouse/server/http.hpp>

namespace pumphouse {

using HttpHandler = std::function<HttpResponse(HttpRequest const&)>;

class Routes {
public:
    struct Found {
        std::shared_ptr<HttpHandler const> handler;  // null: none for this method
        std::string allow;                           // the methods there are; empty: no such path
    };

    /// Replaces a handler of the same method and path. Throws std::invalid_argument for a path
    /// that does not begin with a slash.
    void add(std::string_view method, std::string_view path, HttpHandler handler);

    Found find(std::string_view method, std::string_view path) const;

private:
    struct Route {
        std::string method;
        std::string path;
        bool has_below;  // stands for all that begins with `path`
        std::shared_ptr<HttpHandler const> handler;
        bool matches(std::string_view wanted) const noexcept {
            return has_below ? wanted.starts_with(path) : wanted == path;
        }
    };

    mutable std::mutex mutex_;
    std::vector<Route> routes_;  // the most specific first
};

}  // namespace pumphouse

#if !defined(PUMPHOUSE_SEPARATE_COMPILATION)
#include <pumphouse/impl/routes.ipp>
#endif
