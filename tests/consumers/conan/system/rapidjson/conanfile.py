# SPDX-License-Identifier: MIT
#
# Stands for the public recipe of RapidJSON where there is no remote: the headers are the system's.
from conan import ConanFile


class SystemRapidjson(ConanFile):
    name = "rapidjson"
    version = "cci.20250205"
    package_type = "header-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "RapidJSON")
        self.cpp_info.set_property("cmake_target_name", "rapidjson")
        self.cpp_info.includedirs = []
        self.cpp_info.bindirs = []
        self.cpp_info.libdirs = []
