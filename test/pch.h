#pragma once

// What every test includes: reading Boost.Test costs each file more than its own tests do.
#include <boost/test/unit_test.hpp>

#include "base/pch.h"
