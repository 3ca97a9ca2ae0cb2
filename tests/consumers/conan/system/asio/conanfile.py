# SPDX-License-Identifier: MIT
#
# Stands for the public recipe of Asio where there is no remote: the headers are the system's.
from conan import ConanFile


class SystemAsio(ConanFile):
    name = "asio"
    version = "1.28.1"
    package_type = "header-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "asio")
        self.cpp_info.set_property("cmake_target_name", "asio::asio")
        self.cpp_info.includedirs = []
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
        self.cpp_info.defines = ["ASIO_STANDALONE"]
        self.cpp_info.system_libs = ["pthread"]
