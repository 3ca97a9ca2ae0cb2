// SPDX-License-Identifier: MIT
//
// Keys of tokens from a file, and what is said of files that have none.
#include <pumphouse/jwt.hpp>

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

#include "support/catch.hpp"
#include "support/problem_of.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

std::string const secret = "a secret of more than thirty-two bytes";

class KeyFile {
public:
    explicit KeyFile(std::string const& text) { write(text); }
    ~KeyFile() { std::filesystem::remove(path); }
    void write(std::string const& text) { std::ofstream{path, std::ios::binary} << text; }

    std::string const path =
        (std::filesystem::temp_directory_path() / ("pumphouse-key-" + std::to_string(::getpid())))
            .string();
};

JwtFileOptions hs256(std::string file) {
    return {.key_file = std::move(file), .algorithm = JwtAlgorithm::hs256};
}

std::string problem_of_file(JwtFileOptions const& options) {
    return support::problem_of([&] { jwt_options(options); });
}

}  // namespace

TEST_CASE("JWT files: a line break at the end is no part of the key, others are") {
    for (auto const& [text, key] : {std::pair{secret, secret}, {secret + "\n", secret},
                                    {secret + "\r\n", secret}, {secret + "\n\n", secret + "\n"},
                                    {" " + secret + " ", " " + secret + " "}}) {
        KeyFile const file{text};
        auto const keys = jwt_keys(hs256(file.path));
        REQUIRE(keys.size() == 1);
        CHECK(keys.front().key == key);
        CHECK(keys.front().algorithm == JwtAlgorithm::hs256);
    }
}

TEST_CASE("JWT files: a verifier is told what the options say") {
    KeyFile const file{secret};
    JwtFileOptions options = hs256(file.path);
    options.issuer = "https://issuer.example";
    options.audience = "chat";
    options.leeway = 1500ms;
    options.require_expiry = false;
    options.user_claim = "email";
    JwtOptions const made = jwt_options(options, 1000);
    CHECK(made.issuer == "https://issuer.example");
    CHECK(made.audience == "chat");
    CHECK(made.leeway == 2s);  // whole seconds, and no fewer
    CHECK_FALSE(made.require_expiry);
    CHECK(made.user_claim == "email");
    CHECK(made.max_token_bytes == 1000);
    JwtVerifier const takes_it{made};
}

TEST_CASE("JWT files: what has no key is refused by name") {
    CHECK_FALSE(JwtFileOptions{}.is_wanted());
    JwtFileOptions options;
    options.issuer = "https://issuer.example";
    CHECK(options.is_wanted());
    CHECK(problem_of_file(options) == "jwt_key_file: needed with an issuer or an audience");
    options = {};
    options.audience = "chat";
    CHECK(options.is_wanted());
    CHECK(problem_of_file(options) == "jwt_key_file: needed with an issuer or an audience");
    CHECK(problem_of_file(hs256("nowhere")) ==
          "jwt_key_file: cannot read nowhere: No such file or directory");
    CHECK(problem_of_file(hs256(".")) == "jwt_key_file: cannot read .: Is a directory");
    KeyFile file{"\n"};
    CHECK(problem_of_file(hs256(file.path)) == "jwt_key_file: " + file.path + " is empty");
    file.write(std::string((64 << 10) + 1, 'x'));
    CHECK(problem_of_file(hs256(file.path)) ==
          "jwt_key_file: " + file.path + " is longer than 64 KiB");
    CHECK(problem_of_file(hs256("/dev/zero")) == "jwt_key_file: /dev/zero is longer than 64 KiB");
    file.write(std::string(64 << 10, 'x'));
    CHECK(problem_of_file(hs256(file.path)).empty());
}

TEST_CASE("JWT files: keys that cannot be taken leave the ones in use") {
    KeyFile file{secret};
    JwtFileOptions const options = hs256(file.path);
    JwtVerifier verifier{jwt_options(options)};
    CHECK_FALSE(reload_keys(verifier, options));
    file.write("short");
    auto const short_key = reload_keys(verifier, options);
    REQUIRE(short_key);
    CHECK(short_key->find("32 bytes") != std::string::npos);
    std::filesystem::remove(file.path);
    auto const no_file = reload_keys(verifier, options);
    REQUIRE(no_file);
    CHECK(no_file->find("cannot read " + file.path) != std::string::npos);
}
