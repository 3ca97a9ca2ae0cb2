// SPDX-License-Identifier: MIT
// Bodies of server/routes.hpp.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <pumphouse/server/routes.hpp>

namespace pumphouse {

PUMPHOUSE_DECL void Routes::add(std::string_view method, std::string_view path,
                                HttpHandler handler) {
    if (!path.starts_with('/') || method.empty() || !handler) {
        throw std::invalid_argument{"route: needs a method, a path that begins with /, a handler"};
    }
    bool const has_below = path.ends_with("/*");
    if (has_below) path.remove_suffix(1);
    Route route{std::string{method}, std::string{path}, has_below,
                std::make_shared<HttpHandler const>(std::move(handler))};
    std::scoped_lock const lock{mutex_};
    std::erase_if(routes_, [&](Route const& each) {
        return each.method == route.method && each.path == route.path &&
               each.has_below == route.has_below;
    });
    auto const is_before = [](Route const& a, Route const& b) {
        if (a.has_below != b.has_below) return b.has_below;
        return a.path.size() > b.path.size();
    };
    routes_.insert(std::upper_bound(routes_.begin(), routes_.end(), route, is_before), route);
}

PUMPHOUSE_DECL Routes::Found Routes::find(std::string_view method, std::string_view path) const {
    Found found;
    std::shared_ptr<HttpHandler const> get;
    std::vector<std::string_view> allowed;
    std::scoped_lock const lock{mutex_};
    for (Route const& each : routes_) {
        if (!each.matches(path)) continue;
        if (!found.handler && each.method == method) found.handler = each.handler;
        if (!get && each.method == "GET") get = each.handler;
        allowed.push_back(each.method);
    }
    if (get) allowed.push_back("HEAD");
    if (!found.handler && method == "HEAD") found.handler = get;
    std::sort(allowed.begin(), allowed.end());
    allowed.erase(std::unique(allowed.begin(), allowed.end()), allowed.end());
    for (auto const& each : allowed) (found.allow += found.allow.empty() ? "" : ", ") += each;
    return found;
}

}  // namespace pumphouse
