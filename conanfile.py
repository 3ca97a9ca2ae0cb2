# SPDX-License-Identifier: MIT
#
# Pumphouse as a Conan 2 package of headers. Its components are the CMake targets of the build:
# pumphouse::pumphouse (the core), ::json, ::protocol, ::asio, ::tcp, ::websocket, ::settings,
# ::tls, ::deflate, ::jwt, ::prometheus and ::spdlog.
import os
import re

from conan import ConanFile
from conan.tools.build import check_min_cppstd
from conan.tools.files import copy, load

required_conan_version = ">=2.0"


class PumphouseConan(ConanFile):
    name = "pumphouse"
    description = "An embeddable real-time hub: rooms, backpressure, history and scale-out"
    license = "MIT"
    topics = ("websocket", "real-time", "pubsub", "hub", "asio", "header-only")
    package_type = "header-library"
    settings = "os", "arch", "compiler", "build_type"
    options = {
        "with_json": [True, False],
        "with_asio": [True, False],
        "with_websocket": [True, False],
        "with_tls": [True, False],
        "with_deflate": [True, False],
        "with_jwt": [True, False],
        "with_settings": [True, False],
        "with_prometheus": [True, False],
        "with_spdlog": [True, False],
    }
    default_options = {
        "with_json": True,
        "with_asio": True,
        "with_websocket": True,
        "with_tls": False,
        "with_deflate": False,
        "with_jwt": False,
        "with_settings": False,
        "with_prometheus": False,
        "with_spdlog": False,
        "websocketpp/*:asio": "standalone",
    }
    exports_sources = "include/*", "LICENSE", "docs/third-party.md"
    no_copy_source = True
    test_package_folder = "tests/consumers/conan/test_package"

    def set_version(self):
        header = load(self, os.path.join(self.recipe_folder, "include/pumphouse/version.hpp"))
        self.version = re.search(r'version = "([^"]+)"', header)[1]

    def configure(self):
        if self.options.with_settings or self.options.with_deflate:
            self.options.with_websocket = True
        if self.options.with_websocket:
            self.options.with_asio = True

    def requirements(self):
        # websocketpp first: its recipe names one version of Asio, which the range then accepts.
        if self.options.with_websocket:
            self.requires("websocketpp/0.8.2", transitive_headers=True)
        if self.options.with_json:
            self.requires("rapidjson/cci.20250205", transitive_headers=True)
        if self.options.with_asio:
            self.requires("asio/[>=1.22 <1.39]", transitive_headers=True)
        if self.options.with_deflate:
            self.requires("zlib/[>=1.2.11 <2]", transitive_headers=True, transitive_libs=True)
        # libjwt is no package of Conan's: the system's is linked.
        if self.options.with_tls or self.options.with_jwt:
            self.requires("openssl/[>=3 <4]", transitive_headers=True, transitive_libs=True)
        if self.options.with_settings:
            self.requires("cli11/[>=2.3 <3]", transitive_headers=True)
        if self.options.with_prometheus:
            self.requires("prometheus-cpp/[>=1.0 <2]", transitive_headers=True,
                          transitive_libs=True)
        if self.options.with_spdlog:
            self.requires("spdlog/[>=1.10 <2]", transitive_headers=True, transitive_libs=True)

    def validate(self):
        check_min_cppstd(self, 20)

    def package(self):
        copy(self, "*.hpp", os.path.join(self.source_folder, "include"),
             os.path.join(self.package_folder, "include"))
        copy(self, "*.ipp", os.path.join(self.source_folder, "include"),
             os.path.join(self.package_folder, "include"))
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        copy(self, "third-party.md", os.path.join(self.source_folder, "docs"),
             os.path.join(self.package_folder, "licenses"))

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.set_property("cmake_file_name", "pumphouse")
        self._part("core", target="pumphouse")
        if self.settings.os in ("Linux", "FreeBSD"):
            self.cpp_info.components["core"].system_libs = ["pthread"]
        if self.options.with_json:
            self._part("json", "core", "rapidjson::rapidjson")
            self._part("protocol", "json")
        if self.options.with_asio:
            self._part("asio", "core", "asio::asio", defines=["ASIO_STANDALONE"])
            self._part("tcp", "asio")
        if self.options.with_websocket:
            self._part("websocket", "asio", "websocketpp::websocketpp")
        if self.options.with_settings:
            self._part("settings", "tcp", "websocket", "cli11::cli11")
        if self.options.with_tls:
            self._part("tls", "core", "openssl::ssl")
        if self.options.with_deflate:
            self._part("deflate", "websocket", "zlib::zlib")
        if self.options.with_jwt:
            self._part("jwt", "core", "openssl::crypto")
            self.cpp_info.components["jwt"].system_libs = ["jwt", "jansson"]
        if self.options.with_prometheus:
            self._part("prometheus", "core", "prometheus-cpp::prometheus-cpp-core")
        if self.options.with_spdlog:
            self._part("spdlog", "core", "spdlog::spdlog")

    def _part(self, name, *requires, target=None, defines=()):
        part = self.cpp_info.components[name]
        part.set_property("cmake_target_name", f"pumphouse::{target or name}")
        part.set_property("pkg_config_name", f"pumphouse-{target or name}")
        part.bindirs = []
        part.libdirs = []
        part.requires = list(requires)
        part.defines = list(defines)
