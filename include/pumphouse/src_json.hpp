// SPDX-License-Identifier: MIT
//
// The bodies of the JSON part, beside those of src.hpp, for the one translation unit that compiles
// them when PUMPHOUSE_SEPARATE_COMPILATION is defined for all.
#pragma once

#include <pumphouse/json.hpp>
#include <pumphouse/src.hpp>

#include <pumphouse/impl/json_reader.ipp>
#include <pumphouse/impl/json_shape.ipp>
#include <pumphouse/impl/json_writer.ipp>
