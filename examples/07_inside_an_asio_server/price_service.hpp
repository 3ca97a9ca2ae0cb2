// SPDX-License-Identifier: MIT
//
// PriceService: a server that was there before the hub. Over plain TCP, line by line, it is told
// prices ("set gold 12") and asked for them ("get gold"). Any number of threads may run its
// io_context; each connection is on a strand, the prices are behind a lock.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/read_until.hpp>
#include <asio/strand.hpp>
#include <asio/streambuf.hpp>
#include <asio/write.hpp>

#include <cstdint>
#include <functional>
#include <istream>
#include <map>
#include <memory>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>

class PriceService {
public:
    using Told = std::function<void(std::string const& name, std::string const& price)>;

    /// `told` hears of each new price, on the thread that was told it. It must not wait.
    PriceService(asio::io_context& io, std::uint16_t port, Told told)
        : io_{io}, acceptor_{io, {asio::ip::address_v4::loopback(), port}}, told_{std::move(told)} {
        accept();
    }

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    std::string price(std::string const& name) const {
        std::scoped_lock const lock{mutex_};
        auto const found = prices_.find(name);
        return found == prices_.end() ? "unknown" : found->second;
    }

    std::string answer(std::string const& line) {
        std::istringstream words{line};
        std::string verb, name, price;
        words >> verb >> name >> price;
        if (verb == "get" && !name.empty()) return name + " " + this->price(name);
        if (verb != "set" || price.empty()) return "get NAME, or set NAME PRICE";
        std::scoped_lock const lock{mutex_};
        prices_[name] = price;
        told_(name, price);  // behind the lock: what is told last is what is kept
        return "ok";
    }

private:
    struct Connection : std::enable_shared_from_this<Connection> {
        Connection(PriceService& owner, asio::ip::tcp::socket accepted)
            : service{owner}, socket{std::move(accepted)} {}

        void read() {
            asio::async_read_until(socket, input, '\n', [self = shared_from_this()](
                                                            asio::error_code error, std::size_t) {
                if (error) return;
                std::istream stream{&self->input};
                std::string line;
                std::getline(stream, line);
                self->output = self->service.answer(line) + "\n";
                self->write();
            });
        }
        void write() {
            asio::async_write(socket, asio::buffer(output),
                              [self = shared_from_this()](asio::error_code error, std::size_t) {
                                  if (!error) self->read();
                              });
        }

        PriceService& service;
        asio::ip::tcp::socket socket;
        asio::streambuf input{4096};  // the longest line
        std::string output;
    };

    void accept() {
        acceptor_.async_accept(
            asio::make_strand(io_), [this](asio::error_code error, asio::ip::tcp::socket socket) {
                if (error) return;
                std::make_shared<Connection>(*this, std::move(socket))->read();
                accept();
            });
    }

    asio::io_context& io_;
    asio::ip::tcp::acceptor acceptor_;
    Told told_;
    mutable std::mutex mutex_;
    std::map<std::string, std::string> prices_;
};
