#pragma once
// Text from mail as JSON has it.
#include <string_view>

#include <boost/json.hpp>

#include "posthouse/base/utf8.h"

namespace posthouse::app {

/// JSON is UTF-8, mail need not be.
inline boost::json::string text_value(std::string_view text) {
  return boost::json::string(repair_utf8(text));
}

}  // namespace posthouse::app
