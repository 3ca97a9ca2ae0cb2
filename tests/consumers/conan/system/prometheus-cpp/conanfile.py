# SPDX-License-Identifier: MIT
#
# Stands for the public recipe of prometheus-cpp where there is no remote: its core is the system's.
from conan import ConanFile


class SystemPrometheus(ConanFile):
    name = "prometheus-cpp"
    version = "1.1.0"
    package_type = "shared-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "prometheus-cpp")
        core = self.cpp_info.components["prometheus-cpp-core"]
        core.set_property("cmake_target_name", "prometheus-cpp::core")
        core.includedirs = []
        core.bindirs = []
        core.libdirs = []
        core.system_libs = ["prometheus-cpp-core"]
