#pragma once
// For the tests of this module.
#include <functional>
#include <string>

#include "posthouse/mime/error.h"

namespace posthouse::mime {

/// The code of the error `f` throws; "" when it throws none.
inline std::string code_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.code();
  }
  return "";
}

}  // namespace posthouse::mime
