# SPDX-License-Identifier: MIT
#
# Builds and runs the outside consumers' programs against the Conan package.
import os

from conan import ConanFile
from conan.tools.build import can_run
from conan.tools.cmake import CMake, cmake_layout


class TestPackage(ConanFile):
    settings = "os", "arch", "compiler", "build_type"
    generators = "CMakeDeps", "CMakeToolchain"

    def requirements(self):
        self.requires(self.tested_reference_str)

    def layout(self):
        cmake_layout(self)

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def test(self):
        if not can_run(self):
            return
        options = self.dependencies["pumphouse"].options
        self.run(os.path.join(self.cpp.build.bindir, "core"), env="conanrun")
        if options.with_websocket:
            self.run(os.path.join(self.cpp.build.bindir, "websocket"), env="conanrun")
        if options.with_json:
            self.run(os.path.join(self.cpp.build.bindir, "json"), env="conanrun")
        if options.with_settings and options.with_prometheus:
            self.run(os.path.join(self.cpp.build.bindir, "parts"), env="conanrun")
