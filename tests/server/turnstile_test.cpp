// SPDX-License-Identifier: MIT
#include <pumphouse/server/turnstile.hpp>

#include <memory>
#include <vector>

#include "support/catch.hpp"

using Visitors = pumphouse::Turnstile<int>;

TEST_CASE("so many are inside, the others come in in their order") {
    Visitors turnstile{2};
    std::vector<std::shared_ptr<int>> visitors;
    auto const visitor = [&](int n) { return visitors.emplace_back(std::make_shared<int>(n)); };
    CHECK(turnstile.enter(visitor(1)) == 0);
    CHECK(turnstile.enter(visitor(2)) == 0);
    auto const third = turnstile.enter(visitor(3));
    auto const fourth = turnstile.enter(visitor(4));
    CHECK(turnstile.enter(visitor(5)) > fourth);
    CHECK(third != 0);
    CHECK(turnstile.inside() == 2);
    CHECK(*turnstile.leave() == 3);
    turnstile.give_up(fourth);
    CHECK(*turnstile.leave() == 5);
    CHECK(turnstile.leave() == nullptr);
    CHECK(turnstile.inside() == 1);
    CHECK(turnstile.enter(visitor(6)) == 0);
}

TEST_CASE("nobody is kept, and who has gone is passed over") {
    Visitors turnstile{1};
    auto const visitor = std::make_shared<int>(1);
    turnstile.enter(visitor);
    auto const number = turnstile.enter(visitor);
    CHECK(visitor.use_count() == 1);
    turnstile.give_up(number);
    turnstile.give_up(number);
    turnstile.enter(std::make_shared<int>(2));
    turnstile.enter(visitor);
    CHECK(turnstile.leave() == visitor);
    CHECK(turnstile.waiting() == 0);
    turnstile.enter(std::make_shared<int>(3));
    CHECK(turnstile.leave() == nullptr);
    CHECK(turnstile.inside() == 0);
}

TEST_CASE("a turnstile without a limit keeps nobody waiting") {
    Visitors turnstile{0};
    for (int i = 0; i < 1000; ++i) CHECK(turnstile.enter(std::make_shared<int>(i)) == 0);
    CHECK(turnstile.leave() == nullptr);
    CHECK(turnstile.inside() == 999);
}
