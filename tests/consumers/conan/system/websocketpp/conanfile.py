# SPDX-License-Identifier: MIT
#
# Stands for the public recipe of websocketpp where there is no remote: the headers are the
# system's. Like the public recipe it names one Asio and has an option for which kind that is.
from conan import ConanFile


class SystemWebsocketpp(ConanFile):
    name = "websocketpp"
    version = "0.8.2"
    package_type = "header-library"
    options = {"asio": ["boost", "standalone", False]}
    default_options = {"asio": "boost"}

    def requirements(self):
        if self.options.asio == "standalone":
            self.requires("asio/1.28.1", transitive_headers=True)

    def package_id(self):
        self.info.clear()

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "websocketpp")
        self.cpp_info.set_property("cmake_target_name", "websocketpp::websocketpp")
        self.cpp_info.includedirs = []
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        if self.options.asio == "standalone":
            self.cpp_info.defines = ["ASIO_STANDALONE", "_WEBSOCKETPP_CPP11_STL_"]
            self.cpp_info.requires = ["asio::asio"]
