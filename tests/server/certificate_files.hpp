// SPDX-License-Identifier: MIT
//
// Certificate and key of a server under test, in files of their own.
#pragma once

#include <string>
#include <string_view>

#include <pumphouse/tls.hpp>

#include "support/certificates.hpp"

namespace served {

struct CertificateFiles {
    CertificateFiles() { put("localhost"); }
    void put(std::string_view name) const {
        auto const made = support::make_certificate(name);
        folder.write("certificate.pem", made.certificate);
        folder.write("key.pem", made.key);
    }
    template <typename Options>
    Options with_tls(Options base) const {
        base.tls = pumphouse::tls_context({.certificate_file = folder.path("certificate.pem"),
                                           .key_file = folder.path("key.pem")});
        return base;
    }
    support::Folder folder;
};

}  // namespace served
