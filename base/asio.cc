// Asio's own functions, compiled once: without this each of some 250 files compiles them anew,
// which takes a third of a build.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
