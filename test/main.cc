// The one main of every test program: Boost.Test makes it.
#define BOOST_TEST_MODULE muster
#include <boost/test/unit_test.hpp>
