# SPDX-License-Identifier: MIT
#
# Stands for the public recipe of spdlog where there is no remote: all of it is the system's.
from conan import ConanFile


class SystemSpdlog(ConanFile):
    name = "spdlog"
    version = "1.14.1"
    package_type = "shared-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "spdlog")
        part = self.cpp_info.components["libspdlog"]
        part.set_property("cmake_target_name", "spdlog::spdlog")
        part.includedirs = []
        part.bindirs = []
        part.libdirs = []
        part.defines = ["SPDLOG_SHARED_LIB", "SPDLOG_COMPILED_LIB", "SPDLOG_FMT_EXTERNAL"]
        part.system_libs = ["spdlog", "fmt"]
