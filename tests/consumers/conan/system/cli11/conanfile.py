# SPDX-License-Identifier: MIT
#
# Stands for the public recipe of CLI11 where there is no remote: the headers are the system's.
from conan import ConanFile


class SystemCli11(ConanFile):
    name = "cli11"
    version = "2.4.2"
    package_type = "header-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "CLI11")
        self.cpp_info.set_property("cmake_target_name", "CLI11::CLI11")
        self.cpp_info.includedirs = []
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
