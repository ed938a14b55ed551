#pragma once
// What posthouse auth prints: the same results for people and for programs.
#include <string>

#include <boost/json.hpp>

#include "posthouse/mailauth/verify.h"

namespace posthouse::app {

/// The objects of "results" in the JSON documents; docs/man/posthouse.1 names their fields.
boost::json::object json_of(const mailauth::SpfOutcome& outcome);
boost::json::array json_of(const mailauth::MessageResults& results);

/// Lines for a terminal; nothing in them can steer it. Each ends with a line end.
std::string text_of(const mailauth::SpfOutcome& outcome);
std::string text_of(const mailauth::MessageResults& results);

}  // namespace posthouse::app
