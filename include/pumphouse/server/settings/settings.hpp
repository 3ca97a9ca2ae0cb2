// SPDX-License-Identifier: MIT
//
// Settings: the options of a server program, from its command line, its environment and a file, in
// this order: the first that names one counts. The options themselves stay plain structs with
// their defaults; a Settings is given references to them.
//
//   pumphouse::ServerOptions server;
//   pumphouse::HubOptions hub;
//   pumphouse::Settings settings{"chat", "A chat server with a page for browsers."};
//   settings.add("database", database, "the file that keeps what is said");
//   add_settings(settings, server);
//   add_settings(settings, hub);
//   if (auto const status = settings.read(argc, argv)) return *status;
//
// `server.port` is `--server.port 9000` on the command line, CHAT_SERVER_PORT in the environment,
// and in the file (`--config`, CHAT_CONFIG; TOML, or INI) `port = 9000` below `[server]`. `--help`
// lists all of them with unit and default. What nobody knows, a value that cannot be meant, and a
// key that comes twice end the program: they are named, and nothing is half taken.
//
// By CLI11. Used by one thread, before there are others.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <iostream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include <pumphouse/server/settings/values.hpp>

namespace pumphouse {

class Settings {
public:
    /// `program`: its name, which in upper case begins the names in the environment.
    Settings(std::string program, std::string const& what)
        : app_{what, program}, prefix_{upper(program) + "_"}, program_{std::move(program)} {
        app_.set_help_flag("--help,-h", "Shows this and ends");
        app_.get_formatter()->column_width(46);
        std::string const file = "A file of settings, TOML or INI (Env:" + prefix_ + "CONFIG)";
        app_.set_config("--config", "", file, false)->type_name("FILE");
        app_.config_formatter(std::make_shared<File>(*this));
        variables_.insert(prefix_ + "CONFIG");
    }
    Settings(Settings const&) = delete;
    Settings& operator=(Settings const&) = delete;

    /// `what`: a few words, what it is for and what zero means. `value` is changed by `read`.
    template <typename T>
    void add(std::string const& key, T& value, std::string const& what) {
        if constexpr (std::integral<T> && !std::same_as<T, bool>) {
            if (key.ends_with("_bytes")) return add_value<SettingBytes<T>>(key, value, what);
        }
        add_value<SettingValue<T>>(key, value, what);
    }

    /// A list: in the file `["a", "b"]`, elsewhere `a,b`.
    void add(std::string const& key, std::vector<std::string>& value, std::string const& what) {
        auto const take = [&value](auto const& list) {
            value.assign(list.begin(), list.end());
            return std::string{};
        };
        auto* const option = add_option(key, "LIST", what, joined(value), take);
        option->delimiter(',')->expected(1, 1'000'000)->allow_extra_args(false);
    }

    /// One of several words.
    template <typename T>
    void add(std::string const& key, T& value, std::string const& what,
             std::initializer_list<std::pair<std::string, T>> words) {
        std::string kind;
        std::string now;
        for (auto const& [word, each] : words) {
            kind += (kind.empty() ? "" : "|") + word;
            if (each == value) now = word;
        }
        std::vector<std::pair<std::string, T>> const choices{words};
        add_option(key, kind, what, now, [&value, kind, choices](auto const& list) {
            for (auto const& [word, each] : choices) {
                if (word != list.front()) continue;
                value = each;
                return std::string{};
            }
            return detail::quoted(list.front()) + " is none of " + kind;
        });
    }

    /// A shorter name on the command line, for what is typed often.
    void add_short_name(std::string const& key, std::string const& name) {
        short_names_.emplace_back(name, key);
    }

    /// Nothing: all values are there. Else the program ends with this status: 0 after `--help`, 2
    /// when something is wrong, which stderr tells.
    [[nodiscard]] std::optional<int> read(int argc, char const* const* argv) {
        try {
            refuse_unknown_variables();
            std::vector<std::string> arguments;
            for (int i = argc - 1; i > 0; --i) arguments.push_back(long_name_of(argv[i]));
            // First of all, behind everything else: CLI11 takes them from the end. A file that the
            // command line names stands instead of this one.
            bool const has_file = std::any_of(arguments.begin(), arguments.end(), [](auto& each) {
                return each == "--config" || each.starts_with("--config=");
            });
            char const* const file = std::getenv((prefix_ + "CONFIG").c_str());
            if (!has_file && file != nullptr && *file != '\0') {
                arguments.push_back(std::string{"--config="}.append(file));
            }
            app_.parse(std::move(arguments));
        } catch (CLI::CallForHelp const&) {
            std::fputs(help().c_str(), stdout);
            return 0;
        } catch (CLI::ParseError const& error) {
            std::fprintf(stderr, "%s: %s\n%s --help lists what there is.\n", program_.c_str(),
                         error.what(), program_.c_str());
            return 2;
        }
        return std::nullopt;
    }

    std::string help() const { return app_.help(); }

private:
    // Reads a file's `[server]` and `port` as `server.port`, refuses what nobody knows, and leaves
    // out what the environment says: CLI11 would prefer the file.
    class File final : public CLI::ConfigTOML {
    public:
        explicit File(Settings const& settings) : settings_{settings} {}
        std::vector<CLI::ConfigItem> from_config(std::istream& input) const override {
            std::vector<CLI::ConfigItem> items;
            std::set<std::string> seen;
            for (CLI::ConfigItem& each : CLI::ConfigTOML::from_config(input)) {
                if (each.name == "++" || each.name == "--") continue;  // a section's begin, its end
                std::string const key = each.fullname();
                if (!settings_.keys_.contains(key)) {
                    throw CLI::ConfigError("the file names " + key + ", which is no setting");
                }
                if (!seen.insert(key).second) {
                    throw CLI::ConfigError("the file names " + key + " twice");
                }
                if (is_set(settings_.variable_of(key))) continue;
                items.push_back({{}, key, std::move(each.inputs)});
            }
            return items;
        }

    private:
        Settings const& settings_;
    };

    using Take = std::function<std::string(std::vector<std::string> const&)>;

    template <typename Value, typename T>
    void add_value(std::string const& key, T& value, std::string const& what) {
        add_option(key, std::string{Value::kind}, what, Value::show(value),
                   [&value](auto const& list) { return Value::read(list.front(), value); });
    }

    CLI::Option* add_option(std::string const& key, std::string const& kind,
                            std::string const& what, std::string const& now, Take take) {
        auto const callback = [key, take = std::move(take)](CLI::results_t const& list) {
            std::string const problem = take(list);
            if (!problem.empty()) throw CLI::ValidationError(key, problem);
            return true;
        };
        keys_.insert(key);
        variables_.insert(variable_of(key));
        return app_.add_option("--" + key, callback, what)
            ->envname(variable_of(key))
            ->type_name(kind)
            ->default_str(now);
    }

    std::string variable_of(std::string const& key) const { return prefix_ + upper(key); }

    static std::string upper(std::string text) {
        std::transform(text.begin(), text.end(), text.begin(), [](char c) {
            if (c == '.' || c == '-') return '_';
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        return text;
    }

    static bool is_set(std::string const& variable) {
        char const* const value = std::getenv(variable.c_str());
        return value != nullptr && *value != '\0';
    }

    static std::string joined(std::vector<std::string> const& list) {
        std::string text;
        for (std::string const& each : list) text += (text.empty() ? "" : ",") + each;
        return text;
    }

    void refuse_unknown_variables() const {
        for (char** each = environ; each != nullptr && *each != nullptr; ++each) {
            std::string_view const entry{*each};
            std::string const name{entry.substr(0, entry.find('='))};
            if (!name.starts_with(prefix_) || variables_.contains(name)) continue;
            throw CLI::ConfigError("the environment has " + name + ", which is no setting");
        }
    }

    std::string long_name_of(std::string_view argument) const {
        std::string_view const name = argument.substr(0, argument.find('='));
        for (auto const& [from, to] : short_names_) {
            if (name != "--" + from) continue;
            return "--" + to + std::string{argument.substr(name.size())};
        }
        return std::string{argument};
    }

    CLI::App app_;
    std::string const prefix_;
    std::string const program_;
    std::set<std::string> keys_;
    std::set<std::string> variables_;
    std::vector<std::pair<std::string, std::string>> short_names_;  // and their keys
};

}  // namespace pumphouse
