# SPDX-License-Identifier: MIT
#
# Stands for the public recipe of OpenSSL where there is no remote: all of it is the system's.
from conan import ConanFile


class SystemOpenssl(ConanFile):
    name = "openssl"
    version = "3.0.0"
    package_type = "shared-library"

    def package_info(self):
        self.cpp_info.set_property("cmake_file_name", "OpenSSL")
        for name, target in (("crypto", "OpenSSL::Crypto"), ("ssl", "OpenSSL::SSL")):
            part = self.cpp_info.components[name]
            part.set_property("cmake_target_name", target)
            part.includedirs = []
            part.bindirs = []
            part.libdirs = []
            part.system_libs = [name]
        self.cpp_info.components["ssl"].requires = ["crypto"]
