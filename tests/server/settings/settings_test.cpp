// SPDX-License-Identifier: MIT
//
// A program's options from command line, environment and file, and what is said about wrong ones.

#include <pumphouse/settings.hpp>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/catch.hpp"

using namespace pumphouse;
using namespace std::chrono_literals;

namespace {

enum class Color { red, green };

/// A program with one option of each kind.
struct Program {
    std::string text = "some";
    bool flag = false;
    std::uint16_t port = 8080;
    std::size_t size_bytes = 65'536;
    double rate = 0.5;
    Duration wait = 10s;
    std::vector<std::string> list;
    Color color = Color::red;
    std::string told;  // on stderr
    std::string help;

    std::optional<int> read(std::vector<char const*> arguments) {
        Settings settings{"trial", "A trial."};
        settings.add("text", text, "a text");
        settings.add("part.flag", flag, "a flag");
        settings.add("part.port", port, "a port");
        settings.add("part.size_bytes", size_bytes, "a size");
        settings.add("part.rate", rate, "a rate");
        settings.add("part.wait", wait, "a time");
        settings.add("part.list", list, "a list");
        settings.add("part.color", color, "a color",
                     {{"red", Color::red}, {"green", Color::green}});
        settings.add_short_name("part.port", "port");
        help = settings.help();
        arguments.insert(arguments.begin(), "trial");
        // What goes to stderr, into a file of its own.
        std::FILE* const file = std::tmpfile();
        REQUIRE(file != nullptr);
        std::fflush(stderr);
        int const before = ::dup(2);
        ::dup2(::fileno(file), 2);
        auto const status = settings.read(static_cast<int>(arguments.size()), arguments.data());
        std::fflush(stderr);
        ::dup2(before, 2);
        ::close(before);
        std::rewind(file);
        told.clear();
        for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file)) {
            told += static_cast<char>(c);
        }
        std::fclose(file);
        return status;
    }
    bool refuses(std::vector<char const*> const& arguments, std::string_view words) {
        bool const is_refused = read(arguments) == 2 && told.find(words) != std::string::npos;
        if (!is_refused) WARN(told);
        return is_refused;
    }
};

struct Variable {
    Variable(char const* name, char const* value) : name_{name} { ::setenv(name, value, 1); }
    ~Variable() { ::unsetenv(name_); }
    char const* name_;
};

struct TextFile {
    explicit TextFile(std::string_view text) {
        char name[] = "/tmp/settings_XXXXXX";
        ::close(::mkstemp(name));
        path = name;
        std::ofstream{path} << text;
    }
    ~TextFile() { std::remove(path.c_str()); }
    std::string path;
};

}  // namespace

TEST_CASE("settings: what is not said keeps its default") {
    Program program;
    CHECK_FALSE(program.read({}));
    CHECK(program.text == "some");
    CHECK(program.port == 8080);
    CHECK(program.wait == 10s);
    CHECK(program.told.empty());
}

TEST_CASE("settings: a TcpServer's keys are beside those of a WebSocketServer") {
    ServerOptions server;
    TcpServerOptions tcp;
    Settings settings{"trial", "A trial."};
    add_settings(settings, server);
    add_settings(settings, tcp);
    TextFile const file{"[server]\nport = 1\n[tcp]\nhost = \"127.0.0.1\"\nport = 2\n"
                        "max_tls_handshakes = 3\nbacklog = 4\nmax_clients_per_address = 5\n"};
    char const* const arguments[] = {"trial", "--config", file.path.c_str(),
                                     "--tcp.max_connections", "6",
                                     "--tcp.handshake_deadline", "7s",
                                     "--tcp.send_buffer_bytes", "8KiB",
                                     "--tcp.receive_buffer_bytes", "9KiB",
                                     "--tcp.no_delay", "false"};
    CHECK_FALSE(settings.read(static_cast<int>(std::size(arguments)), arguments));
    CHECK(server.port == 1);
    CHECK(tcp.address == "127.0.0.1");
    CHECK(tcp.port == 2);
    CHECK(tcp.max_tls_handshakes == 3);
    CHECK(tcp.backlog == 4);
    CHECK(tcp.max_clients_per_address == 5);
    CHECK(tcp.max_connections == 6);
    CHECK(tcp.handshake_deadline == 7s);
    CHECK(tcp.socket.send_buffer_bytes == 8192);
    CHECK(tcp.socket.receive_buffer_bytes == 9216);
    CHECK_FALSE(tcp.socket.no_delay);
    CHECK(server.socket.no_delay);
}

TEST_CASE("settings: each kind of value is read from the command line") {
    Program program;
    CHECK_FALSE(program.read({"--text", "a b", "--part.flag=true", "--port", "9", "--part.rate",
                              "2.5", "--part.wait", "1.5min", "--part.size_bytes=16KiB",
                              "--part.list", "a,b", "--part.color", "green"}));
    CHECK(program.text == "a b");
    CHECK(program.flag);
    CHECK(program.port == 9);
    CHECK(program.rate == 2.5);
    CHECK(program.wait == 90s);
    CHECK(program.size_bytes == 16'384);
    CHECK(program.list == std::vector<std::string>{"a", "b"});
    CHECK(program.color == Color::green);
    for (auto const& [said, meant] : std::vector<std::pair<char const*, Duration>>{
             {"0", 0s}, {"250ms", 250ms}, {"7us", 7us}, {"2h", 2h}, {"0.5s", 500ms}}) {
        CHECK_FALSE(program.read({"--part.wait", said}));
        CHECK(program.wait == meant);
    }
}

TEST_CASE("settings: the command line counts before the environment, that before the file") {
    TextFile const file{
        "# a comment\ntext = \"of the file\"\n[part]\nport = 1\nwait = \"3s\"\n"
        "list = [\"x\", \"y\"]\nflag = true\n"};
    Variable const named{"TRIAL_CONFIG", file.path.c_str()};
    {
        Program program;
        CHECK_FALSE(program.read({}));
        CHECK(program.text == "of the file");
        CHECK(program.port == 1);
        CHECK(program.wait == 3s);
        CHECK(program.list == std::vector<std::string>{"x", "y"});
        CHECK(program.flag);
    }
    Variable const port{"TRIAL_PART_PORT", "2"};
    Variable const list{"TRIAL_PART_LIST", "z"};
    Program program;
    CHECK_FALSE(program.read({"--config", file.path.c_str()}));
    CHECK(program.port == 2);
    CHECK(program.list == std::vector<std::string>{"z"});
    CHECK(program.wait == 3s);
    CHECK_FALSE(program.read({"--port", "3"}));
    CHECK(program.port == 3);
    TextFile const other{"text = 'another'\n"};
    CHECK_FALSE(program.read({"--config", other.path.c_str()}));
    CHECK(program.text == "another");
}

TEST_CASE("settings: whatever nobody knows is refused by name, wherever it stands") {
    Program program;
    CHECK(program.refuses({"--part.prot", "1"}, "--part.prot"));
    CHECK(program.refuses({"word"}, "word"));
    for (auto const& [text, key] : std::vector<std::pair<char const*, char const*>>{
             {"[part]\nprot = 1\n", "part.prot"},
             {"[prat]\nport = 1\n", "prat.port"},
             {"port = 1\n", "port"},
             {"[part.more]\nport = 1\n", "part.more.port"}}) {
        TextFile const file{text};
        CHECK(program.refuses({"--config", file.path.c_str()},
                              "the file names " + std::string{key} + ", which is no setting"));
    }
    Variable const variable{"TRIAL_PART_PROT", "1"};
    CHECK(program.refuses({}, "TRIAL_PART_PROT"));
}

TEST_CASE("settings: a value that cannot be meant is refused by name, wherever it stands") {
    Program program;
    using Arguments = std::vector<char const*>;
    for (auto const* const port : {"65536", "-1", "x", "80 ", "0x50", "8.5", ""}) {
        CAPTURE(port);
        CHECK(program.refuses({"--port", port}, "part.port: "));
        if (*port == '\0') continue;
        Variable const variable{"TRIAL_PART_PORT", port};
        CHECK(program.refuses({}, "0 to 65535"));
    }
    for (auto const* const wait : {"10", "s", "-1s", "10 s", "1e3s", "1d", "nan", "999999h9"}) {
        CAPTURE(wait);
        CHECK(program.refuses(Arguments{"--part.wait", wait}, "part.wait: "));
    }
    for (auto const* const size : {"1.0001KiB", "-1", "5kb", "x", "99999999GiB"}) {
        CAPTURE(size);
        CHECK(program.refuses(Arguments{"--part.size_bytes", size}, "part.size_bytes: "));
    }
    CHECK(program.refuses({"--part.color", "blue"}, "\"blue\" is none of red|green"));
    CHECK(program.refuses({"--part.flag", "yes"}, "neither true nor false"));
    CHECK(program.refuses({"--part.rate", "-1"}, "part.rate: "));
    CHECK(program.refuses({"--part.rate", "1x"}, "part.rate: "));
    CHECK(program.refuses({"--port"}, "part.port"));
    CHECK(program.refuses({"--port", "1", "--port", "2"}, "part.port"));
    TextFile const file{"[part]\nwait = 10\n"};
    CHECK(program.refuses({"--config", file.path.c_str()}, "part.wait: \"10\" is no duration"));
    TextFile const twice{"[part]\nport = 1\nflag = true\nport = 2\n"};
    CHECK(program.refuses({"--config", twice.path.c_str()}, "names part.port twice"));
    TextFile const next{"[part]\nport = 1\nport = 2\n"};
    CHECK(program.refuses({"--config", next.path.c_str()}, "part.port"));
}

TEST_CASE("settings: no file is fine, but not one that was named and is not there") {
    Program program;
    CHECK(program.refuses({"--config", "/no/such/file"}, "/no/such/file"));
    Variable const variable{"TRIAL_CONFIG", "/no/such/file"};
    CHECK(program.refuses({}, "/no/such/file"));
}

TEST_CASE("settings: the help has each with its unit, its default and its variable") {
    Program program;
    static_cast<void>(program.read({}));
    for (auto const* const line :
         {"--text TEXT=some (Env:TRIAL_TEXT)", "--part.port NUMBER=8080 (Env:TRIAL_PART_PORT)",
          "--part.size_bytes BYTES=64KiB", "--part.wait DURATION=10s", "--part.list LIST",
          "--part.flag BOOL=false", "--part.rate NUMBER=0.5", "--part.color red|green=red",
          "(Env:TRIAL_CONFIG)"}) {
        CAPTURE(line);
        CHECK(program.help.find(line) != std::string::npos);
    }
}
